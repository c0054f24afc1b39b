"""How many requests a second a provider allows: learned from its refusals (429), since none of them says.

A provider's limit is a bucket of tokens: each request takes one, so many a second come back, and no more than it
holds. Two numbers that nobody states: the rate and the bucket. What is known is which requests were accepted, and when.

*Before the first refusal* nothing is held back. *At a refusal* the bucket is empty; what was accepted since it was last
known to be empty, over the time since, is the rate, as long as it has not run over meanwhile. Where it has, that is too
little; what was accepted in any shorter time up to now, less what a full bucket held, is not too much either. The
largest of these is the estimate, taken between half the pace that was refused and that pace.

*From there* the pace follows a cubic of the number of requests accepted, x being that number over a unit::

    pace                                              at first below what was learned,
      │                                    ∙          level while x is about 1,
    top ┤        ∙ ∙ ∙ ∙ ∙ ∙ ∙ ∙ ∙ ∙ ∙              and then up, faster and faster: the
      │    ∙ ∙                                        provider may allow more by now
    low ┤∙
      └──┬──────────────┬───────────────┬── x         pace = top + (top - low) (x - 1)³
         0              1               2

The unit is what looking for more costs: fifty requests for each one refused last time, and fifteen times the pause that
was asked for. Where little is known, it is a few requests, three for each one accepted before.

*After a quiet spell* the bucket is full again, and as many requests leave at once as it was seen to hold.

`tests/unit/http/test_rate.py` simulates it against such buckets; specs/adr/0011-the-rate-is-learned.md says why.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

_LEAST = 1 / 30
"""Requests a second below which no refusal leads."""
_DEEPEST = 0.5
"""What is left of a pace after one refusal, at least."""
_DIP = 0.05
"""How far below what was learned it goes on, at least."""
_UNIT = 100
"""Requests accepted before it looks for more, at least."""
_FOR_A_REFUSAL = 50
_FOR_A_PAUSE = 15
_SHORTEST_PAUSE = 0.25
"""What a refused request waits on average (dsops/http/retry.py); with one in flight, nobody goes on meanwhile."""
_FOR_EVIDENCE = 3
_FIRST = 20
"""What a first refusal is evidence for at most: how much of what was accepted a full bucket held, it doesn't tell."""
_FEWEST = 2
_QUIET = 1.0
"""Seconds without a request after which a bucket may be full."""
_LATE = 0.01
"""Seconds by which a request leaves late that was waiting."""
_MARKS = 32


class Sent(NamedTuple):
    """A request that left.

    Attributes:
        round: Grows with each step back.
        pace: Requests a second at that time.
        waited: Whether it was the pace that held it back.
    """

    round: int
    pace: float
    waited: bool


@dataclass(slots=True)
class Rate:
    """The rule; it is told what happens when, and has no clock of its own.

    Attributes:
        due: Not before this instant may the next request leave.
        burst: How many may leave at once after a quiet spell.
    """

    due: float = -math.inf
    burst: float = 1.0
    _top: float = math.inf
    _low: float = math.inf
    _round: int = 0
    _grown: int = 0
    _refused: int = 0
    _paused: float = 0.0
    _evidence: int = 0
    _since: float = math.inf
    _accepted: int = 0
    _marks: list[tuple[float, int]] = field(default_factory=list)
    _step: int = 1
    _from_full: bool = True
    _held: tuple[int, float] = (0, 0.0)

    @property
    def pace(self) -> float:
        """Requests a second, infinitely many before the first refusal."""
        if self._round == 0:
            return math.inf
        return self._top + (self._top - self._low) * (self._grown / self._unit - 1) ** 3

    @property
    def _unit(self) -> float:
        price = max(_UNIT, _FOR_A_REFUSAL * self._refused, _FOR_A_PAUSE * self._paused * self._top)
        return min(price, max(_FEWEST, _FOR_EVIDENCE * self._evidence))

    def leave(self, now: float) -> Sent:
        """Note that a request leaves."""
        pace = self.pace
        gap = 1 / pace
        if now - self.due > max(_QUIET, self.burst * gap):
            self._begin(now, full=True)
        waited = now - self.due < gap + _LATE
        self.due = max(self.due, now - (self.burst - 1) * gap) + gap
        return Sent(self._round, pace, waited)

    def take_back(self, sent: Sent) -> None:
        """Note that it did not leave after all."""
        self.due -= 1 / sent.pace

    def accept(self, sent: Sent, now: float) -> None:
        """Note that a request was accepted."""
        self._accepted += 1
        if self._round == 0:
            return
        self._grown += sent.waited
        if self._accepted % self._step == 0:
            self._marks.append((now, self._accepted))
            if len(self._marks) > _MARKS:
                self._marks = self._marks[1::2]
                self._step *= 2

    def refuse(self, sent: Sent, now: float, pause: float = 0.0) -> None:
        """Note that a request was refused, and that a pause of so many seconds was asked for.

        Of those that left before the last step back it says only that the bucket is still empty.
        """
        if sent.round == self._round:
            self._step_back(sent.pace, now, pause)
        else:
            self._refused += 1
        self._begin(now, full=False)

    def hold(self, until: float) -> None:
        """Note that nothing may leave before an instant; what is saved up till then isn't made use of."""
        self.due = max(self.due, until)

    def _step_back(self, refused: float, now: float, pause: float) -> None:
        seconds = max(now - self._since, 1e-6)
        if self._from_full:
            self._held = (self._accepted, seconds)
        known = self._estimate(now, seconds)
        if refused == math.inf:
            refused = max(self._accepted, 1) / seconds
        if known > 0.8 * refused:
            # Both are near the truth, from below and from above.
            known = (known + refused) / 2
        dip = max(_DIP, 1.2 / (2 + self._accepted))
        # Not the refused pace bounds it below, which has dipped: refusal after refusal that would lead to nothing.
        self._top = max(_LEAST / (1 - dip), min(refused, max(refused * _DEEPEST, known)))
        self._low = self._top * (1 - dip)
        self.burst = max(1.0, 0.9 * self._bucket(self._top))
        self._paused = max(pause, _SHORTEST_PAUSE)
        self._evidence = self._accepted if self._round else min(self._accepted, _FIRST)
        self._refused = 1
        self._grown = 0
        self._round += 1
        self.due = max(self.due, now + pause) + 1 / self._low

    def _estimate(self, now: float, seconds: float) -> float:
        """Return a rate that the provider surely allows."""
        bucket = self._bucket(0.0 if self._round == 0 else self._low)
        found = 0.0 if self._from_full else (self._accepted + 0.5) / seconds
        for then, before in ((self._since, 0), *self._marks):
            if now > then:
                found = max(found, (self._accepted - before - bucket) / (now - then))
        return found

    def _bucket(self, rate: float) -> float:
        """Return how many requests a full bucket held when last one was emptied, at such a rate."""
        accepted, seconds = self._held
        return max(1.0, accepted - rate * seconds)

    def _begin(self, now: float, *, full: bool) -> None:
        """Begin to count, with a bucket that is full or empty."""
        self._since, self._accepted, self._from_full = now, 0, full
        self._marks, self._step = [], 1
        if full:
            self._grown = min(self._grown, int(self._unit))
