"""Ways to be killed."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Boundary:
    """At a boundary of the run: before or after a request, a commit, or the taking of the lease.

    Attributes:
        number: Which, from 1; where the run has fewer it comes to its end.
        kind: Of which: ``all``, or ``journal`` for the ends of writes and of entries in the journal alone, between
            which nothing becomes durable (see `tests.crash.driver`).
    """

    number: int
    kind: str = "all"


@dataclass(frozen=True, slots=True)
class Instant:
    """At any instant.

    Attributes:
        seconds: So long after its beginning.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Late:
    """While writes are in flight that the server commits only after the kill.

    Attributes:
        write: Which is the first of them, counted from 0 as an undisturbed run makes them.
        all: Whether the writes after it are held as well.
        during: Whether they are committed when the next run has begun to look, and not before it begins.
    """

    write: int
    all: bool = False
    during: bool = False


BASE = "base"
Kill: TypeAlias = Boundary | Instant | Late


@dataclass(frozen=True, slots=True)
class Trial:
    """How one change is disturbed.

    Attributes:
        kills: What befalls one run after the other; the run after the last is let alone.
        workers: How many calls may be in flight.
        taken_out: Address that is declared no more after the first kill, with what needs it; empty for none, and `BASE`
            for a return to what was declared before.
        settle: Seconds for which recovery lets a lost write surface.
    """

    kills: tuple[Kill, ...]
    workers: int = 1
    taken_out: str = ""
    settle: float = 0
