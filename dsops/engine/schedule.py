"""Running calls as early as what they must follow allows, and no earlier."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence


async def run_in_order(after: Mapping[int, Sequence[int]], workers: int, act: Callable[[int], Awaitable[None]]) -> None:
    """Run ``act`` for every number, lower numbers first where there is a choice.

    Args:
        after: Number to the numbers that must have ended before it.
        workers: Most at a time.
        act: Does the work; it decides for itself what to do when something before it failed.
    """
    waiting = {number: len(before) for number, before in after.items()}
    following: dict[int, list[int]] = {number: [] for number in after}
    for number, before in after.items():
        for each in before:
            following[each].append(number)
    ready = [number for number, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    running: set[asyncio.Task[int]] = set()

    async def one(number: int) -> int:
        await act(number)
        return number

    try:
        while ready or running:
            while ready and len(running) < workers:
                running.add(asyncio.create_task(one(heapq.heappop(ready))))
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                for number in following[task.result()]:
                    waiting[number] -= 1
                    if waiting[number] == 0:
                        heapq.heappush(ready, number)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
