"""Rows: what is remembered of them, how they are split into parts, what a plan and a saved plan hold of them."""

import tracemalloc
from typing import Any

import orjson
import pytest

from dsops.model import (
    DIGEST_SIZE,
    Address,
    BodyForm,
    Connection,
    Plan,
    RecordedRows,
    Resource,
    RowAction,
    RowItem,
    RowMark,
    RowMode,
    RowSet,
    Source,
    Stack,
    content_digest,
    key_digest,
)
from dsops.planner import ForeignCount, RowComparison, RowIndex, SavedRows, edit_script, make_plan
from dsops.planner.rows import Target, row_changes, row_writes, whole_script
from dsops.providers.geai.rows import Rows
from tests.support import evaluations
from tests.support.rows import Declared, Kept, compared, keyed, marks_of, wire

CODEC = Rows()
SYNC = keyed(RowMode.SYNC)


def row(key: str, answer: str = "x", **rest: Any) -> dict[str, Any]:
    return {"input": key, "expectedAnswer": answer, **rest}


def index_of(*documents: dict[str, Any], rows: RowSet = SYNC) -> RowIndex:
    index = RowIndex(rows, CODEC)
    for each in documents:
        assert index.add(CODEC.declared(each)) is None
    return index


def test_an_index_numbers_rows_and_knows_an_earlier_one_with_the_same_key() -> None:
    index = index_of(row("a"), row("b"))
    assert index.add(CODEC.declared(row("a", "other"))) == 0
    assert index.add(CODEC.declared(row("b"))) == 1
    assert index.add(CODEC.declared(row("c"))) is None
    assert len(index) == 3
    values = [CODEC.declared(each) for each in (row("a"), row("b"), row("c"))]
    assert [index.key_of(number) for number in range(3)] == [key_digest([each[0]]) for each in values]
    assert [index.content(number) for number in range(3)] == [content_digest(each) for each in values]
    assert list(index.marks(written=False)) == [
        RowMark(key_digest([each[0]]), content_digest(each), False) for each in values
    ]


def test_a_key_of_several_fields_is_taken_in_the_order_declared() -> None:
    index = index_of(row("a", "1"), row("a", "2"), rows=keyed(RowMode.SYNC, "expectedAnswer", "input"))
    assert index.key_values(CODEC.declared(row("a", "1"))) == ("1", "a")
    assert index.key_of(1) == key_digest(["2", "a"])
    assert index.add(CODEC.declared(row("a", "2", contextDocument="more"))) == 1


def test_an_index_takes_little_memory() -> None:
    count = 20_000
    index = RowIndex(SYNC, CODEC)
    tracemalloc.start()
    try:
        for number in range(count):
            index.add((str(number), "", "", [], []))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / count <= 160, "bytes a row, where the dictionary has just grown"
    assert len(index.digest) == 2 * DIGEST_SIZE


def test_rows_that_are_as_declared_leave_nothing_behind() -> None:
    declared = [row(str(number)) for number in range(500)]
    index, kept = index_of(*declared), Kept()
    live = [wire(f"r{number}", each, CODEC) for number, each in enumerate(declared)]
    comparison = RowComparison(index, CODEC, kept)
    comparison.begin()
    comparison.take(live[:300])
    comparison.begin()  # the answer broke off, and is read again
    comparison.take(list(reversed(live)))
    delta = comparison.delta()
    assert (delta.live, list(delta.created), delta.changed, delta.removed, delta.surplus) == (500, [], (), (), ())
    assert list(delta.keys()) == []
    assert kept.documents == []


def test_what_is_no_row_is_refused() -> None:
    comparison = RowComparison(index_of(row("a")), CODEC, Kept())
    with pytest.raises(ValueError, match="dataSetRowId"):
        comparison.take([{"dataSetRowInput": "a", "dataSetRowExpectedAnswer": "x"}])


def test_a_delta_names_the_keys_whose_marks_are_wanted() -> None:
    live = [wire("r1", row("a", "y"), CODEC), wire("r2", row("b"), CODEC), wire("r3", row("b"), CODEC)]
    delta, _ = compared(CODEC, SYNC, [row("a"), row("b"), row("new")], [*live, wire("r4", row("z"), CODEC)])
    assert sorted(delta.keys()) == sorted(key_digest([each]) for each in ("a", "b", "new", "z"))


def test_strangers_rows_are_counted_also_where_they_have_a_key_of_ours() -> None:
    written = {key: mark for key, mark in marks_of(CODEC, SYNC, [row("a"), row("gone")]).items() if mark.written}
    count = ForeignCount(("input",), CODEC, written)
    live = [wire("r1", row("a", "changed"), CODEC), wire("r2", row("a"), CODEC), wire("r3", row("theirs"), CODEC)]
    count.take(live)
    count.begin()
    count.take(live[:1])
    count.take(live[1:])
    assert count.count == 2


@pytest.mark.parametrize(("spare", "parts"), [(0, [2, 2, 1]), (-1, [1, 1, 1, 1, 1])])
def test_a_part_is_filled_to_the_last_byte(spare: int, parts: list[int]) -> None:
    declared = [row(f"k{number}") for number in range(5)]
    size = len(orjson.dumps(CODEC.document(CODEC.declared(declared[0]))))

    class Parts(Rows):
        part_size = len(b"[,]") + 2 * size + spare

    _, side = compared(Parts(), SYNC, declared, [])
    calls, _ = row_writes(whole_script(side.index), side, Parts(), Target("d1"))
    bodies = [call.rows.body for call in calls.parts if call.rows is not None and call.rows.body is not None]
    assert [len(each.numbers) for each in bodies] == parts
    assert {each.form for each in bodies if len(each.numbers) == 1} == {BodyForm.ROW}
    assert [each.size for each in bodies if len(each.numbers) > 1] == [Parts.part_size] * parts.count(2)


def test_what_the_dataset_is_made_with_counts_towards_the_first_part() -> None:
    class Parts(Rows):
        part_size = 1000

    declared = [row(f"k{number}", "x" * 200) for number in range(4)]
    _, side = compared(Parts(), SYNC, declared, [])
    target = Target("d1", ("faq",), {"name": "faq", "description": "d" * 600})
    calls, _ = row_writes(whole_script(side.index), side, Parts(), target)
    assert [call.rows.count for call in calls.parts if call.rows] == [1, 3]
    first = calls.parts[0].rows
    assert first is not None
    assert first.body is not None
    assert (first.action, first.body.form) == (RowAction.CREATE, BodyForm.OBJECT)
    assert 600 < first.body.size <= 1000


def test_each_row_is_read_once_in_rising_order() -> None:
    declared = [row("n1"), row("changed", "after"), row("n2"), row("same"), row("n3")]
    live = [wire("r1", row("same"), CODEC), wire("r2", row("changed", "before"), CODEC)]
    delta, side = compared(CODEC, SYNC, declared, live)
    script = edit_script(delta, CODEC, side.declared, {}, known=False)
    row_writes(script, side, CODEC, Target("d1"))
    assert isinstance(side.declared, Declared)
    assert side.declared.read == [0, 1, 2, 4]


def test_what_is_only_shown_reads_no_more_than_it_shows() -> None:
    declared = [row(f"k{number}") for number in range(1500)]
    delta, side = compared(CODEC, SYNC, declared, [])
    script = edit_script(delta, CODEC, side.declared, {}, known=False)
    changes = row_changes(script, side, CODEC)
    assert isinstance(side.declared, Declared)
    assert (changes.create, len(changes.creates), len(side.declared.read)) == (1500, 1000, 1000)
    assert len(row_changes(script, side, CODEC, full=True).creates) == 1500


def test_a_long_key_is_cut_and_a_nested_one_is_json() -> None:
    asked = keyed(RowMode.SYNC, "input", "expectedSources")
    source = {"name": "n", "value": "v"}
    _, side = compared(CODEC, asked, [row("a", expectedSources=[source]), row("k" * 200)], [])
    changes = row_changes(whole_script(side.index), side, CODEC)
    assert [each.key for each in changes.creates] == ['a | [["n","v",""]]', "k" * 119 + "…"]
    assert [each.source for each in changes.creates] == [Source("rows.jsonl", 1), Source("rows.jsonl", 2)]


def test_saved_rows_are_read_without_their_files() -> None:
    declared = Declared([CODEC.declared(row(str(number))) for number in range(6)])
    saved = SavedRows.read(declared, [1, 4])
    again = SavedRows.of(orjson.loads(orjson.dumps(saved.document())))
    assert again == saved
    assert len(again) == 6
    assert list(again.values([4, 1])) == [declared.rows[4], declared.rows[1]]
    assert again.source(4) == Source("rows.jsonl", 5)


STACK = Stack("s", None, "/stack", "sqlite:s.db", {"evals": Connection("evals", "geai", "https://evals.example.com")})


def plan_of(declared: list[dict[str, Any]], applied: dict[str, Any], live: list[dict[str, Any]]) -> Plan:
    """Plan one recorded dataset with rows; ``applied`` is what the record says of them."""
    items = tuple(RowItem(each, Source("faq.yaml", 9)) for each in declared)
    rows = RowSet(RowMode.SYNC, ("input",), items=items)
    resource = Resource(Address("geai", "Dataset", "faq"), "evals", {}, rows=rows)
    records = {"geai/Dataset/faq": {"id": "d1", "key": "faq", "attributes": {"name": "faq"}, "rows": applied}}
    there = {"id": "d1", "rows": [{"id": f"r{number}", **each} for number, each in enumerate(live)]}
    return make_plan(evaluations.inputs_of(STACK, [resource], records, {"evals": {"faq": there}}, {}))


@pytest.mark.parametrize("applied", [{"digest": "", "applied": [row("a")]}, {"applied": [row("a", "old")]}])
def test_a_record_that_says_otherwise_is_rewritten_where_live_rows_are_as_declared(applied: dict[str, Any]) -> None:
    plan = plan_of([row("a")], applied, [row("a")])
    assert (plan.changes, plan.noop, plan.rows_noop) == ((), 1, 1)
    assert [each.rows for each in plan.refresh] == [
        RecordedRows(RowMode.SYNC, ("input",), 1, index_of(row("a")).digest)
    ]
    assert plan_of([row("a")], {"applied": [row("a")]}, [row("a")]).refresh == ()


def test_the_record_will_say_what_was_applied() -> None:
    plan = plan_of([row("a"), row("b")], {"applied": [row("a")]}, [row("a")])
    (change,) = plan.changes
    assert change.after is not None
    assert change.after.rows == RecordedRows(RowMode.SYNC, ("input",), 2, index_of(row("b"), row("a")).digest)


def test_a_thousand_calls_for_single_rows_wait_for_the_dataset_alone() -> None:
    declared = [row(f"k{number:04}", "new") for number in range(1000)]
    live = [row(f"k{number:04}", "old") for number in range(1000)]
    plan = plan_of(declared, {"applied": live}, live)
    assert len(plan.calls) == 1000
    assert {each.after for each in plan.calls} == {()}
    assert [each.id for each in plan.calls] == list(range(1, 1001))
