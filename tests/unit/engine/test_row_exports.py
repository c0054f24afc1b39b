"""Rows that stream by, over a real socket: exported whole or not at all, counted, and one of them found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from dsops.engine import Workspace
from dsops.engine.export import Exported, Layout, export_file, export_lines
from dsops.engine.operations import Desk, Found, desk
from dsops.engine.places import Place, locate
from dsops.engine.rowreads import RowSearch
from dsops.model import Address, Connection, DsopsError, Event, EventKind, Resource, RowMode, RowSet, SecretRef, Stack
from dsops.providers import kinds
from tests.unit.http.server import Act, Server, cut, raw, reply

NAME = "dataset export"
FAQ = Resource(Address("geai", "Dataset", "faq"), "evals", {}, rows=RowSet(RowMode.SYNC, ("input", "contextDocument")))
PLACE = Place("evals", ("faq",))
ROW_ID = "a6815bbe-ad47-4858-8efb-2d66ebbcbd8d"


def row(number: int, **members: Any) -> dict[str, Any]:
    return {"dataSetRowId": f"r{number}", "dataSetRowInput": f"q{number}", "dataSetRowExpectedAnswer": "=a", **members}


ROWS = [row(number) for number in range(5)]
DATASET = {"dataSetId": "d1", "dataSetName": "faq"}
LISTING = reply(200, [{**DATASET, "rows": ROWS}, {"dataSetId": "d2", "dataSetName": "other", "rows": ROWS}])
WHOLE = reply(200, ROWS)
LINES = b"".join(orjson.dumps({"input": f"q{number}", "expectedAnswer": "=a"}) + b"\n" for number in range(5))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def torn(content: bytes) -> Act:
    """An answer that breaks off within its rows."""
    return cut(200, content, len(content) + 100)


TORN = torn(orjson.dumps(ROWS)[:-40])


def workspace(root: Path, url: str = "http://127.0.0.1:9") -> Workspace:
    account = Connection("evals", "geai", url, secrets={"token": SecretRef("env", "TOKEN")})
    mail = Connection("cm", "uipath", url, secrets={"token": SecretRef("env", "TOKEN")})
    return Workspace(Stack("s", None, str(root), "sqlite:x.db", {"evals": account, "cm": mail}), (FAQ,))


def work(root: Path, script: Sequence[Act], act: Callable[[Desk], Awaitable[Any]]) -> tuple[Any, Server, list[Event]]:
    """Do something at a desk whose provider answers by script; return what came of it, the server, what was told."""
    events: list[Event] = []

    async def run() -> tuple[Any, Server, list[Event]]:
        async with Server(script) as server, desk(workspace(root, server.url), "dsops test", events.append) as opened:
            return await act(opened), server, events

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "x")


def into(root: Path, script: Sequence[Act], layout: Layout = Layout.JSONL) -> tuple[Exported, Server, list[Event]]:
    target = root / "faq.jsonl"
    return work(root, script, lambda at: export_file(at, NAME, PLACE, {}, target, layout=layout))


def test_all_rows_into_a_file_in_the_order_of_the_provider(tmp_path: Path) -> None:
    done, server, events = into(tmp_path, [LISTING, WHOLE])
    assert done == Exported(5, 1, "row")
    assert (tmp_path / "faq.jsonl").read_bytes() == LINES
    assert [each.target for each in server.seen] == ["/dataSetApi/dataSets", "/dataSetApi/dataSet/d1/dataSetRows"]
    assert [each.text for each in events if each.kind is EventKind.PROGRESS][-1] == "5 rows"
    assert names(tmp_path) == ["faq.jsonl"]


def test_no_row_at_all_is_an_empty_file(tmp_path: Path) -> None:
    done, _, _ = into(tmp_path, [LISTING, reply(200, [])])
    assert (done.items, (tmp_path / "faq.jsonl").read_bytes()) == (0, b"")


def test_as_a_table_formulas_are_defused(tmp_path: Path) -> None:
    into(tmp_path, [LISTING, WHOLE], Layout.CSV)
    lines = (tmp_path / "faq.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["input,expectedAnswer,contextDocument", "q0,'=a,"]
    assert names(tmp_path) == ["faq.jsonl"]


def test_an_answer_that_breaks_off_is_asked_for_again_and_no_row_comes_twice(tmp_path: Path) -> None:
    done, server, _ = into(tmp_path, [LISTING, TORN, WHOLE])
    assert (done.items, len(server.seen)) == (5, 3)
    assert (tmp_path / "faq.jsonl").read_bytes() == LINES


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([LISTING, reply(404, {"message": "no such dataset"})], "404 Not Found"),
        ([LISTING, reply(200, [row(1), {"no": "id"}])], "a row has no dataSetRowId"),
        ([LISTING, reply(200, {"jobId": "7"})], "it is no array of rows"),
        ([reply(200, [DATASET | {"dataSetName": "fqa"}])], "has no Dataset 'faq'"),
        ([LISTING, raw(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[{}")], "something unreadable"),
    ],
)
def test_what_is_not_whole_leaves_nothing_behind(tmp_path: Path, script: Sequence[Act], told: str) -> None:
    with pytest.raises(DsopsError) as caught:
        into(tmp_path, script)
    assert told in " ".join(f"{each.summary} {each.detail}" for each in caught.value.diagnostics)
    assert names(tmp_path) == []


def test_a_near_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(DsopsError) as caught:
        into(tmp_path, [reply(200, [DATASET | {"dataSetName": "faq-2"}])])
    assert caught.value.diagnostics[0].hint == "did you mean faq-2?"


def test_a_run_that_was_killed_leaves_a_part_that_the_next_one_writes_over(tmp_path: Path) -> None:
    (tmp_path / "faq.jsonl.part").write_bytes(b'{"torn":')
    with pytest.raises(DsopsError, match="no export noted"):
        into(tmp_path, [LISTING, WHOLE])
    note = {
        "formatVersion": "1",
        "request": {"operation": NAME, "endpoint": "", "object": ["faq"], "arguments": {}},
        "next": {},
        "bytes": 0,
        "count": 0,
        "pages": 0,
    }

    async def again(at: Desk) -> Exported:
        note["request"] = {**note["request"], "endpoint": at.endpoint(PLACE)}  # type: ignore[dict-item]
        (tmp_path / "faq.jsonl.part.json").write_bytes(orjson.dumps(note))
        return await export_file(at, NAME, PLACE, {}, tmp_path / "faq.jsonl")

    work(tmp_path, [LISTING, WHOLE], again)
    assert (tmp_path / "faq.jsonl").read_bytes() == LINES
    assert names(tmp_path) == ["faq.jsonl"]


def collected(root: Path, script: Sequence[Act], reads: int = 99) -> tuple[Exported, bytes]:
    lines: list[bytes] = []

    def sink(content: bytes) -> bool:
        lines.append(content)
        return len(lines) <= reads

    done, _, _ = work(root, script, lambda at: export_lines(at, NAME, PLACE, {}, sink))
    return done, b"".join(lines)


def test_rows_onto_a_stream(tmp_path: Path) -> None:
    assert collected(tmp_path, [LISTING, WHOLE]) == (Exported(5, 1, "row"), LINES)


def test_a_reader_that_goes_ends_it(tmp_path: Path) -> None:
    done, _ = collected(tmp_path, [LISTING, WHOLE], reads=0)
    assert done == Exported(0, 1, "row", whole=False)


def test_rows_that_were_handed_on_are_not_handed_on_again(tmp_path: Path) -> None:
    # Nothing was handed on yet: the second answer may be begun with.
    assert collected(tmp_path, [LISTING, torn(b"["), WHOLE])[0].items == 5
    many = [row(number, dataSetRowContextDocument="x" * 1000) for number in range(1000)]
    with pytest.raises(DsopsError) as caught:
        collected(tmp_path, [LISTING, torn(orjson.dumps(many)[:-40]), reply(200, many)])
    assert "the answer broke off after" in str(caught.value)


def found(root: Path, script: Sequence[Act], text: str, place: Place = PLACE, **part: str) -> tuple[Found, Server]:
    result, server, _ = work(root, script, lambda at: at.get_row("dataset get", place, text, part))
    return result, server


SINGLE = [reply(200, ROWS[3]), reply(200, []), reply(200, [])]
STREAMED = reply(200, {**DATASET, "rows": ROWS})


def test_a_dataset_comes_with_the_number_of_its_rows(tmp_path: Path) -> None:
    got, _, _ = work(tmp_path, [LISTING, STREAMED], lambda at: at.get("dataset get", PLACE))
    assert got.document == {**DATASET, "rows": 5}


@pytest.mark.parametrize("text", ["q3", "r3"])
def test_a_row_is_found_by_its_key_or_its_id(tmp_path: Path, text: str) -> None:
    got, server = found(tmp_path, [LISTING, STREAMED, *SINGLE], text)
    assert got.place.key == ("faq", "r3")
    assert [each.target.rpartition("/")[2] for each in server.seen[2:]] == [
        "r3",
        "dataSetRowExpectedSources",
        "dataSetRowFilterVariables",
    ]


def test_the_declared_key_is_the_one_that_counts(tmp_path: Path) -> None:
    twins = [row(1, dataSetRowContextDocument="x"), row(3, dataSetRowInput="q1", dataSetRowContextDocument="y")]
    script = [LISTING, reply(200, {**DATASET, "rows": twins}), *SINGLE]
    got, _ = found(tmp_path, script, "q1 | y", Place("evals", ("faq",), FAQ.address))
    assert got.place == Place("evals", ("faq", "r3"), FAQ.address)
    with pytest.raises(DsopsError) as caught:
        found(tmp_path, script, "q1")
    assert caught.value.diagnostics[0].summary == "faq has 2 rows 'q1'"
    assert caught.value.diagnostics[0].hint == "give the id of one: r1, r3"


def test_no_such_row(tmp_path: Path) -> None:
    with pytest.raises(DsopsError) as caught:
        found(tmp_path, [LISTING, STREAMED], "q9")
    assert caught.value.diagnostics[0].summary == "faq has no row 'q9'"
    assert "none of its 5 rows" in caught.value.diagnostics[0].detail


def test_what_looks_like_an_id_is_asked_for_before_all_rows_are_searched(tmp_path: Path) -> None:
    known = {**ROWS[0], "dataSetRowId": ROW_ID}
    got, server = found(tmp_path, [LISTING, reply(200, known), reply(200, []), reply(200, [])], ROW_ID)
    assert (got.place.key, len(server.seen)) == (("faq", ROW_ID), 4)
    missing = reply(404, {"message": "no such row"})
    keyed = reply(200, {**DATASET, "rows": [row(3, dataSetRowInput=ROW_ID)]})
    got, _ = found(tmp_path, [LISTING, missing, keyed, *SINGLE], ROW_ID)
    assert got.place.key == ("faq", "r3")
    with pytest.raises(DsopsError, match="403"):
        found(tmp_path, [LISTING, reply(403, {"message": "no"})], ROW_ID)


def test_many_equal_keys_are_named_in_part() -> None:
    codec = kinds()["geai/Dataset"].rows
    assert codec is not None
    search = RowSearch("q", codec, ("input",))
    search.take([row(number, dataSetRowInput="q") for number in range(8)])
    with pytest.raises(DsopsError) as caught:
        search.only("faq")
    assert caught.value.diagnostics[0].hint.endswith("r4, and 3 more")
    search.begin()
    with pytest.raises(DsopsError, match="no row"):
        search.only("faq")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("dataset export", {"limit": 5}, "doesn't take limit"),
        ("dataset get", {"id": "d1"}, "doesn't take id"),
        ("dataset get", {"source": "s"}, "of which row"),
    ],
)
def test_what_can_not_be_sent_is_told_before_anything_is(
    tmp_path: Path, name: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(DsopsError, match=told):
        work(tmp_path, [LISTING], lambda at: at.perform(name, PLACE, arguments))


def test_rows_of_what_has_none(tmp_path: Path) -> None:
    with pytest.raises(DsopsError, match="doesn't take row"):
        found(tmp_path, [LISTING], "x", Place("cm", ("p", "mail")))


def test_one_outside_the_stack_is_named_by_its_name_and_a_connection(tmp_path: Path) -> None:
    stack = workspace(tmp_path)
    assert locate(stack, "dataset get", "faq", None) == Place("evals", ("faq",), FAQ.address)
    assert locate(stack, "dataset get", "other", "evals") == Place("evals", ("other",))
    assert locate(stack, "dataset get", "a/b", "evals") == Place("evals", ("a/b",))
    for connection in (None, "cm"):
        with pytest.raises(DsopsError) as caught:
            locate(stack, "dataset get", "other", connection)
        assert "by its name with --connection" in caught.value.diagnostics[0].hint
