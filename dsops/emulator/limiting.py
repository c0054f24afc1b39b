"""A limit on the rate of requests, as providers have: a bucket of tokens, of which each request takes one."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsops.emulator.faults import Fault, Reading, Rule, Schedule, parse_rule


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests are let through, for all paths and tokens together.

    rate: so many a second come back.
    burst: so many at once, after a while without any; at least 1.
    retry_after: what a refusal says: `seconds` (whole ones), `date`, or `none`.
    """

    rate: float
    burst: float
    retry_after: str = "seconds"


class LimitedSchedule(Schedule):
    """Fault rules, and one more for each request that finds the bucket empty."""

    def __init__(
        self,
        rules: Iterable[Mapping[str, Any]],
        look_back: Callable[[], Reading],
        limit: Limit,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(rules, look_back)
        self._limit = limit
        self._now = now
        self._tokens = limit.burst
        self._at = now()

    def due(self, method: str, path: str) -> list[Rule]:
        """The rules that act on this request, which takes a token if there is one."""
        now = self._now()
        self._tokens = min(self._limit.burst, self._tokens + self._limit.rate * (now - self._at))
        self._at = now
        acting = super().due(method, path)
        if self._tokens < 1:
            return [self._refusal(), *acting]
        self._tokens -= 1
        return acting

    def _refusal(self) -> Rule:
        says = self._limit.retry_after
        seconds = None if says == "none" else math.ceil((1 - self._tokens) / self._limit.rate)
        as_ = "date" if says == "date" else "seconds"
        rule = {"fault": Fault.RATE_LIMIT, "retry_after": seconds, "retry_after_as": as_}
        return parse_rule(rule, self._look_back)
