"""The pace of one connection: how many requests may be in flight, how many a second, and not before when."""

import asyncio
import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from dsops.http.clock import Clock
from dsops.http.rate import Rate, Sent

TIME_IS_UP = "the time given with --timeout is up"
_LEAST_LEFT = 20.0
"""Seconds of the lease that have to be left for a write with a longer timeout."""


class Verdict(StrEnum):
    """What became of a request, as far as it concerns the pace.

    ANSWERED: in whatever way, but for the next two. REFUSED: for its pace (429). OVERLOADED: the provider has too much
    to do (503). SILENT: no answer came, or none that tells. UNSENT: it did not leave.
    """

    ANSWERED = "answered"
    REFUSED = "refused"
    OVERLOADED = "overloaded"
    SILENT = "silent"
    UNSENT = "unsent"


@dataclass(slots=True)
class Pace:
    """The rule: so many in flight, and so many a second.

    In flight are as many as the connection allows; half as many once the provider has too much to do, and one more
    after a round of answers. How many a second, `Rate` has learned from refusals.

    Attributes:
        maximum: Most requests in flight.
        limit: Most at present; the part below 1 is growth under way.
        in_flight: Requests begun and not ended.
        round: Grows with each halving; answers to requests that began before the last one halve no further.
        paused_until: Nothing is sent before this monotonic instant.
        rate: How many a second.
    """

    maximum: int
    limit: float = field(init=False)
    in_flight: int = 0
    round: int = 0
    paused_until: float = 0.0
    rate: Rate = field(default_factory=Rate)

    def __post_init__(self) -> None:
        """Start at full pace."""
        self.limit = float(self.maximum)

    @property
    def free(self) -> int:
        """How many more requests may begin."""
        return int(self.limit) - self.in_flight

    def begin(self, now: float) -> "Slot":
        """Take a slot; there has to be a free one, and nothing left to wait for."""
        self.in_flight += 1
        return Slot(self.round, self.rate.leave(now))

    def end(self, slot: "Slot", now: float, verdict: Verdict, pause: float = 0.0) -> None:
        """Give a slot back.

        Args:
            slot: What ``begin`` returned.
            now: Monotonic time.
            verdict: What became of the request.
            pause: Seconds for which the provider asks to be left alone.
        """
        self.in_flight -= 1
        if pause:
            self.paused_until = max(self.paused_until, now + pause)
            self.rate.hold(self.paused_until)
        match verdict:
            case Verdict.ANSWERED:
                self.limit = min(float(self.maximum), self.limit + 1.0 / self.limit)
                self.rate.accept(slot.sent, now)
            case Verdict.REFUSED:
                self.rate.refuse(slot.sent, now, pause)
            case Verdict.OVERLOADED:
                if slot.round == self.round:
                    self.limit = max(1.0, int(self.limit) / 2)
                    self.round += 1
            case Verdict.UNSENT:
                self.rate.take_back(slot.sent)
            case Verdict.SILENT:
                pass
            case _:
                assert_never(verdict)

    def delay(self, now: float) -> float:
        """Return the seconds until the next request may begin; zero or less when it may."""
        return max(self.paused_until, self.rate.due) - now


@dataclass(frozen=True, slots=True)
class Slot:
    """A request on its way: the round of `Pace` in which it began, and how it left."""

    round: int
    sent: Sent


class PausedTooLong(Exception):
    """The connection is paused for longer than anybody should wait."""

    def __init__(self, seconds: float) -> None:
        """Keep for how long."""
        self.seconds = seconds
        super().__init__(f"paused for {seconds:.0f} s")


class OutOfTime(Exception):
    """The run's time would be up before the next request may leave."""


class Throttle:
    """Lets requests through at a ``Pace``, first come, first served."""

    def __init__(self, pace: Pace, clock: Clock, longest: float, until: float = math.inf) -> None:
        """Take the rule, the longest pause that is waited for, and the monotonic instant until which anybody waits."""
        self._pace = pace
        self._clock = clock
        self._longest = longest
        self._until = until
        # Fair: who waits first gets it first. Its holder is the next to go, and all that is waited for, it waits for.
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @property
    def pause(self) -> float:
        """Seconds for which nothing may be sent, as the provider asked; zero or less when it may."""
        return self._pace.paused_until - self._clock.monotonic()

    async def enter(self) -> Slot:
        """Wait for a slot.

        Returns:
            What ``leave`` wants.

        Raises:
            PausedTooLong: The provider asked for a pause longer than is waited for.
            OutOfTime: It would have to wait beyond the end of the run's time.
        """
        async with self._turn:
            while True:
                if (pause := self.pause) > self._longest:
                    raise PausedTooLong(pause)
                now = self._clock.monotonic()
                if self._pace.free <= 0:
                    self._freed.clear()
                    await self._freed.wait()
                elif (delay := self._pace.delay(now)) > 0:
                    if now + delay >= self._until:
                        raise OutOfTime
                    await self._clock.sleep(delay)
                else:
                    return self._pace.begin(now)

    def leave(self, slot: Slot, verdict: Verdict, pause: float = 0.0) -> None:
        """Give the slot back; nothing more is let through for the seconds of a pause that the provider asks for."""
        self._pace.end(slot, self._clock.monotonic(), verdict, pause)
        self._freed.set()


def time_limit(timeout: float, left: float) -> float | None:
    """Return the seconds a write may take: its timeout, and never past the end of the lease.

    Args:
        timeout: The connection's, in seconds.
        left: Seconds until the lease ends. Renewed in time, it always has two thirds of its minute left.

    Returns:
        None when so little is left that the write may not be sent.
    """
    return min(timeout, left) if left >= min(timeout, _LEAST_LEFT) else None
