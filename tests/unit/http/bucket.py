"""A provider that limits the rate of requests with a bucket of tokens, and a client at a `Pace`, in simulated time.

The client has as much to ask as the provider lets through. Each request takes `latency` seconds, half of them on the
way there. A refused one is asked again, as `dsops.http.retry` says.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from dsops.http.limits import Pace, Slot, Verdict
from dsops.http.retry import Setback, Trouble, Wait, decide


class Says(StrEnum):
    """What a refusal says in `Retry-After`: nothing, whole seconds, or just when there is a token again."""

    NOTHING = "nothing"
    SECONDS = "seconds"
    EXACTLY = "exactly"


@dataclass
class Bucket:
    """The provider: a full bucket of ``size`` tokens, into which ``rate`` a second come back."""

    rate: float
    size: float
    says: Says = Says.NOTHING
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.size

    def ask(self, now: float) -> tuple[bool, float | None]:
        """Return whether a request is accepted, and the pause that is asked for if it isn't."""
        self.level = min(self.size, self.level + self.rate * (now - self.at))
        self.at = now
        if self.level >= 1 - 1e-9:
            self.level -= 1
            return True, None
        pause = (1 - self.level) / self.rate
        return False, {Says.NOTHING: None, Says.SECONDS: float(math.ceil(pause)), Says.EXACTLY: pause}[self.says]


@dataclass(frozen=True)
class Answer:
    """When an answer came, when its request had left, and whether it was accepted."""

    at: float
    left: float
    accepted: bool
    pause: float | None


@dataclass
class Run:
    """A simulated client.

    Attributes:
        bucket: The provider.
        latency: Seconds from a request to its answer.
        in_flight: Most requests at a time.
        seconds: For how long it asks.
        requests: How much there is to ask.
        quiet: From when to when it asks nothing.
        events: What else happens, and when.
    """

    bucket: Bucket
    latency: float = 0.05
    in_flight: int = 8
    seconds: float = math.inf
    requests: float = math.inf
    quiet: tuple[float, float] = (math.inf, math.inf)
    events: dict[float, Callable[[Bucket], None]] = field(default_factory=dict)
    jitter: float = 0.1
    answers: list[Answer] = field(default_factory=list)
    pace: Pace = field(init=False)
    _what: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _number: count = field(default_factory=count)  # type: ignore[type-arg]
    _woken: float = math.inf
    _again: deque[int] = field(default_factory=deque)
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.pace = Pace(self.in_flight)
        # A bucket of a few tokens forgives no request that overtakes another.
        self.jitter = self.jitter if self.bucket.size >= 10 else 0.0

    def run(self) -> "Run":
        """Let it happen."""
        self._at(0, self._leave)
        self._at(self.quiet[1], self._leave)
        for then, event in self.events.items():
            self._at(then, lambda _now, event=event: event(self.bucket))  # type: ignore[misc]
        while self._what and self._what[0][0] <= self.seconds:
            now, _, act = heapq.heappop(self._what)
            act(now)
        return self

    def _at(self, then: float, act: Callable[[float], None]) -> None:
        if then < math.inf:
            heapq.heappush(self._what, (then, next(self._number), act))

    def _leave(self, now: float) -> None:
        if self._woken <= now:
            self._woken = math.inf
        while (self._again or self._has_more(now)) and self.pace.free > 0:
            if (delay := self.pace.delay(now)) > 1e-12:
                self._wake(now + delay)
                return
            attempt = self._again.popleft() if self._again else 1
            self.requests -= attempt == 1
            takes = self.latency * (1 + self._random.uniform(-self.jitter, self.jitter))
            self._at(now + takes / 2, self._arrival(self.pace.begin(now), attempt, now, takes))

    def _wake(self, then: float) -> None:
        if then < self._woken:
            self._woken = then
            self._at(then, self._leave)

    def _has_more(self, now: float) -> bool:
        return self.requests > 0 and not self.quiet[0] <= now < self.quiet[1]

    def _arrival(self, slot: Slot, attempt: int, left: float, takes: float) -> Callable[[float], None]:
        def arrive(now: float) -> None:
            accepted, pause = self.bucket.ask(now)
            self._at(now + takes / 2, lambda then: self._answer(slot, attempt, Answer(then, left, accepted, pause)))

        return arrive

    def _answer(self, slot: Slot, attempt: int, answer: Answer) -> None:
        self.answers.append(answer)
        verdict = Verdict.ANSWERED if answer.accepted else Verdict.REFUSED
        self.pace.end(slot, answer.at, verdict, answer.pause or 0.0)
        if not answer.accepted:
            setback = Setback(Trouble.THROTTLED, "", answer.pause)
            wait = decide(min(attempt, 9), setback, 0, write=False, elapsed=0, uniform=self._random.uniform)
            assert isinstance(wait, Wait)
            self._at(answer.at + wait.seconds, lambda then: self._come_again(attempt + 1, then))
        self._leave(answer.at)

    def _come_again(self, attempt: int, now: float) -> None:
        self._again.append(attempt)
        self._leave(now)

    def accepted(self, begin: float = 0.0, end: float = math.inf) -> int:
        """Return how many were accepted from one instant to another."""
        return sum(each.accepted for each in self.answers if begin <= each.at < end)

    def refused(self, begin: float = 0.0, end: float = math.inf) -> int:
        """Return how many were refused."""
        return sum(not each.accepted for each in self.answers if begin <= each.at < end)

    def share(self, begin: float = 0.0, end: float = math.inf) -> float:
        """Return what was accepted as a share of what the bucket and the time on the way allow."""
        end = min(end, self.seconds)
        allowed = self.bucket.rate * (end - begin) + (self.bucket.size if begin == 0 else 0)
        return self.accepted(begin, end) / min(allowed, (end - begin) * self.in_flight / self.latency)

    def refusals(self, begin: float = 0.0, end: float = math.inf) -> float:
        """Return what was refused as a share of all answers."""
        return self.refused(begin, end) / max(1, self.refused(begin, end) + self.accepted(begin, end))
