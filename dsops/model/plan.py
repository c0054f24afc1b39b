"""Plans: what differs, and the calls that close the gap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dsops.model.address import Address
from dsops.model.call import Call
from dsops.model.diagnostic import Diagnostic, Source
from dsops.model.record import Record
from dsops.model.rows import RowChanges
from dsops.model.values import digest, masked, references


class Action(StrEnum):
    """What apply will do about an address."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    BLOCKED = "blocked"
    NOOP = "noop"


class Reason(StrEnum):
    """Why it will."""

    NOT_RECORDED = "not_recorded"
    GONE = "gone"
    EXISTS = "exists"
    MOVED = "moved"
    FIELDS_CHANGED = "fields_changed"
    ROWS_CHANGED = "rows_changed"
    SETTINGS_CHANGED = "settings_changed"
    CREATE_ONLY = "create_only"
    PARENT_REPLACED = "parent_replaced"
    PARENT_BLOCKED = "parent_blocked"
    UNDECLARED = "undeclared"
    POLICY = "policy"
    PROTECTED = "protected"
    HOLDS_CHILDREN = "holds_children"
    HOLDS_UNRECORDED = "holds_unrecorded"
    LOOKUP_FAILED = "lookup_failed"
    UNCHANGED = "unchanged"


class Cause(StrEnum):
    """Who moved: the manifest, the live side, both; or nobody can tell; or the field is no longer declared."""

    PENDING = "pending"
    DRIFT = "drift"
    CONFLICT = "conflict"
    UNVERIFIABLE = "unverifiable"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field, or one entry of a map-valued field, that differs.

    Attributes:
        path: ``title`` or ``model.labelThresholds.Some Label``.
        before: Live value; None when there is none or it is unknown.
        after: Desired value, late values masked; None when it is to go.
        cause: Who moved.
    """

    path: str
    before: Any
    after: Any
    cause: Cause


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A write of the plan.

    Attributes:
        id: Number in the plan, from 1.
        after: Numbers of the calls that must have succeeded before.
        connection: Name of the connection it leaves on.
        call: The request.
    """

    id: int
    after: tuple[int, ...]
    connection: str
    call: Call

    @property
    def body_sha256(self) -> str | None:
        """SHA-256 of the body's canonical JSON; None without a body or while it holds a late value."""
        if self.call.rows is not None and self.call.rows.body is not None:
            return self.call.rows.body.sha256
        if self.call.body is None or references(self.call.body):
            return None
        return digest(masked(self.call.body))


@dataclass(frozen=True, slots=True)
class Change:
    """The decision for one address.

    Attributes:
        address: The resource.
        action: What will be done.
        reason: Why.
        source: Where it is declared.
        fields: What differs.
        notes: In words: what is lost, what blocks it, how to pass.
        calls: The writes.
        before: The record as it is; None when there is none.
        after: The record as it will be (remote id empty until known); None when it goes.
        expects: Fingerprint of the live object as read; None when it was not there.
        rows: What is done to its rows; None where none are declared.
    """

    address: Address
    action: Action
    reason: Reason
    source: Source | None = None
    fields: tuple[FieldDiff, ...] = ()
    notes: tuple[str, ...] = ()
    calls: tuple[PlannedCall, ...] = ()
    before: Record | None = None
    after: Record | None = None
    expects: str | None = None
    rows: RowChanges | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule that stops apply.

    Attributes:
        name: ``maxDeletes``, ...
        summary: What tripped it, with the figures.
        hint: What passes it.
    """

    name: str
    summary: str
    hint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply will do, call by call.

    Attributes:
        stack: Name of the stack.
        env: Its environment.
        lineage: Lineage of the state it was made on; None when there was no state.
        serial: Serial of that state.
        complete: Whether everything could be read.
        changes: Every address whose action isn't noop, sorted by address.
        noop: How many addresses need nothing.
        rows_noop: How many declared rows need nothing.
        refresh: Records to rewrite silently since live already is as declared (no call, nothing to review).
        guards: Rules that stop apply.
        diagnostics: What else is worth saying.
        reads: Requests made to read live state.
        endpoints: Connection name to endpoint, for every connection that is written to.
    """

    stack: str
    env: str | None
    lineage: str | None
    serial: int
    complete: bool
    changes: tuple[Change, ...]
    noop: int = 0
    rows_noop: int = 0
    refresh: tuple[Record, ...] = ()
    guards: tuple[Guard, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    reads: int = 0
    endpoints: Mapping[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """All writes, by number."""
        return tuple(sorted((call for change in self.changes for call in change.calls), key=lambda each: each.id))

    def count(self, action: Action) -> int:
        """How many addresses have ``action``."""
        return self.noop if action is Action.NOOP else sum(change.action is action for change in self.changes)
