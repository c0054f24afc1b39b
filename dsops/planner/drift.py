"""Drift: the same reading and the same comparison as a plan, asked another question."""

from dsops.model import (
    Action,
    Attributes,
    Cause,
    Drift,
    DriftItem,
    FieldDiff,
    LiveObject,
    Reason,
    Record,
    RowChanges,
    masked,
    warning,
)
from dsops.planner.decide import Decision
from dsops.planner.decisions import Decisions, decide_all
from dsops.planner.diff import compare
from dsops.planner.guards import moved_endpoints
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.rows import row_changes

_MOVED_LIVE = frozenset({Cause.DRIFT, Cause.CONFLICT})
_NOT_COMPARED = frozenset({Reason.LOOKUP_FAILED, Reason.PARENT_BLOCKED, Reason.PARENT_REPLACED})


def find_drift(inputs: Inputs) -> Drift:
    """Return how live stands against what is recorded, and what is declared but not applied yet."""
    decisions = decide_all(inputs)
    items = [item for each in decisions.by_address.values() if (item := _item(each, inputs, decisions)) is not None]
    unmanaged = decisions.neighbours.unmanaged
    return Drift(
        stack=inputs.stack.name,
        env=inputs.stack.env,
        items=tuple(sorted(items, key=lambda item: item.address)),
        in_sync=len(decisions.by_address) - len(items),
        unmanaged=tuple(
            sorted(f"{scope.type} {'/'.join(each.key)}" for scope, live in unmanaged.items() for each in live)
        ),
        complete=not inputs.observation.failed,
        reads=inputs.observation.reads,
        diagnostics=(*inputs.observation.failed.values(), *(warning(each.summary) for each in moved_endpoints(inputs))),
    )


def _item(decision: Decision, inputs: Inputs, decisions: Decisions) -> DriftItem | None:
    subject = decision.subject
    address = subject.address
    if subject.gone:
        return DriftItem(address, "gone")
    fields = _fields(decision)
    rows = _rows(decision, inputs, decisions)
    if any(each.cause in _MOVED_LIVE for each in fields) or (rows and rows.drifted):
        return DriftItem(address, "drifted", fields, rows)
    if decision.action is not Action.NOOP:
        return DriftItem(address, "pending", fields, rows)
    if decision.unverifiable:
        desired = subject.desired
        unknown = (FieldDiff(path, None, masked(desired[path]), Cause.UNVERIFIABLE) for path in decision.unverifiable)
        return DriftItem(address, "unverifiable", tuple(unknown))
    return None


def _rows(decision: Decision, inputs: Inputs, decisions: Decisions) -> RowChanges | None:
    codec = decision.subject.kind.rows
    if decision.rows is None or codec is None or not decision.rows.count:
        return None
    side = decisions.rows.sides[decision.subject.address]
    return row_changes(decision.rows, side, codec, full=inputs.settings.full)


def _fields(decision: Decision) -> tuple[FieldDiff, ...]:
    """What was not compared with a declaration is held against its record."""
    subject = decision.subject
    if subject.record is None or subject.live is None or (subject.resource and decision.reason not in _NOT_COMPARED):
        return decision.fields
    return _against_record(subject, subject.record, subject.live)


def _against_record(subject: Subject, record: Record, live: LiveObject) -> tuple[FieldDiff, ...]:
    facts = subject.kind.info.fields
    known: Attributes = {path: value for path, value in record.attributes.items() if path in facts}
    return compare(known, known, live.attributes, facts).fields
