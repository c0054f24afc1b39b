"""Time and chance, as one value, so that whoever decides about waiting can be shown any of both."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time and chance come from.

    Attributes:
        monotonic: Seconds that only grow; what leases and pauses are measured with.
        wall: Unix time; what a date in ``Retry-After`` is compared with.
        sleep: Waits that many seconds.
        uniform: A random number between the two given ones.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform


SYSTEM_CLOCK = Clock()
