import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.http.limits import Pace, PausedTooLong, Slot, Throttle, Verdict, time_limit
from tests.unit.http.server import Hours


def rounds(pace: Pace, verdict: Verdict = Verdict.ANSWERED) -> int:
    """Begin as many as are let, end them all, and return how many those were."""
    begun = []
    while pace.free > 0:
        begun.append(pace.begin(0))
    for slot in begun:
        pace.end(slot, 0, verdict)
    return len(begun)


def test_it_starts_at_full_pace() -> None:
    assert rounds(Pace(8)) == 8


def test_an_overload_halves_once() -> None:
    pace = Pace(8)
    assert [rounds(pace, Verdict.OVERLOADED) for _ in range(5)] == [8, 4, 2, 1, 1]


def test_a_refusal_says_nothing_about_how_many_may_be_in_flight() -> None:
    pace = Pace(8)
    assert [rounds(pace, Verdict.REFUSED) for _ in range(3)] == [8, 8, 8]
    assert pace.delay(0) > 0


def test_it_grows_by_about_one_a_round() -> None:
    pace = Pace(8)
    rounds(pace, Verdict.OVERLOADED)
    rounds(pace, Verdict.OVERLOADED)
    sizes = [rounds(pace) for _ in range(9)]
    assert (sizes[0], sizes[-1]) == (2, 8)
    assert all(0 <= after - before <= 1 for before, after in pairwise(sizes))


def test_silence_is_no_reason_to_grow() -> None:
    pace = Pace(4)
    rounds(pace, Verdict.OVERLOADED)
    for _ in range(20):
        pace.end(pace.begin(0), 0, Verdict.SILENT)
    assert pace.limit == 2


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.booleans(), st.sampled_from(Verdict), st.floats(0, 5)), max_size=200),
)
def test_never_more_than_allowed_and_never_none(maximum: int, steps: list[tuple[bool, Verdict, float]]) -> None:
    pace, now = Pace(maximum), 0.0
    begun: list[Slot] = []
    held = 0.0
    for begins, verdict, seconds in steps:
        if begins and pace.free > 0:
            now += max(0.0, pace.delay(now))
            assert now >= held
            begun.append(pace.begin(now))
        elif begun:
            now += seconds
            held = max(held, now + seconds)
            pace.end(begun.pop(0), now, verdict, seconds)
        assert pace.in_flight == len(begun) <= maximum
        assert 1 <= pace.limit <= maximum
        assert pace.rate.pace > 0
        assert pace.rate.burst >= 1


def test_first_come_first_served() -> None:
    order: list[int] = []

    async def one(throttle: Throttle, number: int) -> None:
        slot = await throttle.enter()
        order.append(number)
        await asyncio.sleep(0)
        throttle.leave(slot, Verdict.ANSWERED)

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
            throttle.leave(slot, Verdict.ANSWERED)
            second.cancel()
        else:
            second.cancel()
            await asyncio.sleep(0)
            throttle.leave(slot, Verdict.ANSWERED)
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
        throttle.leave(slot, Verdict.ANSWERED, 10)
        for _ in range(3):
            await asyncio.sleep(0)
        assert hours.slept == [10]
        second.cancel()
        hours.then = None
        await asyncio.wait_for(third, 30)

    asyncio.run(scene())


def test_nothing_enters_before_the_stated_time() -> None:
    async def scene() -> list[float]:
        hours = Hours(now=1000)
        throttle = Throttle(Pace(5), hours.clock, 300)
        first, second = await throttle.enter(), await throttle.enter()
        throttle.leave(first, Verdict.REFUSED, 30)
        throttle.leave(second, Verdict.SILENT, 5)
        entered: list[float] = []

        async def enter() -> None:
            await throttle.enter()
            entered.append(hours.now)

        await asyncio.gather(*(enter() for _ in range(5)))
        return entered

    entered = asyncio.run(scene())
    assert len(entered) == 5
    assert min(entered) >= 1030


def test_a_pause_too_long_is_refused_at_once() -> None:
    async def scene() -> Hours:
        hours = Hours()
        throttle = Throttle(Pace(1), hours.clock, 300)
        throttle.leave(await throttle.enter(), Verdict.REFUSED, 301)
        for _ in range(2):
            with pytest.raises(PausedTooLong):
                await throttle.enter()
        return hours

    assert asyncio.run(scene()).slept == []


def test_a_request_that_did_not_leave_takes_nothing_from_the_pace() -> None:
    pace = Pace(4)
    rounds(pace, Verdict.REFUSED)
    before = pace.rate.due
    now = before + 0.001
    slot = pace.begin(now)
    assert pace.delay(now) > 0
    pace.end(slot, now, Verdict.UNSENT)
    assert pace.delay(now) <= 0


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
