"""The nouns of this room: what a store holds beside records and intents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dsops.model import Holder, RowMark, RowsPatch, State


class PlanStatus(StrEnum):
    """How far the apply of a plan came."""

    STARTED = "started"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class PlanRun:
    """That the apply of a plan began, and how it ended.

    Attributes:
        plan_id: The plan.
        saved: Whether it came from a saved plan file.
        status: Started, or finished.
        serial: The serial that its last run wrote.
    """

    plan_id: str
    saved: bool
    status: PlanStatus
    serial: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one run did, for people.

    Attributes:
        at: Unix time.
        serial: The serial that the run wrote.
        who: ``user@host``.
        command: ``dsops apply``.
        summary: One line.
        changes: A line a change; of a long list the last line says how many were left out.
    """

    at: float
    serial: int
    who: str
    command: str
    summary: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease as a store holds it.

    Attributes:
        token: Grows with every taking and every unlock and is never reset: the fence.
        heartbeat: Grows with every renewal.
        seconds: How long the lease lasts without one.
        holder: Who holds it; None when it is free.
    """

    token: int
    heartbeat: int
    seconds: float
    holder: Holder | None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which version of which state: what a commit compares and sets."""

    lineage: str | None
    serial: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a session has to know when it begins.

    Attributes:
        state: As it is.
        runs: Plans applied, by id.
        last_intent: The highest number ever given to an intent.
        holders: Whose rows are held (``rows_holder``).
    """

    state: State
    runs: Mapping[str, PlanRun]
    last_intent: int
    holders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Whole:
    """All that a store holds of a stack, but the lease: what is copied from store to store.

    Attributes:
        state: Lineage, serial, records, open intents, traits.
        runs: Plans applied, by id.
        last_intent: The highest number ever given to an intent.
        history: Oldest first.
        rows: Marks by holder.
    """

    state: State
    runs: Mapping[str, PlanRun]
    last_intent: int
    history: Sequence[HistoryEntry]
    rows: Mapping[str, Mapping[bytes, RowMark]]


Keep = Callable[[Whole], object]
"""Keeps a state before its format is changed; raises StateError where it can't."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one commit changes, whatever the store.

    Attributes:
        clear: Whether everything but the lease goes first: what follows is the whole.
        last_intent: No number up to this one is given to an intent again.
        announced: Intent id to encoded intent.
        settled: Intent id to outcome.
        records: Address to encoded record; None drops it.
        runs: Plan id to what is to be known of its apply.
        notes: Entries for the history.
        rows: Changes of the rows held, to be made in order. What they put can be read once, and may be too many to be
            kept at hand: it is for the thread that commits.
        traits: What was learned of a provider: endpoint and name to value.
    """

    clear: bool = False
    last_intent: int = 0
    announced: Mapping[int, bytes] = field(default_factory=dict)
    settled: Mapping[int, str] = field(default_factory=dict)
    records: Mapping[str, bytes | None] = field(default_factory=dict)
    runs: Mapping[str, PlanRun] = field(default_factory=dict)
    notes: Sequence[HistoryEntry] = ()
    rows: Sequence[RowsPatch] = ()
    traits: Mapping[tuple[str, str], str] = field(default_factory=dict)


def merged(deltas: Sequence[Delta]) -> Delta:
    """Fold deltas into one with the same effect; the later word wins."""
    if len(deltas) == 1:
        return deltas[0]
    return Delta(
        announced={key: body for each in deltas for key, body in each.announced.items()},
        settled={key: outcome for each in deltas for key, outcome in each.settled.items()},
        records={key: body for each in deltas for key, body in each.records.items()},
        runs={key: run for each in deltas for key, run in each.runs.items()},
        notes=tuple(entry for each in deltas for entry in each.notes),
        rows=tuple(patch for each in deltas for patch in each.rows),
        traits={key: value for each in deltas for key, value in each.traits.items()},
    )
