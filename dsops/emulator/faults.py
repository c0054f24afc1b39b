"""Faults on request: rules that say which request meets which trouble, and a gate that holds requests.

    arrives ── before: latency, hold, rate_limit, error_before, drop_before, stale
            ── commit
            ── after: latency_after, hold, error_after, drop_after
            ── answer

Each rule counts the requests it matches: it lets `skip` of them pass, acts on the next `times` (null: all), then rests.
All rules that are due act, in the order given; the first that ends the request ends it.

A `stale` rule answers reads as everything stood when the rule was given: as a replica does that is behind.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, Literal

from dsops.emulator import checks
from dsops.emulator.exchange import Answer, Incoming, Refusal

Phase = Literal["before", "after"]
Reading = Callable[[Incoming], Answer]
"""Answers reads as things stood at one moment."""


class Fault(StrEnum):
    """What can go wrong."""

    LATENCY = "latency"
    LATENCY_AFTER = "latency_after"
    HOLD = "hold"
    RATE_LIMIT = "rate_limit"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    STALE = "stale"


_AFTER = {Fault.LATENCY_AFTER, Fault.ERROR_AFTER, Fault.DROP_AFTER}

_CHECK = checks.mapping(
    {
        "match": checks.mapping({"method": checks.text(), "path": checks.text()}),
        "skip": checks.number(lowest=0, whole=True),
        "times": checks.nullable(checks.number(lowest=1, whole=True)),
        "fault": checks.one_of(*Fault),
        "seconds": checks.number(lowest=0),
        "status": checks.number(lowest=400, highest=599, whole=True),
        "retry_after": checks.nullable(checks.number(lowest=0)),
        "retry_after_as": checks.one_of("seconds", "date"),
        "at": checks.one_of("before", "after"),
    },
    required=("fault",),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    seconds: for latencies. status: for errors. retry_after: for rate limits, in seconds from now.
    past: for stale reads, answers them; None for every other fault.
    """

    fault: Fault
    phase: Phase
    method: str | None
    path: re.Pattern[str]
    skip: int
    times: int | None
    seconds: float
    status: int
    retry_after: float | None
    retry_after_as: str
    past: Reading | None = None

    def matches(self, method: str, path: str) -> bool:
        """Whether a request with this method and raw path counts for the rule."""
        return (self.method is None or self.method == method) and self.path.search(path) is not None

    def retry_headers(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """The Retry-After header of a rate limit, as seconds or as an HTTP date."""
        if self.retry_after is None:
            return ()
        if self.retry_after_as == "date":
            return (("Retry-After", format_datetime(now + timedelta(seconds=self.retry_after), usegmt=True)),)
        return (("Retry-After", f"{self.retry_after:g}"),)


def parse_rule(value: Mapping[str, Any], look_back: Callable[[], Reading]) -> Rule:
    """A rule from its JSON form; `look_back` keeps what a stale read answers. Raises Refusal 400 for a wrong one."""
    _CHECK(value, "rule")
    match = value.get("match", {})
    fault = Fault(value["fault"])
    try:
        path = re.compile(match.get("path", ""))
    except re.error as error:
        raise Refusal(400, f"rule.match.path: not a regular expression ({error})") from error
    phase: Phase = "after" if fault in _AFTER or value.get("at") == "after" else "before"
    if "at" in value and fault is not Fault.HOLD:
        raise Refusal(400, "rule.at: only a hold can be placed; the other faults say it in their names")
    method = match.get("method")
    if fault is Fault.STALE and method not in {None, "GET"}:
        raise Refusal(400, "rule.match.method: only a GET can be answered from the past")
    return Rule(
        fault=fault,
        phase=phase,
        method="GET" if fault is Fault.STALE else method,
        path=path,
        skip=value.get("skip", 0),
        times=value.get("times", 1),
        seconds=value.get("seconds", 1.0),
        status=value.get("status", 429 if fault is Fault.RATE_LIMIT else 503),
        retry_after=value.get("retry_after", 1),
        retry_after_as=value.get("retry_after_as", "seconds"),
        past=look_back() if fault is Fault.STALE else None,
    )


class Schedule:
    """The rules in force, each with the number of requests it has matched."""

    def __init__(self, rules: Iterable[Mapping[str, Any]], look_back: Callable[[], Reading]) -> None:
        self._look_back = look_back
        self._rules: list[tuple[Rule, list[int]]] = []
        self.add(rules)

    def add(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Append rules, all or none. Raises Refusal 400."""
        self._rules.extend([(parse_rule(rule, self._look_back), [0]) for rule in rules])

    def clear(self) -> None:
        """Drop all rules."""
        self._rules.clear()

    def due(self, method: str, path: str) -> list[Rule]:
        """The rules that act on this request, which is counted."""
        acting = []
        for rule, count in self._rules:
            if rule.matches(method, path):
                count[0] += 1
                if count[0] > rule.skip and (rule.times is None or count[0] <= rule.skip + rule.times):
                    acting.append(rule)
        return acting


class Gate:
    """Where held requests wait until somebody releases them."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], dict[str, str]] = {}

    async def wait(self, method: str, path: str, phase: Phase) -> None:
        """Wait for the next release."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = {"method": method, "path": path, "at": phase}
        try:
            await future
        finally:
            del self._waiting[future]

    def held(self) -> list[dict[str, str]]:
        """The requests that wait, oldest first."""
        return list(self._waiting.values())

    def release(self) -> int:
        """Let all of them go on; answers how many there were."""
        waiting = [future for future in self._waiting if not future.done()]
        for future in waiting:
            future.set_result(None)
        return len(waiting)
