"""Laws of rows: the fewest calls, the rows that are declared, and then nothing more to do."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsops.model import (
    Address,
    BodyForm,
    Cause,
    Connection,
    Resource,
    RowItem,
    RowMark,
    RowMode,
    RowSet,
    Source,
    Stack,
    Values,
)
from dsops.planner import (
    DeclaredSide,
    Inputs,
    RowIndex,
    RowScript,
    edit_script,
    make_plan,
    plan_document,
    plan_id,
)
from dsops.planner.rows import Target, row_writes, whole_script
from dsops.providers.geai.rows import Rows
from tests.support import evaluations
from tests.support.rows import Document, Provider, compared, keyed, marks_of, wire

CODEC = Rows()
Row = dict[str, Any]


class SmallParts(Rows):
    """The codec with parts that a few rows fill."""

    part_size = 500


def _row(key: str, answer: str, context: str, source: str) -> Row:
    sources = {"expectedSources": [{"name": "s", "value": source}]} if source else {}
    return {"input": key, "expectedAnswer": answer, **({"contextDocument": context} if context else {}), **sources}


modes = st.sampled_from(RowMode)
keys = st.sampled_from([("input",), ("input", "contextDocument"), ("input", "expectedAnswer")])
rows = st.builds(_row, st.sampled_from("abcd"), st.sampled_from("xy"), st.sampled_from(["", "c"]), st.just(""))
nested_rows = st.builds(
    _row, st.sampled_from("abcd"), st.sampled_from("xy"), st.just(""), st.sampled_from(["", "s1", "s2"])
)


def live_of(found: Sequence[Row]) -> list[Document]:
    return [wire(f"r{number}", each, CODEC) for number, each in enumerate(found)]


def unique(found: Sequence[Row], key: Sequence[str]) -> list[Row]:
    """Drop what the sources may not hold: rows with the key of an earlier one."""
    return list({tuple(each.get(name, "") for name in key): each for each in found}.values())


def planned(
    asked: RowSet,
    declared: Sequence[Row],
    live: Sequence[Document],
    recorded: Mapping[bytes, RowMark] | None = None,
    codec: Rows = CODEC,
) -> tuple[RowScript, DeclaredSide]:
    delta, side = compared(codec, asked, declared, live, recorded)
    return edit_script(delta, codec, side.declared, side.recorded, known=recorded is not None), side


def fewest(asked: RowSet, live: Sequence[Values], declared: Sequence[Values]) -> int:
    """Try every script that keeps identity, and return the fewest calls of one that reaches the goal.

    A live row may become the declared row with its key; in sync mode also one that differs from it in the key alone,
    where neither key is on the other side and no third such row is on either. A row is made only where none has its
    key. All that are made go up in one call.
    """
    places = [CODEC.fields.index(name) for name in asked.key]

    def key(values: Values) -> tuple[Any, ...]:
        return tuple(values[place] for place in places)

    def rest(values: Values) -> str:
        return str([each for place, each in enumerate(values) if place not in places])

    theirs, ours = {key(each) for each in live}, {key(each) for each in declared}
    going = Counter(rest(each) for each in live if key(each) not in ours)
    coming = Counter(rest(each) for each in declared if key(each) not in theirs)

    def choices(row: Values) -> Iterator[Values | None]:
        yield row
        if asked.mode is RowMode.SYNC:
            yield None
        for each in declared:
            alone = going[rest(row)] == coming[rest(each)] == 1
            moved = key(row) not in ours and key(each) not in theirs and rest(row) == rest(each) and alone
            if (key(row) == key(each) and asked.mode is not RowMode.INSERT) or (moved and asked.mode is RowMode.SYNC):
                yield each

    best = len(live) + 2
    for script in product(*(tuple(choices(each)) for each in live)):
        there = [each for each in script if each is not None]
        made = [each for each in declared if key(each) not in theirs and each not in there]
        if reached(asked.mode, [*there, *made], declared, ours, key):
            touched = sum(was is not will for was, will in zip(live, script, strict=True))
            best = min(best, touched + bool(made))
    return best


def reached(mode: RowMode, final: Sequence[Values], declared: Sequence[Values], ours: set[Any], key: Any) -> bool:
    if mode is RowMode.SYNC:
        return sorted(map(str, final)) == sorted(map(str, declared))
    if mode is RowMode.UPSERT:
        return all(each in final for each in declared)
    return ours <= {key(each) for each in final}


@settings(max_examples=300)
@given(modes, keys, st.lists(rows, max_size=4), st.lists(rows, max_size=4))
def test_no_script_that_keeps_identity_has_fewer_calls(
    mode: RowMode, key: tuple[str, ...], live: list[Row], declared: list[Row]
) -> None:
    asked, declared = keyed(mode, *key), unique(declared, key)
    script, side = planned(asked, declared, live_of(live))
    calls, _ = row_writes(script, side, CODEC, Target("d1"))
    count = len(calls.parts) + len(calls.single)
    assert count == fewest(asked, [CODEC.declared(each) for each in live], [CODEC.declared(each) for each in declared])


@settings(max_examples=200)
@given(modes, st.lists(nested_rows, max_size=6), st.lists(nested_rows, max_size=6), st.booleans())
def test_the_calls_lead_to_what_is_declared_and_then_to_nothing(
    mode: RowMode, live: list[Row], declared: list[Row], finer: bool
) -> None:
    asked, declared = keyed(mode), unique(declared, ["input"])
    provider = Provider(live_of(live))
    before = {row_id: CODEC.live(each).values for row_id, each in provider.rows.items()}
    script, side = planned(asked, declared, provider.documents)
    calls, changes = row_writes(script, side, CODEC, Target("d1", finer=finer))
    provider.do(calls, side, CODEC)
    after = {row_id: CODEC.live(each).values for row_id, each in provider.rows.items()}
    wanted = {each[0]: each for each in map(CODEC.declared, declared)}
    if mode is RowMode.SYNC:
        assert sorted(map(str, after.values())) == sorted(map(str, wanted.values()))
    else:
        assert before.keys() <= after.keys()
        assert wanted.keys() <= {each[0] for each in after.values()}
        assert all(after[row_id] == values for row_id, values in before.items() if values[0] not in wanted)
    if mode is RowMode.UPSERT:
        assert all(each in after.values() for each in wanted.values())
    if mode is RowMode.INSERT:
        assert all(after[row_id] == values for row_id, values in before.items())
    again, side = planned(asked, declared, provider.documents)
    assert (again.count, again.noop) == (0, len(declared))
    assert again.left == changes.left
    assert changes.create + changes.update + changes.noop == len(declared)
    assert len(live) + changes.create - changes.delete == len(after)


@given(modes, st.lists(rows, max_size=6), st.lists(rows, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_live_rows_means_nothing(mode: RowMode, live: list[Row], declared: list[Row], random: Any) -> None:
    declared = unique(declared, ["input"])
    documents = live_of(live)
    one, _ = planned(keyed(mode), declared, documents)
    random.shuffle(documents)
    other, _ = planned(keyed(mode), declared, documents)
    assert _size(one) == _size(other)
    if len({str(each) for each in live}) == len(live):  # of two equal rows either one may be the one that stays
        assert other == _same_documents(one, other)
        assert other.sha256 == one.sha256


def _size(script: RowScript) -> tuple[int, ...]:
    return (len(script.creates), len(script.updates), len(script.deletes), script.noop, script.left, script.drifted)


def _same_documents(one: RowScript, other: RowScript) -> RowScript:
    """Return one script with the numbers of documents kept that another has: they depend on when a row arrived."""
    marks = [each.live for each in other.updates] + [each.live for each in other.deletes]
    kept = {each.remote_id: each.kept for each in marks}
    updates = tuple(each._replace(live=each.live._replace(kept=kept[each.live.remote_id])) for each in one.updates)
    deletes = tuple(each._replace(live=each.live._replace(kept=kept[each.live.remote_id])) for each in one.deletes)
    return dataclasses.replace(one, updates=updates, deletes=deletes)


@given(st.lists(rows, max_size=8), st.lists(rows, max_size=8), st.randoms(use_true_random=False))
def test_a_digest_knows_the_rows_and_not_their_order(first: list[Row], second: list[Row], random: Any) -> None:
    first, second = unique(first, ["input"]), unique(second, ["input"])
    shuffled = list(first)
    random.shuffle(shuffled)
    assert _digest(shuffled) == _digest(first)
    same = sorted(map(str, map(CODEC.declared, first))) == sorted(map(str, map(CODEC.declared, second)))
    assert (_digest(first) == _digest(second)) == same


def _digest(declared: Sequence[Row]) -> str:
    index = RowIndex(keyed(RowMode.SYNC), CODEC)
    for each in declared:
        assert index.add(CODEC.declared(each)) is None
    return index.digest


@given(st.lists(rows, max_size=6), st.lists(rows, max_size=6))
def test_what_only_the_sources_changed_has_not_drifted(first: list[Row], second: list[Row]) -> None:
    first, second = unique(first, ["input"]), unique(second, ["input"])
    script, _ = planned(keyed(RowMode.SYNC), second, live_of(first), marks_of(CODEC, keyed(RowMode.SYNC), first))
    assert script.drifted == 0
    assert {each.cause for each in script.updates} | {each.cause for each in script.deletes} <= {Cause.PENDING}
    assert not any(each.foreign for each in script.updates)
    assert not any(each.foreign for each in script.deletes)


@given(st.lists(rows, max_size=5), st.lists(rows, max_size=5))
def test_what_only_the_live_side_changed_has_drifted(first: list[Row], second: list[Row]) -> None:
    """Every row that has to be made, changed or deleted is counted once."""
    first = unique(first, ["input"])
    script, _ = planned(keyed(RowMode.SYNC), first, live_of(second), marks_of(CODEC, keyed(RowMode.SYNC), first))
    assert script.drifted == script.count
    assert {each.cause for each in script.updates} | {each.cause for each in script.deletes} <= {Cause.DRIFT}


@given(st.integers(0, 12), st.integers(0, 400), st.booleans())
def test_parts_are_full_and_none_is_too_large(count: int, size: int, new: bool) -> None:
    codec = SmallParts()
    declared = [{"input": f"k{number}", "expectedAnswer": "x" * (size * (number % 3))} for number in range(count)]
    _, side = compared(codec, keyed(RowMode.SYNC), declared, [])
    target = Target("d1", ("faq",), {"name": "faq"}) if new else Target("d1")
    calls, _ = row_writes(whole_script(side.index), side, codec, target)
    bodies = [call.rows.body for call in calls.parts if call.rows is not None and call.rows.body is not None]
    assert [number for body in bodies for number in body.numbers] == list(range(count))
    assert all(body.size <= codec.part_size or len(body.numbers) == 1 for body in bodies)
    for body, after in pairwise(bodies):
        (row,) = (codec.document(each) for each in side.declared.values([after.numbers[0]]))
        brackets = 2 if body.form is BodyForm.ROW else 0
        assert body.size + brackets + len(b",") + len(orjson.dumps(row)) > codec.part_size


def a_stack(declared: Sequence[Row], *, full: bool, line: int = 5) -> Inputs:
    """Return what a plan is made of where nothing is there yet; rows stand in a manifest from ``line`` on."""
    account = Connection("evals", "geai", "https://evals.example.com")
    items = tuple(RowItem(each, Source("faq.yaml", line + number)) for number, each in enumerate(declared))
    asked = RowSet(RowMode.SYNC, ("input",), items=items)
    resource = Resource(Address("geai", "Dataset", "faq"), "evals", {}, rows=asked)
    stack = Stack("s", None, "/stack", "sqlite:s.db", {"evals": account})
    return evaluations.inputs_of(stack, [resource], {}, {}, {}, full=full)


@pytest.mark.parametrize("count", [3, 1100])
def test_which_rows_are_named_and_where_they_stand_is_no_part_of_a_plans_identity(count: int) -> None:
    declared = [{"input": f"k{number}", "expectedAnswer": "x"} for number in range(count)]
    short, whole = (make_plan(a_stack(declared, full=full)) for full in (False, True))
    elsewhere = make_plan(a_stack(declared, full=False, line=50))
    assert plan_id(short) == plan_id(whole) == plan_id(elsewhere)
    assert len(plan_document(short)["changes"][0]["rows"]["create"]) == min(count, 1000)
    assert len(plan_document(whole)["changes"][0]["rows"]["create"]) == count
    other = make_plan(a_stack([*declared[:-1], {"input": "k", "expectedAnswer": "y"}], full=False))
    assert plan_id(other) != plan_id(short)
