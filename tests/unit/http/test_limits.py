import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.http.limits import Pace, PausedTooLong, Throttle, time_limit
from tests.unit.http.server import Hours


def rounds(pace: Pace, *, throttled: bool = False) -> int:
    """Begin as many as are let, end them all, and return how many those were."""
    begun = []
    while (began := pace.begin()) is not None:
        begun.append(began)
    for began in begun:
        pace.end(began, throttled=throttled, answered=True)
    return len(begun)


def test_it_starts_at_full_pace() -> None:
    assert rounds(Pace(8)) == 8


def test_a_burst_of_refusals_halves_once() -> None:
    pace = Pace(8)
    assert [rounds(pace, throttled=True) for _ in range(5)] == [8, 4, 2, 1, 1]


def test_it_grows_by_about_one_a_round() -> None:
    pace = Pace(8)
    rounds(pace, throttled=True)
    rounds(pace, throttled=True)
    sizes = [rounds(pace) for _ in range(9)]
    assert (sizes[0], sizes[-1]) == (2, 8)
    assert all(0 <= after - before <= 1 for before, after in pairwise(sizes))


def test_silence_is_no_reason_to_grow() -> None:
    pace = Pace(4)
    rounds(pace, throttled=True)
    for _ in range(20):
        began = pace.begin()
        assert began is not None
        pace.end(began, throttled=False, answered=False)
    assert pace.limit == 2


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.sampled_from(["begin", "end"]), st.booleans(), st.booleans()), max_size=200),
)
def test_never_more_than_allowed_and_never_none(maximum: int, steps: list[tuple[str, bool, bool]]) -> None:
    pace = Pace(maximum)
    begun: list[int] = []
    for what, throttled, answered in steps:
        if what == "begin":
            before = pace.free
            began = pace.begin()
            assert (began is None) == (before <= 0)
            begun += [] if began is None else [began]
        elif begun:
            pace.end(begun.pop(0), throttled=throttled, answered=answered)
        assert pace.in_flight == len(begun) <= maximum
        assert 1 <= pace.limit <= maximum


def test_first_come_first_served() -> None:
    order: list[int] = []

    async def one(throttle: Throttle, number: int) -> None:
        slot = await throttle.enter()
        order.append(number)
        await asyncio.sleep(0)
        throttle.leave(slot, throttled=False, answered=True)

    async def all_of_them() -> None:
        throttle = Throttle(Pace(2), Hours().clock, 300)
        await asyncio.gather(*(one(throttle, number) for number in range(20)))

    asyncio.run(all_of_them())
    assert order == list(range(20))


@pytest.mark.parametrize("woken", [False, True])
def test_who_goes_away_passes_the_turn_on(woken: bool) -> None:
    async def scene() -> None:
        throttle = Throttle(Pace(1), Hours().clock, 300)
        slot = await throttle.enter()
        second, third = asyncio.create_task(throttle.enter()), asyncio.create_task(throttle.enter())
        await asyncio.sleep(0)
        if woken:
            throttle.leave(slot, throttled=False, answered=True)
            second.cancel()
        else:
            second.cancel()
            await asyncio.sleep(0)
            throttle.leave(slot, throttled=False, answered=True)
        await asyncio.wait_for(third, 5)
        assert second.cancelled()

    asyncio.run(scene())


def test_who_is_cancelled_in_a_pause_passes_the_turn_on() -> None:
    async def scene() -> None:
        hours = Hours()
        throttle = Throttle(Pace(1), hours.clock, 300)
        slot = await throttle.enter()
        second, third = asyncio.create_task(throttle.enter()), asyncio.create_task(throttle.enter())
        await asyncio.sleep(0)
        hours.then = asyncio.Event().wait
        throttle.hold(10)
        throttle.leave(slot, throttled=False, answered=True)
        for _ in range(3):
            await asyncio.sleep(0)
        assert hours.slept == [10]
        second.cancel()
        hours.then = None
        await asyncio.wait_for(third, 5)

    asyncio.run(scene())


def test_nothing_enters_before_the_stated_time() -> None:
    async def scene() -> list[float]:
        hours = Hours(now=1000)
        throttle = Throttle(Pace(3), hours.clock, 300)
        throttle.hold(30)
        throttle.hold(5)
        await asyncio.gather(*(throttle.enter() for _ in range(3)))
        return [hours.now]

    assert asyncio.run(scene())[0] >= 1030


def test_a_pause_too_long_is_refused_at_once() -> None:
    async def scene() -> Hours:
        hours = Hours()
        throttle = Throttle(Pace(1), hours.clock, 300)
        throttle.hold(301)
        with pytest.raises(PausedTooLong):
            await throttle.enter()
        return hours

    assert asyncio.run(scene()).slept == []


@pytest.mark.parametrize(
    ("timeout", "left", "limit"),
    [
        (30.0, 45.0, 30.0),
        (240.0, 45.0, 45.0),
        (240.0, 20.0, 20.0),
        (240.0, 19.9, None),
        (5.0, 5.0, 5.0),
        (5.0, 4.9, None),
        (5.0, -1.0, None),
    ],
)
def test_a_write_ends_with_the_lease_whatever_its_timeout(timeout: float, left: float, limit: float | None) -> None:
    assert time_limit(timeout, left) == limit
