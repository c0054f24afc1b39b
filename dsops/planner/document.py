"""The plan document: a plan as JSON content, and the identity of a plan (``specs/plan-format.md``).

The same plan always gives the same bytes: there is no time and nothing random in it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from dsops.model import (
    Action,
    Change,
    Diagnostic,
    FieldDiff,
    Plan,
    PlannedCall,
    RowChange,
    RowChanges,
    Source,
    canonical,
    digest,
    masked,
    references,
)

__all__ = [
    "BODY_LIMIT",
    "FORMAT_VERSION",
    "diagnostic_document",
    "field_document",
    "plan_document",
    "plan_id",
    "rows_document",
]

FORMAT_VERSION = "1"

BODY_LIMIT = 64 * 1024
"""Bodies whose canonical JSON is longer stand in the document with their digest alone."""

_ROW_ENTRIES = ("create", "update", "delete")
"""What is done to rows; the lists of them may be cut."""


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as the JSON content of ``specs/plan-format.md``, keys in the order in which it names them."""
    body = _body(plan)
    diagnostics = [diagnostic_document(each) for each in plan.diagnostics]
    return {"formatVersion": FORMAT_VERSION, "planId": _identify(body)} | body | {"diagnostics": diagnostics}


def plan_id(plan: Plan) -> str:
    """Return what names this very plan: SHA-256 in hex, over all that apply would do and the state it was made on.

    Where a resource is declared, how many reads it took and what else was remarked don't count: they change nothing.
    """
    return _identify(_body(plan))


def diagnostic_document(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON content; ``source`` and ``address`` are null where it has none."""
    return {
        "severity": diagnostic.severity.value,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
        "source": _source(diagnostic.source),
        "address": str(diagnostic.address) if diagnostic.address else None,
    }


def field_document(diff: FieldDiff) -> dict[str, Any]:
    """Return a field that differs as JSON content; secrets stand as their references."""
    return {
        "path": diff.path,
        "before": masked(diff.before),
        "after": masked(diff.after),
        "cause": diff.cause.value,
    }


def _body(plan: Plan) -> dict[str, Any]:
    return {
        "stack": plan.stack,
        "env": plan.env,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "complete": plan.complete,
        "summary": _summary(plan),
        "changes": [_change(each) for each in plan.changes],
        "guards": [{"name": each.name, "summary": each.summary, "hint": each.hint} for each in plan.guards],
    }


def _summary(plan: Plan) -> dict[str, Any]:
    counts: dict[str, Any] = {action.value: plan.count(action) for action in Action}
    done = [each.rows for each in plan.changes if each.rows is not None and each.action is not Action.BLOCKED]
    rows = {
        "create": sum(each.create for each in done),
        "update": sum(each.update for each in done),
        "delete": sum(each.delete for each in done),
        "noop": plan.rows_noop,
    }
    return counts | {"rows": rows, "reads": plan.reads, "calls": len(plan.calls)}


def rows_document(rows: RowChanges) -> dict[str, Any]:
    """Return what is done to the rows of one dataset as JSON content; ``counts`` count what the lists leave out too."""
    return {
        "mode": rows.mode.value,
        "counts": {
            "create": rows.create,
            "update": rows.update,
            "delete": rows.delete,
            "noop": rows.noop,
            "live": rows.live,
            "left": rows.left,
            "foreign": rows.foreign,
            "drifted": rows.drifted,
        },
        "fields": dict(rows.fields),
        "create": [{"key": each.key, "source": _row_source(each.source)} for each in rows.creates],
        "update": [_row_update(each) for each in rows.updates],
        "delete": [_live_row(each) for each in rows.deletes],
        "sha256": rows.sha256,
    }


def _row_update(row: RowChange) -> dict[str, Any]:
    fields = [{"path": path, "before": before, "after": after} for path, before, after in row.fields]
    return _live_row(row) | {"source": _row_source(row.source), "fields": fields}


def _live_row(row: RowChange) -> dict[str, Any]:
    return {"key": row.key, "id": row.remote_id, "cause": row.cause, "foreign": row.foreign, "note": row.note}


def _row_source(source: Source | None) -> dict[str, Any] | None:
    return {"file": source.file, "line": source.line} if source else None


def _change(change: Change) -> dict[str, Any]:
    document = _change_itself(change)
    return document if change.rows is None else document | {"rows": rows_document(change.rows)}


def _change_itself(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason.value,
        "source": _source(change.source),
        "fields": [field_document(each) for each in change.fields],
        "notes": list(change.notes),
        "calls": [_call(each) for each in change.calls],
    }


def _source(source: Source | None) -> dict[str, Any] | None:
    return {"file": source.file, "line": source.line, "column": source.column} if source else None


def _call(planned: PlannedCall) -> dict[str, Any]:
    call = planned.call
    document: dict[str, Any] = {
        "id": planned.id,
        "after": list(planned.after),
        "connection": planned.connection,
        "method": call.method,
        "path": call.target,
    }
    if call.rows is not None:
        document["rows"] = call.rows.count
    if call.body is None:
        return document | {"bodySha256": planned.body_sha256}
    body = masked(call.body)
    content = canonical(body)
    if len(content) <= BODY_LIMIT:
        document["body"] = body
    # What `planned.body_sha256` says, without encoding the body once more.
    return document | {"bodySha256": None if references(call.body) else hashlib.sha256(content).hexdigest()}


def _identify(body: Mapping[str, Any]) -> str:
    """Hash the document without what doesn't change what apply does."""
    summary = {key: value for key, value in body["summary"].items() if key != "reads"}
    changes = [_identity(change) for change in body["changes"]]
    return digest({"formatVersion": FORMAT_VERSION, **body, "summary": summary, "changes": changes})


def _identity(change: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out where things are declared, and of rows all that their hash covers, or that nothing is done about."""
    document = {key: value for key, value in change.items() if key != "source"}
    if "rows" in change:
        rows = change["rows"]
        counts = {name: rows["counts"][name] for name in _ROW_ENTRIES}
        document["rows"] = {"mode": rows["mode"], "counts": counts, "sha256": rows["sha256"]}
    return document
