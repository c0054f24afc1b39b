"""Whether a request is tried again, and when: a pure decision.

::

    trouble       means                                   a read         a write
    THROTTLED     refused for the pace, not carried out   tried again    tried again
    UNSENT        certainly never received                tried again    tried again
    UNAVAILABLE   a 5xx answer                            tried again    given up (may have been carried out)
    LOST          sent, and no answer came                tried again    given up (the same)
    GARBLED       a success whose content is unreadable   tried again    given up (the same)
    OVERSIZED     an answer that would fill the memory    given up       given up (the same)
    HOPELESS      never sent, and a repeat ends likewise  given up       given up
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from dsops.http.answer import Answer

LONGEST_PAUSE = 300.0
LONGEST_ALL = 600.0
_FIRST_PAUSE = 0.5
_LONGEST_STEP = 30.0


class Trouble(StrEnum):
    """What went wrong with one try."""

    THROTTLED = "throttled"
    UNSENT = "unsent"
    UNAVAILABLE = "unavailable"
    LOST = "lost"
    GARBLED = "garbled"
    OVERSIZED = "oversized"
    HOPELESS = "hopeless"


# A full account throttles for minutes; a machine that refuses connections says so at once and seldom changes its mind.
_TRIES = {
    Trouble.THROTTLED: 10,
    Trouble.UNSENT: 4,
    Trouble.UNAVAILABLE: 6,
    Trouble.LOST: 4,
    Trouble.GARBLED: 3,
    Trouble.OVERSIZED: 1,
    Trouble.HOPELESS: 1,
}
_NOT_CARRIED_OUT = frozenset({Trouble.THROTTLED, Trouble.UNSENT})


@dataclass(frozen=True, slots=True)
class Setback:
    """A try that failed.

    Attributes:
        trouble: In which way.
        reason: In words; free of secrets.
        asked: Seconds the provider asks to wait; None when it says nothing.
        answer: The answer, where there is one that could be read.
    """

    trouble: Trouble
    reason: str
    asked: float | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after that many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up; ``why`` says more than "it was tried often enough", or is empty."""

    why: str = ""


def decide(
    attempt: int,
    setback: Setback,
    wall: float,
    *,
    write: bool,
    elapsed: float,
    uniform: Callable[[float, float], float],
) -> Wait | Stop:
    """Say whether to try again: exponential back-off with full jitter, never sooner than the provider asks.

    Args:
        attempt: Which try failed, counted from 1.
        setback: How it failed.
        wall: Unix time now.
        write: Whether the call changes something.
        elapsed: Seconds that its tries and the waits between them took so far.
        uniform: A random number between the two given ones.
    """
    asked = setback.asked or 0.0
    if asked > LONGEST_PAUSE:
        return Stop(
            f"the provider asks to wait {asked:.0f} s, until {moment(wall + asked)}, "
            f"and dsops waits at most {LONGEST_PAUSE:.0f} s: try again then"
        )
    if attempt >= _TRIES[setback.trouble] or (write and setback.trouble not in _NOT_CARRIED_OUT):
        return Stop()
    step = min(_LONGEST_STEP, _FIRST_PAUSE * 2.0 ** (attempt - 1))
    seconds = max(asked, uniform(0.0, step))
    if elapsed + seconds > LONGEST_ALL:
        return Stop(f"it has been tried for {elapsed:.0f} s")
    return Wait(seconds)


def moment(wall: float) -> str:
    """Write a Unix time for people: ``2026-11-21 12:00:00 UTC``."""
    try:
        return f"{dt.datetime.fromtimestamp(wall, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "a time beyond all calendars"


def retry_after(value: str | None, wall: float) -> float | None:
    """Read a ``Retry-After`` header: seconds, or an HTTP date.

    Args:
        value: The header, None when there is none.
        wall: Unix time now.

    Returns:
        Seconds from now, zero for a time already past; None when there is no such header or it can't be read.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:12])
    try:
        date = parsedate_to_datetime(text)
        # A date that calls its zone unknown comes without one; HTTP knows only GMT.
        return max(0.0, date.replace(tzinfo=date.tzinfo or dt.UTC).timestamp() - wall)
    except (ValueError, OverflowError):
        return None
