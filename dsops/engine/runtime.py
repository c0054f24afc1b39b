"""The time that a run is given (`--timeout`): when it is up nothing new begins, and nothing waits any longer."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from dsops.engine.options import Options
from dsops.http.limits import TIME_IS_UP
from dsops.model import DsopsError


@asynccontextmanager
async def in_time(deadline: float) -> AsyncIterator[None]:
    """Break off what only reads once the monotonic clock shows ``deadline``.

    Raises:
        DsopsError: It does.
    """
    scope = asyncio.timeout(None if deadline == math.inf else deadline - time.monotonic())
    try:
        async with scope:
            yield
    except TimeoutError:
        if not scope.expired():
            raise
        raise DsopsError.of(
            TIME_IS_UP,
            detail="Not everything was read by then, and nothing was begun.",
            hint="Give more time, or read less with --target.",
        ) from None


@contextmanager
def stopping_at(deadline: float, stop: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop`` with the reason once the monotonic clock shows ``deadline``."""
    if deadline == math.inf:
        yield
        return
    timer = asyncio.get_running_loop().call_later(max(0.0, deadline - time.monotonic()), stop, TIME_IS_UP)
    try:
        yield
    finally:
        timer.cancel()


def lock_wait(options: Options) -> float:
    """Return the seconds for which to wait for another run to end: no longer than the run's own time."""
    return max(0.0, min(options.lock_timeout, options.deadline - time.monotonic()))


def given_up(patience: float, deadline: float) -> str:
    """Say when waiting for something ended: ``after 300 s``, or earlier, with the run's time."""
    return f"after {patience:.0f} s" if time.monotonic() < deadline else f"now that {TIME_IS_UP}"
