"""Whatever goes wrong, a secret is in no text that anybody could see."""

import asyncio
import datetime as dt
import logging
import traceback
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dsops.http import explain
from dsops.model import Call, Connection, DsopsError, SecretRef
from tests.unit.http.server import CANARY, GET, PUT, Act, Bearer, Bench, Server, cut, drop, reply, reset, stall

SECRETS = {"token": SecretRef("env", "DEMO_TOKEN")}
ECHO = f"you sent: authorization: Bearer {CANARY}"
BROKEN = b'{"you sent": "Bearer ' + CANARY.encode()


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TOKEN", CANARY)


def test_it_is_sent_though() -> None:
    async def scene() -> str:
        async with Server([reply(200)]) as server, Bench().client(server.url, secrets=SECRETS) as client:
            await client.read(GET)
            return server.seen[0].headers["authorization"]

    assert asyncio.run(scene()).encode("latin-1").decode() == f"Bearer {CANARY}"


def told(call: Call, script: list[Act], *, write: bool, transport: httpx.AsyncBaseTransport | None = None) -> str:
    """Send a call, and return everything that a person, a log or a traceback could show of it."""
    bench = Bench()

    async def scene() -> list[str]:
        async with Server(script) as server:
            connection = Connection("cm", "demo", server.url, secrets=SECRETS)
            client = bench.client(server.url, secrets=SECRETS, timeout=0.2, transport=transport)
            async with client:
                try:
                    answer = await (client.write(call) if write else client.read(call))
                except DsopsError as failed:
                    return [
                        repr(failed),
                        repr(failed.diagnostics),
                        *traceback.format_exception(failed),
                        *_behind(failed),
                    ]
                return [repr(client), repr(answer), repr(explain(call, connection, answer))]

    return "\n".join([*asyncio.run(scene()), *bench.said])


def _behind(failed: BaseException) -> list[str]:
    # Even a cause that no traceback prints would carry the signed request along.
    return [repr(vars(each)) for each in (failed.__cause__, failed.__context__) if each is not None]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    "trouble",
    [
        reply(400, {"message": ECHO, CANARY: [CANARY]}),
        reply(401, ECHO.encode()),
        reply(403, f"<html>{ECHO}".encode(), x_echo="Bearer canary-7f"),
        reply(429, {"message": ECHO}),
        reply(500, {"message": ECHO}),
        reply(200, BROKEN),
        reply(302, None, location="https://x.test/canary-7f%223%2Fa%20b%2B%25%C3%A9"),
        cut(500, BROKEN, 5000),
        drop,
        reset,
        stall,
    ],
)
def test_it_is_in_no_text(trouble: Act, write: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = told(PUT if write else GET, [trouble], write=write)
    assert text
    assert CANARY not in text
    assert "%22" not in text
    assert 'canary-7f"3' not in text.replace("\\", "")
    assert not [each for each in caplog.records if each.name.startswith("dsops") and "canary" in each.getMessage()]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("kind", [httpx.ReadError, httpx.ConnectError, httpx.LocalProtocolError, httpx.ProxyError])
def test_it_is_not_in_the_words_of_the_transport(kind: type[httpx.TransportError], write: bool) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise kind(f"Illegal header value {request.headers['authorization'].encode()!r} {CANARY}", request=request)

    text = told(PUT if write else GET, [drop], write=write, transport=httpx.MockTransport(handle))
    assert "Illegal header value" in text
    assert CANARY not in text
    assert "canary-7f" not in text.replace("\\", "")


def test_a_signed_request_does_not_show_its_headers() -> None:
    from dsops.model import Request

    connection = Connection("cm", "demo", "https://x.test")
    signed = Bearer().authenticate(
        connection, {"token": CANARY}, Request("GET", "https://x.test", {}, b"x"), dt.datetime.now(dt.UTC)
    )
    assert "canary" not in repr(signed)
    assert "canary" not in repr(replace(signed, body=CANARY.encode()))


def test_without_the_secret_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_TOKEN")

    async def scene() -> None:
        async with Server([reply(200)]) as server, Bench().client(server.url, secrets=SECRETS) as client:
            with pytest.raises(DsopsError) as caught:
                await client.read(GET)
            assert "DEMO_TOKEN" in str(caught.value)
            assert server.connections == 0

    asyncio.run(scene())


def test_secret_files_start_at_the_stack_folder(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")

    async def scene() -> str:
        secrets = {"token": SecretRef("file", "token")}
        async with Server([reply(200)]) as server, Bench().client(server.url, secrets=secrets, root=tmp_path) as client:
            await client.read(GET)
            return server.seen[0].headers["authorization"]

    assert asyncio.run(scene()) == "Bearer from-file"
