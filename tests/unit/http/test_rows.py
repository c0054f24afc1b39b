"""A read that hands rows on while the answer arrives."""

import asyncio
import gzip
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import orjson
import pytest

from dsops.http import Answer, exchange, splitter
from dsops.model import AnswerLost, Call, DsopsError, FailureKind, RemoteError
from tests.unit.http.server import CANARY, GET, Act, Bench, Server, cut, drop, raw, reply

STREAMED = replace(GET, stream="rows")
ROWS = [{"dataSetRowId": f"{number:032x}", "dataSetRowInput": '},{"dataSetRowId": é' * 50} for number in range(1000)]
DOCUMENT = {"id": "d", "rows": ROWS, "tags": [{"a": 1}, {"a": 2}]}


@dataclass
class Sink:
    """Keeps what it is handed, and says how often it began."""

    rows: list[Any] = field(default_factory=list)
    begun: int = 0
    largest: int = 0

    def begin(self) -> None:
        self.rows.clear()
        self.begun += 1

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self.rows += documents
        self.largest = max(self.largest, len(documents))


def streaming(*script: Act, sink: Any = None, bench: Bench | None = None, **connection: Any) -> Answer:
    """Read rows once from a server with that script."""

    async def scene() -> Answer:
        async with Server(script) as server, (bench or Bench()).client(server.url, **connection) as client:
            answer = await client.read(STREAMED, sink)
            assert client.reads == len(server.seen)
            return answer

    return asyncio.run(scene())


def unreadable(*script: Act, sink: Any = None, **connection: Any) -> str:
    """Read rows that can't be read, and return why."""
    with pytest.raises(RemoteError) as caught:
        streaming(*script, sink=sink, **connection)
    return caught.value.diagnostics[0].detail


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_rows_are_handed_on_and_the_rest_is_the_answer(wrap: Any) -> None:
    sink = Sink()
    headers = {} if wrap is bytes else {"content_encoding": "gzip"}
    answer = streaming(reply(200, wrap(orjson.dumps(DOCUMENT)), **headers), sink=sink)
    assert answer.failure is None
    assert answer.response.body == {"id": "d", "tags": [{"a": 1}, {"a": 2}]}
    assert sink.rows == ROWS
    assert sink.begun == 1
    assert sink.largest < len(ROWS)


def test_rows_of_a_listing() -> None:
    sink = Sink()
    listing = [
        {"id": 1, "rows": ROWS[:3]},
        {"rows": None, "id": 2},
        {"id": 3, "rows": []},
        {"id": 4},
        {"rows": ROWS[3:5]},
    ]
    answer = streaming(reply(200, listing), sink=sink)
    assert answer.response.body == [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {}]
    assert sink.rows == ROWS[:5]


def test_without_a_sink_they_are_dropped() -> None:
    assert streaming(reply(200, {"id": 1, "rows": [*ROWS, "no row"]})).response.body == {"id": 1}


def test_a_call_that_names_no_member_is_answered_whole() -> None:
    async def scene() -> Any:
        async with Server([reply(200, DOCUMENT)]) as server, Bench().client(server.url) as client:
            return (await client.read(GET)).response.body

    assert asyncio.run(scene()) == DOCUMENT


@pytest.mark.parametrize("body", [{"rows": "many"}, {"rows": {"rows": [1]}}, [], [1, "rows"], "rows", 7])
def test_what_is_no_array_of_rows_is_left_as_it_is(body: Any) -> None:
    sink = Sink()
    assert streaming(reply(200, body), sink=sink).response.body == body
    assert sink.rows == []


def test_an_empty_answer() -> None:
    assert streaming(reply(204), sink=Sink()).response.body is None


def test_a_failure_answer_is_read_as_ever() -> None:
    sink = Sink()
    answer = streaming(reply(404, {"message": "gone", "rows": [{"a": 1}], "none": None}), sink=sink)
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.NOT_FOUND
    assert answer.response.body == {"message": "gone", "rows": [{"a": 1}], "none": None}
    assert sink.rows == []


WHOLE = orjson.dumps(DOCUMENT)


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (drop, "disconnected"),
        (reply(503), "503"),
        (cut(200, WHOLE[: len(WHOLE) // 2], len(WHOLE)), "closed"),
        (reply(200, WHOLE[: len(WHOLE) // 2]), "ends among the rows"),
        (reply(200, WHOLE[:-1]), "incomplete JSON"),
        (reply(200, WHOLE + b"}"), "broken or incomplete JSON"),
        (reply(200, b'{"rows":[{"a":1},]}'), "broken or incomplete JSON"),
        (reply(200, b'{"rows":[{"a":1}}}'), "a bracket in the wrong place"),
        (reply(200, b'{"rows":[{"a":1}],"rows":[]}'), "two members rows"),
        (reply(200, b'{"rows":[{"a":1},7]}'), "not an object"),
        (reply(200, b"<html>Sign in</html>"), "a web page"),
        (reply(200, gzip.compress(WHOLE)[:-20000] + b"x" * 20000, content_encoding="gzip"), "compression is broken"),
    ],
)
def test_it_is_read_again_from_its_beginning(trouble: Act, word: str) -> None:
    bench, sink = Bench(), Sink()
    answer = streaming(trouble, reply(200, DOCUMENT), sink=sink, bench=bench)
    assert answer.response.body == {"id": "d", "tags": [{"a": 1}, {"a": 2}]}
    assert sink.rows == ROWS
    assert sink.begun == 2
    assert word in bench.said[0]


@dataclass
class Picky(Sink):
    """Says what the test wants it to."""

    problem: Exception = field(default_factory=ValueError)

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        super().take(documents)
        raise self.problem


def test_what_the_sink_says_is_no_row_makes_the_answer_unreadable() -> None:
    sink = Picky(problem=ValueError("a row without dataSetRowInput"))
    assert unreadable(reply(200, DOCUMENT), sink=sink) == "a row that can't be read: a row without dataSetRowInput"
    assert sink.begun == 3


def test_a_secret_in_a_row_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    from dsops.model import SecretRef

    monkeypatch.setenv("CANARY", CANARY)
    sink = Picky(problem=ValueError(f"no row: {CANARY}"))
    detail = unreadable(reply(200, DOCUMENT), sink=sink, secrets={"token": SecretRef("env", "CANARY")})
    assert "no row: " in detail
    assert CANARY not in detail


def test_a_sink_that_has_no_room_is_no_trouble_of_the_network() -> None:
    with pytest.raises(DsopsError) as caught:
        streaming(reply(200, DOCUMENT), sink=Picky(problem=OSError(28, "No space left on device")))
    assert caught.value.diagnostics[0].detail == "No space left on device."


def test_a_bug_of_the_sink_is_a_bug() -> None:
    with pytest.raises(ZeroDivisionError):
        streaming(reply(200, DOCUMENT), sink=Picky(problem=ZeroDivisionError()))


def slowly(pause: float, pieces: int) -> Act:
    """Send the document in so many pieces, with a pause before each."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(WHOLE))
        size = -(-len(WHOLE) // pieces)
        for at in range(0, len(WHOLE), size):
            await asyncio.sleep(pause)
            writer.write(WHOLE[at : at + size])
            await writer.drain()

    return act


def test_the_time_limit_counts_from_the_last_bytes() -> None:
    sink = Sink()
    began = time.monotonic()
    streaming(slowly(0.15, 8), sink=sink, timeout=1.0)
    assert time.monotonic() - began > 1.0
    assert sink.rows == ROWS
    assert sink.begun == 1


def test_an_answer_that_stands_still_is_given_up() -> None:
    begun = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + WHOLE[:500])

    async def stop(writer: asyncio.StreamWriter) -> None:
        await begun(writer)
        await asyncio.Event().wait()

    with pytest.raises(AnswerLost) as caught:
        streaming(stop, timeout=0.2)
    assert caught.value.diagnostics[0].detail == "nothing came for 0.2 s"


@dataclass
class Slow(Sink):
    """Takes longer than the server may."""

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        if not self.rows:
            time.sleep(1.2)
        super().take(documents)


def test_the_time_that_the_sink_takes_is_not_the_servers() -> None:
    sink = Slow()
    streaming(reply(200, DOCUMENT), sink=sink, timeout=1.0)
    assert sink.rows == ROWS
    assert sink.begun == 1


def test_rows_may_be_larger_than_an_answer_and_the_rest_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 1024 * 1024)
    sink = Sink()
    assert streaming(reply(200, {"rows": ROWS * 2}), sink=sink).response.body == {}
    assert sink.rows == ROWS * 2
    assert "larger than 1 MiB" in unreadable(reply(200, {"rows": [], "rest": "x" * 1024 * 1025}))
    assert "larger than 1 MiB" in unreadable(reply(200, {"rest": [ROWS, ROWS], "rows": []}))


def test_a_row_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitter, "_LARGEST_ROW", 1024 * 1024)
    large = {"a": "x" * 1024 * 1023}
    sink = Sink()
    assert streaming(reply(200, {"rows": [*ROWS, large]}), sink=sink).response.body == {}
    assert sink.rows == [*ROWS, large]
    assert "larger than 1 MiB" in unreadable(reply(200, {"rows": [*ROWS, {"a": "x" * 1024 * 1280}]}))


def test_a_transport_in_process_hands_rows_on_too() -> None:
    async def scene() -> None:
        sink = Sink()
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=DOCUMENT))
        async with Bench().client("http://127.0.0.1:1", transport=transport) as client:
            await client.read(Call("GET", ("d",), stream="rows"), sink)
        assert sink.rows == ROWS

    asyncio.run(scene())
