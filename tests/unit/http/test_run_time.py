"""When the run's time is up: no write leaves, nothing waits beyond it; what was sent is still followed up."""

import asyncio
from typing import Any

import pytest

from dsops.model import AnswerLost, NotSent
from tests.unit.http.server import GET, PUT, Act, Bench, Server, drop, reply

UP = "the time given with --timeout is up"


def taking(seconds: float, bench: Bench, act: Act) -> Act:
    """Answer when so much time has passed."""

    async def late(writer: asyncio.StreamWriter) -> None:
        bench.hours.now += seconds
        await act(writer)

    return late


def with_time(seconds: float, *script: Act, bench: Bench, calls: Any) -> list[int]:
    """Run calls on a connection of a run with so much time; return how many requests arrived after each."""

    async def scene() -> list[int]:
        arrived = []
        until = bench.hours.now + seconds
        async with Server(script) as server, bench.client(server.url, until=until) as client:
            for call in calls:
                await call(client)
                arrived.append(len(server.seen))
        return arrived

    return asyncio.run(scene())


async def refused(client: Any) -> None:
    with pytest.raises(NotSent) as caught:
        await client.write(PUT)
    assert UP in caught.value.diagnostics[0].detail
    assert "Apply again" in caught.value.diagnostics[0].hint


def test_what_is_in_flight_is_finished_and_no_other_write_begins() -> None:
    bench = Bench()
    script = [taking(20, bench, reply(200, {"a": 1})), reply(200)]
    assert with_time(10, *script, bench=bench, calls=[lambda c: c.write(PUT), refused, lambda c: c.read(GET)]) == [
        1,
        1,
        2,
    ]


def test_a_stated_pause_that_ends_after_it_is_not_waited_for() -> None:
    bench = Bench()

    async def throttled(client: Any) -> None:
        answer = await client.write(PUT)
        assert UP in answer.failure.message

    script = [reply(429, {"message": "slow down"}, Retry_After="100"), reply(200)]
    assert with_time(60, *script, bench=bench, calls=[throttled, refused]) == [1, 1]
    assert bench.hours.slept == []


def test_a_stated_pause_that_ends_before_it_is() -> None:
    bench = Bench()
    script = [reply(429, None, Retry_After="30"), reply(200)]
    assert with_time(60, *script, bench=bench, calls=[lambda c: c.write(PUT)]) == [2]


def test_a_lost_answer_is_not_waited_out() -> None:
    bench = Bench()

    async def lost(client: Any) -> None:
        with pytest.raises(AnswerLost):
            await client.read(GET)

    assert with_time(0.4, drop, bench=bench, calls=[lost]) == [1]
    assert bench.hours.slept == []
