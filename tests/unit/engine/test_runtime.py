"""The time that a run is given."""

import asyncio
import math
import time

import pytest

from dsops.engine.options import Options
from dsops.engine.runtime import given_up, in_time, lock_wait, stopping_at
from dsops.engine.sending import pauses
from dsops.model import DsopsError

UP = "the time given with --timeout is up"
PAST = -math.inf
"""An instant that has passed, whatever the clock shows."""


def test_reading_is_broken_off() -> None:
    async def scene() -> None:
        async with in_time(time.monotonic() - 1):
            await asyncio.Event().wait()

    with pytest.raises(DsopsError, match=UP):
        asyncio.run(scene())


def test_without_a_time_it_is_not() -> None:
    async def scene() -> int:
        async with in_time(math.inf):
            await asyncio.sleep(0)
            return 1

    assert asyncio.run(scene()) == 1


def test_another_timeout_is_not_the_runs() -> None:
    async def scene() -> None:
        async with in_time(time.monotonic() + 3600):
            raise TimeoutError("the socket's")

    with pytest.raises(TimeoutError, match="the socket's"):
        asyncio.run(scene())


def test_it_stops_with_the_reason() -> None:
    async def scene() -> list[str]:
        stopped = asyncio.Event()
        said: list[str] = []

        def stop(why: str) -> None:
            said.append(why)
            stopped.set()

        with stopping_at(time.monotonic() - 1, stop):
            assert said == []
            await asyncio.wait_for(stopped.wait(), 30)
        return said

    assert asyncio.run(scene()) == [UP]


@pytest.mark.parametrize("deadline", [math.inf, 1e-9])
def test_it_stops_nothing_that_has_ended(deadline: float) -> None:
    async def scene() -> list[str]:
        said: list[str] = []
        with stopping_at(deadline, said.append):
            pass
        for _ in range(3):
            await asyncio.sleep(0)
        return said

    assert asyncio.run(scene()) == []


def test_nothing_is_waited_for_after_it() -> None:
    async def scene() -> int:
        return len([None async for _ in pauses(3600, deadline=time.monotonic() - 1)])

    assert asyncio.run(scene()) == 1


def test_what_is_said_of_it() -> None:
    assert given_up(300, math.inf) == "after 300 s"
    assert given_up(300, PAST) == f"now that {UP}"


def test_the_lock_is_waited_for_no_longer() -> None:
    assert lock_wait(Options("dsops apply", lock_timeout=30.0)) == 30
    assert lock_wait(Options("dsops apply", lock_timeout=30.0, deadline=PAST)) == 0
