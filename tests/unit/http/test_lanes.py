"""Endpoints, TLS and proxies."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsops.http import lanes
from dsops.model import AnswerLost, DsopsError, NotSent
from tests.unit.http.server import GET, PUT, Act, Bench, Server, drop, raw, reply, stall

TLS = Path(__file__).parent / "tls"


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    return context


@pytest.fixture(autouse=True)
def _authorities_of_this_test() -> Iterator[None]:
    lanes._tls.cache_clear()
    yield
    lanes._tls.cache_clear()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:8321", "http://127.9.9.9", "http://localhost:1", "http://LOCALHOST", "http://[::1]:1",
        "https://cloud.test/a/b_", "https://10.0.0.1",
    ],
)  # fmt: skip
def test_a_usable_endpoint(endpoint: str) -> None:
    Bench().client(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://cloud.test", "in the clear"),
        ("http://10.0.0.1", "in the clear"),
        ("http://localhost.evil.test", "in the clear"),
        ("http://128.0.0.1", "in the clear"),
        ("http://0.0.0.0", "in the clear"),
        ("cloud.test", "no usable URL"),
        ("ftp://cloud.test", "no usable URL"),
        ("https://", "no usable URL"),
        ("https:///a", "no usable URL"),
        ("https://cloud.test?a=1", "no usable URL"),
        ("https://cloud.test/#a", "no usable URL"),
        ("https://cloud.test:port", "no usable URL"),
        ("https://me:canary@cloud.test", "user name or password"),
        ("http://127.0.0.1@cloud.test", "user name or password"),
        ("", "no usable URL"),
    ],
)
def test_an_endpoint_that_is_refused(endpoint: str, words: str) -> None:
    with pytest.raises(DsopsError) as caught:
        Bench().client(endpoint)
    diagnostic = caught.value.diagnostics[0]
    assert words in diagnostic.summary
    assert "cm" in diagnostic.summary
    assert "canary" not in repr(diagnostic)


def test_plain_http_elsewhere_needs_a_word() -> None:
    Bench().client("http://cloud.test", insecure=True)


def meet(server: Server, endpoint: Callable[[Server], str], *, bench: Bench | None = None, **more: Any) -> None:
    """Write once."""

    async def scene() -> None:
        async with server, (bench or Bench()).client(endpoint(server), **more) as client:
            await client.write(PUT)

    asyncio.run(scene())


def test_a_certificate_that_nobody_vouches_for_ends_it_at_once(server_tls: ssl.SSLContext) -> None:
    bench = Bench()
    server = Server([reply(200)], tls=server_tls)
    with pytest.raises(NotSent) as caught:
        meet(server, lambda server: server.url, bench=bench)
    assert "certificate is not trusted" in caught.value.diagnostics[0].detail
    assert bench.said == []
    assert server.seen == []


def test_authorities_of_ones_own(server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "cert.pem"))
    server = Server([reply(200)], tls=server_tls)
    meet(server, lambda server: server.url)
    assert len(server.seen) == 1


def test_authorities_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(DsopsError) as caught:
        meet(Server([]), lambda _: "https://127.0.0.1:1")
    assert "SSL_CERT_FILE" in caught.value.diagnostics[0].detail


def test_plain_http_loads_no_authorities() -> None:
    meet(Server([reply(200)]), lambda server: server.url)
    assert lanes._tls.cache_info().currsize == 0


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> list[str]:
        async with Server([reply(200)]) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with Bench().client("http://api.example.test/x", insecure=True) as client:
                await client.read(GET)
            return [each.target for each in proxy.seen]

    assert asyncio.run(scene()) == ["http://api.example.test/x/datasets"]


def test_a_host_may_be_spared_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with Server([reply(200)]) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "example.invalid")
            async with Bench().client("http://api.example.invalid", insecure=True) as client:
                with pytest.raises(NotSent):
                    await client.read(GET)
            assert proxy.seen == []

    asyncio.run(scene())


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with Server([drop]) as proxy, Server([reply(200)]) as server:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with Bench().client(server.url) as client:
                await client.read(GET)
            assert proxy.connections == 0

    asyncio.run(scene())


CONNECTED = raw(b"HTTP/1.1 200 Connection established\r\n\r\n")


def _connected_then(act: Act) -> Act:
    async def both(writer: asyncio.StreamWriter) -> None:
        await CONNECTED(writer)
        await act(writer)

    return both


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (reply(407), "407"),
        (reply(502), "502"),
        (drop, "disconnected"),
        (stall, "no connection within 0.2 s"),
        (_connected_then(drop), ""),
        (_connected_then(stall), "no connection within 0.2 s"),
    ],
)
def test_what_breaks_before_the_tunnel_stands_was_not_sent(
    act: Act, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with Server([act]) as proxy:
            monkeypatch.setenv("https_proxy", proxy.url)
            async with Bench().client("https://api.example.test", timeout=0.2) as client:
                with pytest.raises(NotSent) as caught:
                    await client.write(PUT)
                assert client.writes == 0
            assert word in caught.value.diagnostics[0].detail
            assert {each.method for each in proxy.seen} == {"CONNECT"}

    asyncio.run(scene())


@contextlib.asynccontextmanager
async def tunnel_to(server: Server, asked: list[str]) -> AsyncIterator[str]:
    """Serve as a proxy whose every tunnel ends at ``server``; ``asked`` takes the first lines of the requests."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
        except ConnectionError:
            pass
        finally:
            target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0])
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))
        ended.set()

    ended = asyncio.Event()
    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with proxy:
        yield f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        await ended.wait()


def test_what_breaks_behind_the_tunnel_is_lost(server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "cert.pem"))
    asked: list[str] = []

    async def scene() -> None:
        async with Server([drop], tls=server_tls) as server, tunnel_to(server, asked) as proxy:
            monkeypatch.setenv("https_proxy", proxy)
            async with Bench().client("https://api.example.test") as client:
                with pytest.raises(AnswerLost):
                    await client.write(PUT)
                assert client.writes == len(server.seen) == 1
            assert server.seen[0].target == "/datasets/a"

    asyncio.run(scene())
    assert asked == ["CONNECT api.example.test:443 HTTP/1.1"]


@pytest.mark.parametrize("proxy", ["gopher://me:canary@127.0.0.1:1", "http://me:canary@127.0.0.1:port"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(DsopsError) as caught:
        meet(Server([]), lambda _: "https://api.example.test")
    assert "HTTPS_PROXY" in caught.value.diagnostics[0].detail
    assert "canary" not in repr(caught.value.diagnostics)
    assert caught.value.__cause__ is None
