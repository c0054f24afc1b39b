"""The pace of one connection: how many requests may be in flight, and not before when."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from dsops.http.clock import Clock

_LEAST_LEFT = 20.0
"""Seconds of the lease that have to be left for a write with a longer timeout."""


@dataclass(slots=True)
class Pace:
    """The rule: as many as the connection allows; half as many once throttled; one more after a round of successes.

    Attributes:
        maximum: Most requests in flight.
        limit: Most at present; the part below 1 is growth under way.
        in_flight: Requests begun and not ended.
        round: Grows with each halving; answers to requests that began before the last one halve no further.
        paused_until: Nothing is sent before this monotonic instant.
    """

    maximum: int
    limit: float = field(init=False)
    in_flight: int = 0
    round: int = 0
    paused_until: float = 0.0

    def __post_init__(self) -> None:
        """Start at full pace."""
        self.limit = float(self.maximum)

    @property
    def free(self) -> int:
        """How many more requests may begin."""
        return int(self.limit) - self.in_flight

    def begin(self) -> int | None:
        """Take a slot: returns the round to hand to ``end``, or None when none is free."""
        if self.free <= 0:
            return None
        self.in_flight += 1
        return self.round

    def end(self, began: int, *, throttled: bool, answered: bool) -> None:
        """Give a slot back.

        Args:
            began: What ``begin`` returned.
            throttled: Whether the provider asked to slow down (429, 503).
            answered: Whether an answer came at all; only those let the pace grow.
        """
        self.in_flight -= 1
        if throttled and began == self.round:
            self.limit = max(1.0, int(self.limit) / 2)
            self.round += 1
        elif answered and not throttled:
            self.limit = min(float(self.maximum), self.limit + 1.0 / self.limit)

    def hold(self, until: float) -> None:
        """Send nothing before ``until``; a time already stated that is later stands."""
        self.paused_until = max(self.paused_until, until)


class PausedTooLong(Exception):
    """The connection is paused for longer than anybody should wait."""

    def __init__(self, seconds: float) -> None:
        """Keep for how long."""
        self.seconds = seconds
        super().__init__(f"paused for {seconds:.0f} s")


class Throttle:
    """Lets requests through at a ``Pace``, first come, first served."""

    def __init__(self, pace: Pace, clock: Clock, longest: float) -> None:
        """Take the rule, and the longest pause that is waited for."""
        self._pace = pace
        self._clock = clock
        self._longest = longest
        self._queue: deque[asyncio.Future[int]] = deque()

    @property
    def pause(self) -> float:
        """Seconds for which nothing may be sent; zero or less when it may."""
        return self._pace.paused_until - self._clock.monotonic()

    def hold(self, seconds: float) -> None:
        """Let nothing through for that long."""
        self._pace.hold(self._clock.monotonic() + seconds)

    async def enter(self) -> int:
        """Wait for a slot.

        Returns:
            What ``leave`` wants.

        Raises:
            PausedTooLong: The provider asked for a pause longer than is waited for.
        """
        slot = await self._slot()
        try:
            while (pause := self.pause) > 0:
                await self._sit_out(pause)
        except BaseException:
            self.leave(slot, throttled=False, answered=False)
            raise
        return slot

    def leave(self, slot: int, *, throttled: bool, answered: bool) -> None:
        """Give the slot back and let the next ones through."""
        self._pace.end(slot, throttled=throttled, answered=answered)
        while self._queue and self._pace.free > 0:
            turn = self._queue.popleft()
            # One that was cancelled a moment ago is done, and takes no slot.
            if not turn.done() and (given := self._pace.begin()) is not None:
                turn.set_result(given)

    async def _slot(self) -> int:
        if not self._queue and (slot := self._pace.begin()) is not None:
            return slot
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            return await turn
        except BaseException:
            if turn in self._queue:
                self._queue.remove(turn)
            elif turn.done() and not turn.cancelled():
                # Cancelled with the slot already in hand: it goes to the next one.
                self.leave(turn.result(), throttled=False, answered=False)
            raise

    async def _sit_out(self, pause: float) -> None:
        if pause > self._longest:
            raise PausedTooLong(pause)
        await self._clock.sleep(pause)


def time_limit(timeout: float, left: float) -> float | None:
    """Return the seconds a write may take: its timeout, and never past the end of the lease.

    Args:
        timeout: The connection's, in seconds.
        left: Seconds until the lease ends. Renewed in time, it always has two thirds of its minute left.

    Returns:
        None when so little is left that the write may not be sent.
    """
    return min(timeout, left) if left >= min(timeout, _LEAST_LEFT) else None
