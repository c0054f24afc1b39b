"""A write is tried again only where it was certainly not carried out; else the engine is told that nobody knows."""

import asyncio
import email
import email.policy
from typing import Any

import httpx
import pytest

from dsops.http import Answer, wire
from dsops.model import (
    Address,
    AnswerLost,
    Call,
    DsopsError,
    FailureKind,
    Form,
    NotSent,
    Reference,
    SecretRef,
    TransportError,
)
from tests.unit.http.server import GET, PUT, Act, Bench, Server, cut, drop, raw, reply, reset, stall, stall_in_body


def writing(*script: Act, bench: Bench | None = None, call: Call = PUT, **connection: Any) -> tuple[Answer, Server]:
    """Write once to a server with that script."""

    async def scene() -> tuple[Answer, Server]:
        async with Server(script) as server, (bench or Bench()).client(server.url, **connection) as client:
            try:
                answer = await client.write(call)
            finally:
                assert client.writes == len(server.seen)
                assert client.reads == 0
            return answer, server

    return asyncio.run(scene())


def test_what_a_write_looks_like_on_the_wire() -> None:
    answer, server = writing(reply(201, {"id": "1"}), call=Call("PUT", ("a",), body={"b": 1.0, "a": ["é"]}))
    seen = server.seen[0]
    assert (seen.method, seen.target) == ("PUT", "/a")
    assert seen.body == '{"a":["é"],"b":1}'.encode()
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["content-length"] == "18"
    assert answer.response.body == {"id": "1"}


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("DELETE", None)])
def test_a_write_without_content_has_no_content_type(method: str, length: str | None) -> None:
    _, server = writing(reply(204), call=Call(method, ("a",)))
    assert "content-type" not in server.seen[0].headers
    assert server.seen[0].headers.get("content-length") == length


@pytest.mark.parametrize("body", [{}, [], False, 0])
def test_an_empty_body_is_a_body(body: Any) -> None:
    _, server = writing(reply(200), call=Call("POST", ("a",), body=body))
    assert server.seen[0].body != b""
    assert server.seen[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (drop, "disconnected"),
        (reset, "reset"),
        (cut(200, b'{"a": 1', 50), "closed"),
        (cut(404, b'{"a": 1', 50), "closed"),
        (reply(200, b'{"a": 1'), "incomplete JSON"),
        (reply(200, b"<html>"), "a web page"),
        (raw(b"nonsense\r\n\r\n", close=True), "illegal status line"),
        (reply(500, {"message": "oops"}), "500: oops"),
        (reply(502, b"<html>Bad gateway"), "502: <html>Bad gateway"),
        (reply(503, None, Retry_After="1"), "503"),
        (reply(504), "504"),
        (reply(408), "408"),
    ],
)
def test_a_write_without_a_clear_answer_is_lost_and_sent_once(trouble: Act, word: str) -> None:
    bench = Bench()

    async def scene() -> None:
        async with Server([trouble]) as server, bench.client(server.url) as client:
            with pytest.raises(AnswerLost) as caught:
                await client.write(PUT)
            assert len(server.seen) == client.writes == 1
        diagnostic = caught.value.diagnostics[0]
        assert "cm: PUT /datasets/a may or may not have been carried out" in diagnostic.summary
        assert word in diagnostic.detail

    asyncio.run(scene())
    assert bench.said == []


@pytest.mark.parametrize("silence", [stall, stall_in_body])
def test_a_write_that_takes_too_long_is_lost(silence: Act) -> None:
    with pytest.raises(AnswerLost) as caught:
        writing(silence, timeout=0.2)
    assert caught.value.diagnostics[0].detail == "no answer within 0.2 s"


def test_a_kept_connection_that_the_server_closes_makes_a_write_lost() -> None:
    async def scene() -> None:
        async with Server([reply(200), drop]) as server, Bench().client(server.url) as client:
            await client.read(GET)
            with pytest.raises(AnswerLost):
                await client.write(PUT)
            assert server.connections == 1
            assert len(server.seen) == 2

    asyncio.run(scene())


def test_a_connection_closed_while_idle_is_not_used() -> None:
    async def scene() -> None:
        closing = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", close=True)
        async with Server([closing, reply(200)]) as server, Bench().client(server.url) as client:
            await client.write(PUT)
            await asyncio.sleep(0.05)
            await client.write(PUT)
            assert server.connections == 2

    asyncio.run(scene())


def test_a_throttled_write_is_sent_again() -> None:
    bench = Bench()
    answer, server = writing(reply(429, None, Retry_After="2"), reply(200, {"a": 1}), bench=bench)
    assert answer.response.body == {"a": 1}
    assert len(server.seen) == 2
    assert bench.said == ["cm: PUT /datasets/a: 429, waiting 2 s as asked"]


def test_a_lost_write_still_says_how_long_to_pause() -> None:
    async def scene() -> None:
        bench = Bench()
        script = [reply(503, None, Retry_After="20"), reply(200)]
        async with Server(script) as server, bench.client(server.url) as client:
            with pytest.raises(AnswerLost):
                await client.write(PUT)
            assert bench.hours.now == 1000
            await client.read(GET)
            assert bench.hours.now == 1020

    asyncio.run(scene())


def test_a_write_throttled_for_ever_is_a_failure_not_a_loss() -> None:
    answer, server = writing(reply(429, {"message": "slow down"}))
    assert answer.failure is not None
    assert answer.failure.kind is FailureKind.RATE_LIMITED
    assert len(server.seen) == 10


def test_a_refusal_is_an_answer() -> None:
    answer, server = writing(reply(409, {"message": "exists"}))
    assert answer.failure is not None
    assert answer.failure.message == "exists"
    assert len(server.seen) == 1


def test_a_redirect_of_a_write_is_not_followed() -> None:
    answer, server = writing(reply(307, None, Location="/elsewhere"))
    assert answer.failure is not None
    assert len(server.seen) == 1


def test_a_refused_connection_is_tried_again_until_the_server_is_there() -> None:
    async def scene() -> None:
        async with Server([]) as server:
            pass
        bench = Bench()
        back = Server([reply(200, {"a": 1})], port=server.port)

        async def start() -> None:
            if len(bench.hours.slept) == 2:
                await back.__aenter__()

        bench.hours.then = start
        async with bench.client(server.url) as client:
            answer = await client.write(PUT)
        assert answer.response.body == {"a": 1}
        assert client.writes == len(back.seen) == 1
        await back.__aexit__()

    asyncio.run(scene())


def test_a_refused_connection_is_certainly_not_sent() -> None:
    async def scene() -> None:
        async with Server([]) as server:
            url = server.url
        async with Bench().client(url) as client:
            with pytest.raises(NotSent) as caught:
                await client.write(PUT)
            assert client.writes == 0
        diagnostic = caught.value.diagnostics[0]
        assert diagnostic.summary == "cm: PUT /datasets/a was not sent"
        assert "refused" in diagnostic.detail
        assert url in diagnostic.hint

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("raised", "outcome", "tries"),
    [
        (httpx.ConnectError("x"), NotSent, 4),
        (httpx.ConnectTimeout("x"), NotSent, 4),
        (httpx.PoolTimeout("x"), NotSent, 4),
        (httpx.ProxyError("x"), NotSent, 4),
        (httpx.UnsupportedProtocol("x"), NotSent, 1),
        (httpx.LocalProtocolError("x"), NotSent, 1),
        (httpx.ReadTimeout("x"), AnswerLost, 1),
        (httpx.WriteTimeout("x"), AnswerLost, 1),
        (httpx.ReadError("x"), AnswerLost, 1),
        (httpx.WriteError("x"), AnswerLost, 1),
        (httpx.CloseError("x"), AnswerLost, 1),
        (httpx.RemoteProtocolError("x"), AnswerLost, 1),
        (httpx.DecodingError("x"), AnswerLost, 1),
        (ConnectionResetError("x"), AnswerLost, 1),
        (TimeoutError(), AnswerLost, 1),
    ],
)
def test_what_each_exception_of_a_transport_means(raised: Exception, outcome: type[TransportError], tries: int) -> None:
    calls: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise raised

    async def scene() -> None:
        async with Bench().client("http://127.0.0.1:1", transport=httpx.MockTransport(handle)) as client:
            with pytest.raises(outcome):
                await client.write(PUT)

    asyncio.run(scene())
    assert len(calls) == tries


@pytest.mark.parametrize(("left", "sent"), [(60.0, True), (20.0, True), (19.9, False), (-5.0, False)])
def test_a_write_too_near_to_the_end_of_the_lease_is_not_sent(left: float, sent: bool) -> None:
    async def scene() -> None:
        bench = Bench()
        async with Server([reply(200)]) as server, bench.client(server.url, timeout=60) as client:
            if sent:
                await client.write(PUT, deadline=lambda: bench.hours.now + left)
            else:
                with pytest.raises(NotSent) as caught:
                    await client.write(PUT, deadline=lambda: bench.hours.now + left)
                assert "lease" in caught.value.diagnostics[0].detail
            assert len(server.seen) == client.writes == int(sent)

    asyncio.run(scene())


def test_the_lease_is_looked_at_before_each_try() -> None:
    async def scene() -> None:
        bench = Bench()
        end = bench.hours.now + 24
        script = [reply(429, None, Retry_After="5"), reply(200)]
        async with Server(script) as server, bench.client(server.url, timeout=60) as client:
            with pytest.raises(NotSent):
                await client.write(PUT, deadline=lambda: end)
            assert len(server.seen) == 1

    asyncio.run(scene())


def test_a_call_with_something_late_is_a_mistake_and_not_sent() -> None:
    late = Reference(Address("demo", "Thing", "a"))
    for call in (Call("POST", ("a", late)), Call("POST", ("a",), body={"b": [late]})):
        with pytest.raises(ValueError, match="before"):
            writing(reply(200), call=call)


def test_a_secret_in_a_body_is_put_in_when_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "s3cret")
    call = Call("POST", ("a",), body={"b": [{"c": SecretRef("env", "X")}]})
    _, server = writing(reply(200), call=call)
    assert server.seen[0].body == b'{"b":[{"c":"s3cret"}]}'
    assert "s3cret" not in repr(call)


def test_a_secret_of_a_body_is_masked_in_what_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "s3cret")
    answer, _ = writing(
        reply(400, {"message": "no s3cret here"}), call=Call("POST", ("a",), body=SecretRef("env", "X"))
    )
    assert answer.failure is not None
    assert answer.failure.message == "no *** here"


def test_a_secret_of_a_body_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X", raising=False)
    with pytest.raises(DsopsError, match="X is not set"):
        writing(reply(200), call=Call("POST", ("a",), body=SecretRef("env", "X")))


CONTENT = '[{"a":"é"}]'.encode()


def test_bytes_leave_as_they_are() -> None:
    _, server = writing(reply(200), call=Call("PUT", ("a",), body=b'{"b":1.0, "a":2}'))
    assert server.seen[0].body == b'{"b":1.0, "a":2}'
    assert server.seen[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [CONTENT, [{"a": "é"}]])
def test_a_file_is_the_one_part_of_a_form(body: Any) -> None:
    _, server = writing(
        reply(429, None, Retry_After="1"), reply(200), call=Call("POST", ("a",), body=body, form=Form.FILE)
    )
    seen = server.seen[1]
    assert seen.body == server.seen[0].body
    message = email.message_from_bytes(
        f"content-type: {seen.headers['content-type']}\r\n\r\n".encode() + seen.body, policy=email.policy.HTTP
    )
    assert message.get_content_type() == "multipart/form-data"
    (part,) = message.iter_parts()
    assert part.get_content_type() == "application/json"
    assert part.get_content_disposition() == "form-data"
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename() == "rows.json"
    assert part.get_payload(decode=True) == CONTENT


def boundary_of(body: bytes) -> str:
    """Send a file, and return the boundary."""
    _, server = writing(reply(200), call=Call("POST", ("a",), body=body, form=Form.FILE))
    return server.seen[0].headers["content-type"].partition("boundary=")[2]


def test_the_boundary_is_the_same_for_the_same_content() -> None:
    assert boundary_of(CONTENT) == boundary_of(CONTENT) != boundary_of(b"[]")


def test_the_boundary_is_not_in_the_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_DIGITS", 1)
    assert boundary_of(b" ".join(b"dsops-%x" % digit for digit in range(16) if digit != 7)) == "dsops-7"
