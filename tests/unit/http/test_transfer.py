"""Downloads from a signed address: parts, what breaks off, what is refused, and that the address stays unseen."""

import asyncio
import itertools
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsops.http import Fetched, Remote, Transfer, lanes
from dsops.model import Connection, DsopsError, RemoteError, TransportError
from tests.unit.http.server import Act, Bench, Server, cut, drop, raw, reply, reset, stall

CONTENT = bytes(number % 251 for number in range(10_000))
PATH = "/archive.zip?signature=s3cret-canary&expires=1"
ETAG = '"v1"'
TLS = Path(__file__).parent / "tls"
WHOLE = Remote(len(CONTENT), ETAG)


def part(first: int, last: int, *, etag: str = ETAG, size: int = len(CONTENT), **more: Any) -> Act:
    """Answer with a part."""
    headers = {"content_range": f"bytes {first}-{last}/{size}", **({"etag": etag} if etag else {}), **more}
    return reply(206, CONTENT[first : last + 1], **headers)


def head(size: int | None = len(CONTENT), status: int = 200, **headers: str) -> Act:
    """Answer to HEAD: a length, and no body."""
    lines = [f"HTTP/1.1 {status} X", *([] if size is None else [f"content-length: {size}"])]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(("\r\n".join(lines) + "\r\n\r\n").encode(), close=size is None)


@dataclass
class Kept:
    """Takes what comes."""

    content: bytearray = field(default_factory=lambda: bytearray(len(CONTENT)))

    def take(self, at: int, piece: bytes) -> None:
        self.content[at : at + len(piece)] = piece


Scene = Callable[[Transfer], Awaitable[Any]]


def scene(work: Scene, *script: Act, bench: Bench | None = None, path: str = PATH, **more: Any) -> tuple[Any, Server]:
    """Do something with a transfer from a server with that script."""
    bench = bench or Bench()

    async def run() -> tuple[Any, Server]:
        async with Server(script) as server:
            connection = Connection("vi", "vi", server.url, **more)
            transfer = Transfer(server.url + path, connection, emit=bench.events.append, clock=bench.hours.clock)
            async with transfer:
                return await work(transfer), server

    return asyncio.run(run())


def fetch(
    *script: Act, first: int = 0, last: int = 9_999, remote: Remote = WHOLE, **more: Any
) -> tuple[Any, bytes, Server]:
    """Fetch one part."""
    kept = Kept()
    came, server = scene(lambda transfer: transfer.part(first, last, remote, kept.take), *script, **more)
    return came, bytes(kept.content), server


def told(failed: DsopsError, *more: str) -> str:
    """Return all that could be shown of a failure."""
    return " ".join([repr(failed), repr(failed.diagnostics), repr(failed.__cause__), repr(failed.__context__), *more])


# -- what is there


def test_head_tells_size_and_mark_and_no_credentials_are_sent() -> None:
    found, server = scene(Transfer.probe, head(etag=ETAG))
    assert found == WHOLE
    (seen,) = server.seen
    assert (seen.method, seen.target) == ("HEAD", PATH)
    assert {*seen.headers} == {"host", "user-agent", "accept", "accept-encoding"}
    assert seen.headers["accept-encoding"] == "identity"


def test_without_an_etag_the_date_tells_it_apart() -> None:
    found, _ = scene(Transfer.probe, head(last_modified="Mon, 01 Jan 2024 00:00:00 GMT"))
    assert found.mark == "Mon, 01 Jan 2024 00:00:00 GMT"
    assert scene(Transfer.probe, head())[0] == Remote(len(CONTENT))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 501])
def test_where_head_is_not_allowed_a_byte_is_asked_for(status: int) -> None:
    found, server = scene(Transfer.probe, head(0, status), part(0, 0))
    assert found == WHOLE
    assert (server.seen[1].method, server.seen[1].headers["range"]) == ("GET", "bytes=0-0")


def test_where_head_tells_no_size_a_byte_is_asked_for() -> None:
    assert scene(Transfer.probe, head(0), part(0, 0))[0] == WHOLE
    assert scene(Transfer.probe, head(None), reply(200, CONTENT, etag=ETAG))[0] == WHOLE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_is_refused_both_ways_is_refused(status: int) -> None:
    assert scene(Transfer.probe, head(0, 403), reply(status, b"expired"))[0] is None


def test_a_size_that_nobody_tells_is_an_error() -> None:
    with pytest.raises(RemoteError, match="download failed") as failed:
        scene(Transfer.probe, head(0), reply(200, b""))
    assert "how large" in failed.value.diagnostics[0].detail


# -- parts


def test_a_part_is_asked_for_and_kept_where_it_belongs() -> None:
    came, content, server = fetch(part(100, 199), first=100, last=199)
    assert came is Fetched.DONE
    assert content[100:200] == CONTENT[100:200]
    assert content[:100] == bytes(100)
    assert server.seen[0].headers["range"] == "bytes=100-199"
    assert server.seen[0].headers["if-range"] == ETAG


@pytest.mark.parametrize("mark", ["", 'W/"v1"'])
def test_what_cant_vouch_for_bytes_is_no_condition(mark: str) -> None:
    _, _, server = fetch(part(0, 9_999, etag=mark), remote=Remote(len(CONTENT), mark))
    assert "if-range" not in server.seen[0].headers


@pytest.mark.parametrize("trouble", [drop, reset, reply(503), reply(500, b"x"), reply(429)])
def test_trouble_is_tried_again(trouble: Act) -> None:
    came, content, server = fetch(trouble, part(0, 9_999))
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert len(server.seen) == 2


def test_what_breaks_off_goes_on_where_it_stopped() -> None:
    broken = cut_part(0, 9_999, 4_000)
    came, content, server = fetch(broken, part(4_000, 9_999))
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert server.seen[1].headers["range"] == "bytes=4000-9999"


def cut_part(first: int, last: int, sent: int) -> Act:
    place = f"content-range: bytes {first}-{last}/{len(CONTENT)}\r\netag: {ETAG}\r\n\r\n"
    return raw(
        f"HTTP/1.1 206 X\r\ncontent-length: {last - first + 1}\r\n{place}".encode() + CONTENT[first : first + sent],
        close=True,
    )


def test_trouble_is_counted_anew_once_something_came() -> None:
    places = range(0, 10_000, 1_000)
    script = list(itertools.chain.from_iterable((drop, drop, cut_part(at, 9_999, 1_000)) for at in places))
    came, content, server = fetch(*script)
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert len(server.seen) == 30


def test_trouble_that_stays_ends_it() -> None:
    bench = Bench()
    with pytest.raises(TransportError) as failed:
        fetch(drop, bench=bench)
    assert len(bench.hours.slept) == 3
    assert "goes on from there" in failed.value.diagnostics[0].hint


def test_a_pause_that_is_asked_for_is_kept() -> None:
    bench = Bench()
    fetch(reply(503, retry_after="7"), part(0, 9_999), bench=bench)
    assert bench.hours.slept == [7.0]


def test_what_stands_still_is_given_up_and_what_trickles_is_not() -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 206 X\r\ncontent-length: 10000\r\ncontent-range: bytes 0-9999/10000\r\netag: {ETAG}\r\n\r\n"
        writer.write(head.encode())
        for at in range(0, 10_000, 1_000):
            writer.write(CONTENT[at : at + 1_000])
            await writer.drain()
            await asyncio.sleep(0.06)

    assert fetch(trickle, timeout=0.3)[0] is Fetched.DONE
    came, content, server = fetch(stall, part(0, 9_999), timeout=0.2)
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_an_address_that_is_no_longer_good(status: int) -> None:
    assert fetch(reply(status, b"expired"))[0] is Fetched.REFUSED


@pytest.mark.parametrize(
    "answer",
    [
        reply(412),
        reply(416),
        reply(200, CONTENT, etag='"v2"'),
        part(0, 9_999, etag='"v2"'),
        part(0, 9_999, size=10_001),
    ],
)
def test_another_archive_is_noticed(answer: Act) -> None:
    assert fetch(answer)[0] is Fetched.CHANGED


def test_a_server_without_parts_is_noticed() -> None:
    assert fetch(reply(200, CONTENT, etag=ETAG))[0] is Fetched.WHOLE
    assert fetch(reply(200, CONTENT), remote=Remote(len(CONTENT)))[0] is Fetched.WHOLE


@pytest.mark.parametrize(
    "wrong",
    [
        part(1, 9_999),
        part(0, 9_998),
        reply(206, CONTENT, etag=ETAG),
        reply(206, CONTENT, etag=ETAG, content_range="bytes 0-9999/*"),
        reply(206, CONTENT, etag=ETAG, content_range="bytes 0-9999/10000", content_encoding="gzip"),
        reply(206, CONTENT + b"x", etag=ETAG, content_range="bytes 0-9999/10000"),
        reply(206, CONTENT[:-1], etag=ETAG, content_range="bytes 0-9999/10000"),
    ],
)
def test_an_answer_that_is_another_part_is_not_taken(wrong: Act) -> None:
    with pytest.raises(TransportError):
        fetch(wrong)


@pytest.mark.parametrize("status", [201, 204, 304, 402, 418])
def test_an_answer_that_is_none_of_these_is_an_error(status: int) -> None:
    with pytest.raises(TransportError) as failed:
        fetch(reply(status, b"" if status in {204, 304} else b"x"))
    assert str(status) in failed.value.diagnostics[0].detail


def test_what_cant_be_kept_ends_it_at_once() -> None:
    def full(at: int, piece: bytes) -> None:
        raise DsopsError.of(f"no room for {len(piece)} bytes at {at}")

    with pytest.raises(DsopsError, match="no room"):
        scene(lambda transfer: transfer.part(0, 9_999, WHOLE, full), part(0, 9_999))


# -- in one go


def whole(*script: Act, remote: Remote = WHOLE, **more: Any) -> tuple[Any, bytes, Server]:
    kept = Kept()
    came, server = scene(lambda transfer: transfer.whole(remote, kept.take), *script, **more)
    return came, bytes(kept.content), server


def test_all_of_it_comes_in_one_go_from_the_beginning_at_each_try() -> None:
    came, content, server = whole(
        cut(200, CONTENT[:500], len(CONTENT)), drop, reply(200, CONTENT), remote=Remote(len(CONTENT))
    )
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert all("range" not in each.headers for each in server.seen)
    assert len(server.seen) == 3


def test_all_of_it_may_be_refused_or_another() -> None:
    assert whole(reply(403))[0] is Fetched.REFUSED
    assert whole(reply(200, CONTENT, etag='"v2"'))[0] is Fetched.CHANGED
    with pytest.raises(TransportError):
        whole(reply(200, CONTENT + b"x", etag=ETAG))
    with pytest.raises(TransportError):
        whole(reply(206, CONTENT, etag=ETAG))


# -- where it leads


def moved(to: str, status: int = 302) -> Act:
    return reply(status, b"", location=to)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_goes_where_it_is_sent_and_asks_for_the_same_there(status: int) -> None:
    came, content, server = fetch(moved("/elsewhere?x=1#part", status), part(0, 9_999))
    assert (came, content) == (Fetched.DONE, CONTENT)
    assert (server.seen[1].target, server.seen[1].headers["range"]) == ("/elsewhere?x=1", "bytes=0-9999")


def test_it_does_not_go_in_circles() -> None:
    with pytest.raises(RemoteError) as failed:
        fetch(moved("/again"))
    assert "more than 5" in failed.value.diagnostics[0].detail


@pytest.mark.parametrize(
    "to",
    ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://192.0.2.1/x", "http://user:pw@127.0.0.1/x", "http://", "//:1"],
)
def test_it_does_not_go_everywhere(to: str) -> None:
    with pytest.raises(RemoteError):
        fetch(moved(to))


def test_it_does_not_leave_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "cert.pem"))
    lanes._tls.cache_clear()

    async def run() -> None:
        async with Server([head(etag=ETAG), moved("http://127.0.0.1:1/x")], tls=context) as server:
            connection = Connection("vi", "vi", server.url, insecure=True)
            async with Transfer(server.url + PATH, connection, emit=print, clock=Bench().hours.clock) as transfer:
                assert await transfer.probe() == WHOLE
                await transfer.part(0, 9, WHOLE, Kept().take)

    with pytest.raises(RemoteError) as failed:
        asyncio.run(run())
    lanes._tls.cache_clear()
    assert "plain http" in failed.value.diagnostics[0].detail
    assert "s3cret" not in told(failed.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "http://192.0.2.1/x?s3cret",
        "ftp://x/s3cret",
        "https://user:s3cret@x/",
        "http://[s3cret",
        "https:///s3cret",
    ],
)
def test_an_address_that_may_not_be_fetched_from(address: str) -> None:
    with pytest.raises(RemoteError) as failed:
        Transfer(address, Connection("vi", "vi", "https://x"), emit=print)
    assert "s3cret" not in told(failed.value)


def test_plain_http_elsewhere_is_for_those_who_say_so() -> None:
    Transfer("http://192.0.2.1/x", Connection("vi", "vi", "https://x", insecure=True), emit=print)


# -- secrecy


@pytest.mark.parametrize("act", [drop, reset, reply(503), reply(402, b"x"), moved("ftp://x/?s3cret-canary"), stall])
def test_the_address_is_in_no_text(act: Act) -> None:
    bench = Bench()
    with pytest.raises(DsopsError) as failed:
        fetch(act, bench=bench, timeout=0.05)
    assert "s3cret-canary" not in told(failed.value, *bench.said)
    assert "archive.zip" not in told(failed.value, *bench.said)


def test_nor_where_the_transport_repeats_it() -> None:
    class Talkative(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError(f"could not reach {request.url} ({request.url.raw_path.decode()})")

    bench = Bench()
    url = "https://files.example.com" + PATH

    async def run() -> None:
        connection = Connection("vi", "vi", "https://x")
        async with Transfer(
            url, connection, emit=bench.events.append, clock=bench.hours.clock, transport=Talkative()
        ) as transfer:
            await transfer.probe()

    with pytest.raises(DsopsError) as failed:
        asyncio.run(run())
    assert "s3cret-canary" not in " ".join([repr(failed.value.diagnostics), *bench.said])
