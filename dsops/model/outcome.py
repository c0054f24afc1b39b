"""What came of a run."""

from dataclasses import dataclass
from enum import StrEnum

from dsops.model.address import Address
from dsops.model.diagnostic import Diagnostic
from dsops.model.plan import Action, FieldDiff
from dsops.model.rows import RowChanges


class Status(StrEnum):
    """How a change ended. UNKNOWN: nothing can tell whether its call was carried out."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended.

    Attributes:
        address: The resource.
        action: What was to be done.
        status: How it ended.
        sent: Writes sent for it, repeats included.
        repeats: Of these, repeats of a call whose answer was lost.
        reason: Why it failed or was skipped; empty otherwise.
        hint: What to do about it.
        repairs: Of the writes sent, finer calls towards the planned target where the server ignored part of a call.
        calls: How each of its planned calls ended, by number. One that was found done already succeeded.
    """

    address: Address
    action: Action
    status: Status
    sent: int = 0
    repeats: int = 0
    reason: str = ""
    hint: str = ""
    repairs: int = 0
    calls: tuple[tuple[int, Status], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended.

    Attributes:
        outcomes: One for each change of the plan, in its order.
        recovered: What was settled of an interrupted run, in words.
        diagnostics: Errors and warnings of the run.
        signal: Number of the signal that ended it; None without one.
    """

    outcomes: tuple[Outcome, ...]
    recovered: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    signal: int | None = None

    @property
    def done(self) -> bool:
        """Whether everything was done."""
        return all(each.status is Status.SUCCEEDED for each in self.outcomes)


class EventKind(StrEnum):
    """What happened."""

    RECOVERED = "recovered"
    WAITING = "waiting"
    READING = "reading"
    PROGRESS = "progress"
    PLANNED = "planned"
    STARTED = "started"
    SENT = "sent"
    RETRIED = "retried"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress of a run, for whoever shows it.

    Attributes:
        kind: What happened.
        address: The resource it concerns.
        text: In words.
        status: How the change ended (FINISHED).
        total: Number of changes to come (PLANNED), or zero.
    """

    kind: EventKind
    text: str = ""
    address: Address | None = None
    status: Status | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class DriftItem:
    """How one recorded object stands.

    Attributes:
        address: The resource.
        state: ``drifted``, ``gone``, ``pending`` or ``unverifiable``.
        fields: The fields concerned.
        rows: The rows concerned; None where none are declared.
    """

    address: Address
    state: str
    fields: tuple[FieldDiff, ...] = ()
    rows: RowChanges | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """Live against recorded.

    Attributes:
        stack: Name of the stack.
        env: Its environment.
        items: Every address that is not in sync, sorted.
        in_sync: How many are.
        unmanaged: Live objects in the scopes read that nobody declares, as ``uipath/Dataset project1/other``.
        complete: Whether everything could be read.
        reads: Requests made.
        diagnostics: What else is worth saying.
    """

    stack: str
    env: str | None
    items: tuple[DriftItem, ...]
    in_sync: int
    unmanaged: tuple[str, ...]
    complete: bool
    reads: int
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def found(self) -> bool:
        """Whether something drifted or is gone (what exit code 2 says)."""
        return any(item.state in ("drifted", "gone") for item in self.items)
