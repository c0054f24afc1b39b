"""A read is tried again whatever goes wrong, and then says what did."""

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dsops.http import Answer, exchange
from dsops.model import AnswerLost, Call, DsopsError, EventKind, FailureKind, NotSent, RemoteError
from tests.unit.http.server import GET, Act, Bench, Server, cut, drop, raw, reply, reset, stall, stall_in_body


def reading(*script: Act, bench: Bench | None = None, call: Call = GET, **connection: Any) -> tuple[Answer, Server]:
    """Read once from a server with that script."""

    async def scene() -> tuple[Answer, Server]:
        async with Server(script) as server, (bench or Bench()).client(server.url, **connection) as client:
            try:
                answer = await client.read(call)
            finally:
                assert client.reads == len(server.seen)
                assert client.writes == 0
            return answer, server

    return asyncio.run(scene())


def test_an_answer_comes_back_decoded() -> None:
    answer, server = reading(reply(200, {"a": [1, "é"]}, X_Request_Id="7"))
    assert answer.failure is None
    assert answer.response.status == 200
    assert answer.response.body == {"a": [1, "é"]}
    assert answer.response.headers["x-request-id"] == "7"
    assert len(server.seen) == 1


def test_what_a_read_looks_like_on_the_wire() -> None:
    _, server = reading(reply(200))
    seen = server.seen[0]
    assert (seen.method, seen.target, seen.body) == ("GET", "/datasets", b"")
    assert seen.headers["host"] == f"127.0.0.1:{server.port}"
    assert seen.headers["user-agent"].startswith("dsops/")
    assert seen.headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("segment", ["a b", "a/b", "50%", "%20", "a:b", "a?b#c", "é", "a+b", "...", "a.b", "~a_b-c"])
def test_a_name_arrives_encoded_once(segment: str) -> None:
    call = Call("GET", ("datasets", segment, "streams"), query=(("q", "x y&z=%2F"), ("q", "é")))
    _, server = reading(reply(200), call=call)
    assert server.seen[0].target == call.target


def test_the_path_of_the_endpoint_stands_before() -> None:
    async def scene() -> str:
        async with Server([reply(200)]) as server, Bench().client(f"{server.url}/acme/a%20b/reinfer_/") as client:
            await client.read(GET)
            return server.seen[0].target

    assert asyncio.run(scene()) == "/acme/a%20b/reinfer_/datasets"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_name_that_would_vanish_from_the_path_is_not_sent(segment: str) -> None:
    with pytest.raises(NotSent) as caught:
        reading(reply(200), call=Call("GET", ("datasets", segment)))
    assert "would address something else" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (reply(500, {"message": "oops"}), "500"),
        (reply(503), "503"),
        (reply(408), "408"),
        (reply(429), "429"),
        (drop, "disconnected"),
        (reset, "reset"),
        (cut(200, b'{"a": 1', 50), "closed"),
        (raw(b'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"a": 1', close=True), "incomplete JSON"),
        (reply(200, b'{"a": 1'), "incomplete JSON"),
        (reply(200, b"<html>Sign in</html>"), "a web page"),
        (raw(b"nonsense\r\n\r\n", close=True), "illegal status line"),
        (reply(200, b"not gzip", content_encoding="gzip"), "compression is broken"),
        (reply(200, gzip.compress(gzip.compress(b"{}")), content_encoding="gzip, gzip"), "that nobody asked for"),
        (reply(200, b"{}", content_encoding="zstd"), "that nobody asked for"),
    ],
)
def test_a_read_is_tried_again(trouble: Act, word: str) -> None:
    bench = Bench()
    answer, server = reading(trouble, reply(200, {"a": 1}), bench=bench)
    assert answer.response.body == {"a": 1}
    assert len(server.seen) == 2
    assert [event.kind for event in bench.events] == [EventKind.RETRIED]
    assert bench.said[0].startswith("cm: GET /datasets: ")
    assert word in bench.said[0]
    assert "waiting 0.5 s" in bench.said[0]


@pytest.mark.parametrize("silence", [stall, stall_in_body])
def test_a_read_that_takes_too_long_is_tried_again(silence: Act) -> None:
    bench = Bench()
    answer, server = reading(silence, reply(200, {"a": 1}), bench=bench, timeout=0.2)
    assert answer.response.body == {"a": 1}
    assert len(server.seen) == 2
    assert "no answer within 0.2 s" in bench.said[0]


def test_a_slow_trickle_does_not_extend_the_time_limit() -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    with pytest.raises(AnswerLost) as caught:
        reading(trickle, timeout=0.2)
    assert caught.value.diagnostics[0].detail == "no answer within 0.2 s"


def test_a_stated_wait_is_obeyed_and_said() -> None:
    bench = Bench()
    reading(reply(429, None, Retry_After="2"), reply(200), bench=bench)
    assert bench.said == ["cm: GET /datasets: 429, waiting 2 s as asked"]
    assert sum(bench.hours.slept) >= 2


def test_a_date_is_obeyed_too() -> None:
    bench = Bench()
    bench.hours.now = 0
    reading(reply(503, None, Retry_After="Thu, 01 Jan 1970 00:00:07 GMT"), reply(200), bench=bench)
    assert bench.hours.now == 7


def test_nothing_at_all_is_sent_before_the_stated_time() -> None:
    sent: list[float] = []
    bench = Bench()

    def noting(act: Act) -> Act:
        async def noted(writer: asyncio.StreamWriter) -> None:
            sent.append(bench.hours.now)
            await act(writer)

        return noted

    async def scene() -> None:
        script = [noting(reply(429, None, Retry_After="30")), noting(reply(200))]
        async with Server(script) as server, bench.client(server.url, max_concurrency=1) as client:
            await asyncio.gather(client.read(GET), client.read(GET), client.write(Call("DELETE", ("a",))))

    asyncio.run(scene())
    assert sent[0] == 1000
    assert len(sent) == 4
    assert all(at >= 1030 for at in sent[1:])


def test_a_pause_holds_for_who_waits_at_the_gate() -> None:
    sent: list[float] = []
    bench = Bench()

    async def refuse(writer: asyncio.StreamWriter) -> None:
        sent.append(bench.hours.now)
        await reply(429, None, Retry_After="30")(writer)

    async def accept(writer: asyncio.StreamWriter) -> None:
        sent.append(bench.hours.now)
        await reply(200)(writer)

    async def scene() -> None:
        gate = asyncio.Semaphore(1)
        async with Server([refuse, accept]) as server, bench.client(server.url, gate=gate) as client:
            await asyncio.gather(*(client.read(GET) for _ in range(4)))

    asyncio.run(scene())
    assert sent[0] == 1000
    assert len(sent) == 5
    assert all(at >= 1030 for at in sent[1:])


def test_standing_in_the_queue_uses_up_no_patience() -> None:
    bench = Bench()

    async def answer_late(writer: asyncio.StreamWriter) -> None:
        bench.hours.now += 3600
        await reply(200)(writer)

    async def scene() -> None:
        script = [answer_late, reply(429), reply(200)]
        async with Server(script) as server, bench.client(server.url, max_concurrency=1) as client:
            answers = await asyncio.gather(client.read(GET), client.read(GET))
            assert [answer.response.status for answer in answers] == [200, 200]
            assert len(server.seen) == 3

    asyncio.run(scene())


def test_a_wait_too_long_fails_at_once_and_for_everybody() -> None:
    bench = Bench()

    async def scene() -> Answer:
        script = [reply(429, {"message": "slow down"}, Retry_After="3600")]
        async with Server(script) as server, bench.client(server.url) as client:
            answer = await client.read(GET)
            with pytest.raises(NotSent) as caught:
                await client.read(GET)
            assert "3600 s more" in caught.value.diagnostics[0].detail
            assert len(server.seen) == 1
            return answer

    answer = asyncio.run(scene())
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.RATE_LIMITED
    assert "slow down; the provider asks to wait 3600 s" in answer.failure.message
    assert bench.hours.slept == []


@pytest.mark.parametrize(
    ("trouble", "tries", "kind"),
    [
        (reply(429), 10, FailureKind.RATE_LIMITED),
        (reply(502, {"message": "upstream"}), 6, FailureKind.INVALID),
        (reply(503), 6, FailureKind.INVALID),
    ],
)
def test_tried_often_enough_the_failure_is_the_answer(trouble: Act, tries: int, kind: FailureKind) -> None:
    answer, server = reading(trouble)
    assert answer.failure is not None
    assert answer.failure.kind is kind
    assert len(server.seen) == tries


@pytest.mark.parametrize(
    ("trouble", "tries", "error", "words"),
    [
        (drop, 4, AnswerLost, "got no answer"),
        (reply(200, b'{"a": 1'), 3, RemoteError, "unreadable"),
        (reply(200, b"<!doctype html>"), 3, RemoteError, "unreadable"),
    ],
)
def test_tried_often_enough_it_says_what_went_wrong(
    trouble: Act, tries: int, error: type[DsopsError], words: str
) -> None:
    async def scene() -> None:
        async with Server([trouble]) as server, Bench().client(server.url) as client:
            with pytest.raises(error) as caught:
                await client.read(GET)
            diagnostic = caught.value.diagnostics[0]
            assert words in diagnostic.summary
            assert "cm: GET /datasets" in diagnostic.summary
            assert server.url in diagnostic.hint
            assert len(server.seen) == client.reads == tries

    asyncio.run(scene())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure(status: int) -> None:
    answer, server = reading(reply(status, None, Location="https://elsewhere.test/login?token=1"))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.UNEXPECTED
    assert "https://elsewhere.test/login;" in answer.failure.message
    assert "token=1" not in answer.failure.message
    assert len(server.seen) == 1


def test_an_error_page_is_kept_in_part() -> None:
    answer, _ = reading(reply(404, b"<html>\x1b[31m" + b"x" * 5000))
    assert answer.response.body is None
    assert answer.response.text.startswith("<html> [31mxxx")
    assert len(answer.response.text) == 500


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    answer, server = reading(reply(status, {"message": "no"}))
    assert answer.failure is not None
    assert answer.failure.message == "no"
    assert len(server.seen) == 1


def test_a_compressed_answer_is_read() -> None:
    answer, _ = reading(reply(200, gzip.compress(b'{"a": 1}'), content_encoding="gzip"))
    assert answer.response.body == {"a": 1}


def test_a_content_type_is_not_believed() -> None:
    answer, _ = reading(reply(200, b'{"a": 1}', content_type="text/html"))
    assert answer.response.body == {"a": 1}


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_an_answer_too_large_is_an_error(monkeypatch: pytest.MonkeyPatch, wrap: Callable[[bytes], bytes]) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 1024 * 1024)
    body = wrap(b" " * 1024 * 1025)
    headers = {} if wrap is bytes else {"content_encoding": "gzip"}
    with pytest.raises(RemoteError) as caught:
        reading(reply(200, body, **headers))
    assert "larger than 1 MiB" in caught.value.diagnostics[0].detail


def test_refused_connections_are_tried_again_and_not_counted() -> None:
    async def scene() -> None:
        async with Server([reply(200)]) as server:
            url = server.url
        bench = Bench()
        async with bench.client(url) as client:
            with pytest.raises(NotSent) as caught:
                await client.read(GET)
            assert client.reads == 0
        assert "refused" in caught.value.diagnostics[0].detail
        assert len(bench.said) == 3

    asyncio.run(scene())


def test_an_unknown_host_is_named_in_words() -> None:
    async def scene() -> None:
        async with Bench().client("https://no-such-host.invalid") as client:
            with pytest.raises(NotSent) as caught:
                await client.read(GET)
        assert "name" in caught.value.diagnostics[0].detail.lower()
        assert "https://no-such-host.invalid" in caught.value.diagnostics[0].hint

    asyncio.run(scene())


def test_the_pace_halves_when_throttled_and_all_are_served() -> None:
    async def scene() -> None:
        script = [reply(429)] * 8 + [reply(200)]
        async with Server(script) as server, Bench().client(server.url, max_concurrency=8) as client:
            answers = await asyncio.gather(*(client.read(GET) for _ in range(40)))
            assert {answer.response.status for answer in answers} == {200}
            assert client.reads == 48
            assert server.connections <= 8

    asyncio.run(scene())


def test_connections_are_kept_and_never_more_than_allowed() -> None:
    async def scene() -> None:
        async with Server([reply(200)]) as server, Bench().client(server.url, max_concurrency=3) as client:
            await asyncio.gather(*(client.read(GET) for _ in range(30)))
            assert server.connections == 3

    asyncio.run(scene())


def test_the_gate_holds_over_all_connections() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        await reply(200)(writer)

    async def scene() -> int:
        gate = asyncio.Semaphore(2)
        async with Server([slow]) as server:
            async with Bench().client(server.url, gate=gate) as one, Bench().client(server.url, gate=gate) as other:
                await asyncio.gather(*(client.read(GET) for client in (one, other) for _ in range(6)))
            return server.busiest

    assert asyncio.run(scene()) == 2


def test_a_cancelled_request_leaves_room_for_others() -> None:
    async def scene() -> None:
        async with Server([stall, reply(200)]) as server, Bench().client(server.url, max_concurrency=1) as client:
            first = asyncio.create_task(client.read(GET))
            await server.asked.wait()
            first.cancel()
            answer = await asyncio.wait_for(client.read(GET), 5)
            assert answer.response.status == 200
            assert first.cancelled()

    asyncio.run(scene())


def test_a_transport_in_process_takes_the_place_of_sockets() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"path": request.url.raw_path.decode()})

    async def scene() -> Answer:
        async with Bench().client("http://127.0.0.1:1/x", transport=httpx.MockTransport(handle)) as client:
            return await client.read(GET)

    assert asyncio.run(scene()).response.body == {"path": "/x/datasets"}
