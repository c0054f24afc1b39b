"""When to come back, as the provider says it: obeyed, ignored where it says nothing, refused where too late."""

import asyncio

import pytest

from dsops.http import Answer, Client
from dsops.model import NotSent
from tests.unit.http.server import GET, PUT, Act, Bench, Server, reply


def once(act: Act, *, write: bool, bench: Bench) -> tuple[Answer, int]:
    """Ask once of a provider that does that first; return the answer and how many requests there were."""

    async def scene() -> tuple[Answer, int]:
        async with Server([act, reply(200, {"a": 1})]) as server, bench.client(server.url) as client:
            answer = await (client.write(PUT) if write else client.read(GET))
            return answer, len(server.seen)

    return asyncio.run(scene())


def headers(value: str | None) -> dict[str, str]:
    return {} if value is None else {"Retry-After": value}


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("value", "waits"),
    [
        (None, 0.5),
        ("0", 0.5),
        ("7", 7.0),
        ("soon", 0.5),
        ("-5", 0.5),
        ("1.5", 0.5),
        ("", 0.5),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.5),
        ("Thu, 01 Jan 1970 00:16:49 GMT", 9.0),
        ("Thu, 99 Jan 1970 00:16:49 GMT", 0.5),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 0.5),
    ],
)
def test_a_429_is_waited_out(value: str | None, waits: float, write: bool) -> None:
    bench = Bench()
    answer, requests = once(reply(429, None, **headers(value)), write=write, bench=bench)
    assert (answer.failure, requests) == (None, 2)
    assert bench.hours.slept[0] == waits
    assert bench.hours.now >= 1000 + waits


@pytest.mark.parametrize(("value", "waits"), [(None, 0.5), ("7", 7.0), ("Thu, 01 Jan 1970 00:16:49 GMT", 9.0)])
def test_so_is_a_503_of_a_read(value: str | None, waits: float) -> None:
    bench = Bench()
    answer, requests = once(reply(503, None, **headers(value)), write=False, bench=bench)
    assert (answer.failure, requests) == (None, 2)
    assert bench.hours.slept[0] == waits


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("value", "until"),
    [
        ("3600", "1970-01-01 01:16:40 UTC"),
        ("Thu, 01 Jan 1970 02:00:00 GMT", "1970-01-01 02:00:00 UTC"),
        ("9" * 300, "a time beyond all calendars"),
    ],
)
def test_longer_than_anybody_waits_it_says_until_when(value: str, until: str, write: bool) -> None:
    bench = Bench()

    async def ask(client: Client) -> Answer:
        return await (client.write(PUT) if write else client.read(GET))

    async def scene() -> None:
        script = [reply(429, {"message": "slow down"}, Retry_After=value), reply(200)]
        async with Server(script) as server, bench.client(server.url) as client:
            answer = await ask(client)
            assert answer.failure is not None
            assert "slow down" in answer.failure.message
            assert f"until {until}" in answer.failure.message
            with pytest.raises(NotSent) as caught:
                await ask(client)
            assert f"until {until}" in caught.value.diagnostics[0].detail
            assert len(server.seen) == 1

    asyncio.run(scene())
    assert bench.hours.slept == []
