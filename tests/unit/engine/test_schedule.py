"""Running calls in order."""

import asyncio
import graphlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.engine.schedule import run_in_order


def graphs() -> st.SearchStrategy[dict[int, list[int]]]:
    """Numbers, each after some lower ones."""
    sizes = st.integers(0, 12)
    return sizes.flatmap(
        lambda size: st.fixed_dictionaries(
            {
                number: st.lists(st.integers(1, number - 1), unique=True) if number > 1 else st.just([])
                for number in range(1, size + 1)
            }
        )
    )


@given(graphs(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_everything_once_in_order_and_not_too_much_at_a_time(
    after: dict[int, list[int]], workers: int, random: object
) -> None:
    ended: list[int] = []
    running = 0
    turns = {number: random.randint(0, 3) for number in after}  # type: ignore[attr-defined]

    async def act(number: int) -> None:
        nonlocal running
        running += 1
        assert running <= workers
        assert set(after[number]) <= set(ended)
        for _ in range(turns[number]):
            await asyncio.sleep(0)
        running -= 1
        ended.append(number)

    asyncio.run(run_in_order(after, workers, act))
    assert sorted(ended) == sorted(after)
    tuple(graphlib.TopologicalSorter(after).static_order())


def test_the_lower_number_goes_first_where_there_is_a_choice() -> None:
    begun: list[int] = []

    async def act(number: int) -> None:
        begun.append(number)

    asyncio.run(run_in_order({3: [], 1: [], 2: [1], 4: []}, 1, act))
    assert begun == [1, 2, 3, 4]


def test_what_is_free_does_not_wait_for_what_is_slow() -> None:
    begun: list[int] = []

    async def main() -> None:
        slow = asyncio.Event()

        async def act(number: int) -> None:
            begun.append(number)
            if number == 1:
                await slow.wait()
            if number == 4:
                slow.set()

        await run_in_order({1: [], 2: [], 3: [2], 4: [3], 5: [1]}, 2, act)

    asyncio.run(main())
    assert begun == [1, 2, 3, 4, 5]


def test_a_bug_ends_the_others_and_is_not_swallowed() -> None:
    cancelled = []

    async def act(number: int) -> None:
        if number == 2:
            raise RuntimeError("a bug")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(RuntimeError, match="a bug"):
        asyncio.run(run_in_order({1: [], 2: [], 3: [1]}, 5, act))
    assert cancelled == [1]


def test_cancelling_cancels_what_runs_and_begins_nothing_more() -> None:
    begun: list[int] = []

    async def main() -> None:
        async def act(number: int) -> None:
            begun.append(number)
            await asyncio.sleep(60)

        task = asyncio.create_task(run_in_order({1: [], 2: [], 3: []}, 2, act))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert begun == [1, 2]
