"""The words and signs in which plans and drift are told."""

from collections.abc import Iterable, Sequence

from dsops.model import Action, Cause, Change, FieldDiff, Guard, Plan, Reason
from dsops.render.style import counted, value_text

ORDER = (
    Action.CREATE,
    Action.UPDATE,
    Action.REPLACE,
    Action.DELETE,
    Action.ADOPT,
    Action.FORGET,
    Action.BLOCKED,
)
"""The order in which a plan tells its changes: what destroys stands close to the question."""

TITLES = {
    Action.CREATE: "Create",
    Action.UPDATE: "Update",
    Action.REPLACE: "Replace (delete, then create)",
    Action.DELETE: "Delete",
    Action.ADOPT: "Adopt (exists already, is taken into the record)",
    Action.FORGET: "Forget (dropped from the record, left alone)",
    Action.BLOCKED: "Blocked (not done)",
}

SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "=",
    Action.FORGET: ".",
    Action.BLOCKED: "!",
    Action.NOOP: " ",
}

LOOKS = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.ADOPT: "cyan",
    Action.FORGET: "cyan",
    Action.BLOCKED: "red",
    Action.NOOP: "dim",
}

_REASONS = {
    Reason.GONE: "recorded, and gone at the provider",
    Reason.SETTINGS_CHANGED: "only settings of the manifest change, no call",
    Reason.CREATE_ONLY: "changes what can only be given at creation",
    Reason.PARENT_REPLACED: "its parent is replaced",
    Reason.PARENT_BLOCKED: "its parent is blocked",
    Reason.UNDECLARED: "recorded, and not wanted any more",
    Reason.POLICY: "metadata.policy forbids it",
    Reason.PROTECTED: "metadata.protect forbids it",
    Reason.HOLDS_CHILDREN: "holds objects that stay",
    Reason.HOLDS_UNRECORDED: "holds objects that this stack has not recorded",
    Reason.LOOKUP_FAILED: "what it refers to could not be looked up",
}

CAUSES = {
    Cause.PENDING: "",
    Cause.DRIFT: "drift: changed outside dsops",
    Cause.CONFLICT: "conflict: changed here and outside dsops",
    Cause.UNVERIFIABLE: "unverifiable: the provider does not return it",
    Cause.RELEASED: "released: no longer declared, left as it is",
}


def reason_words(change: Change) -> str:
    """Say why, or nothing where the action says it."""
    if change.reason is Reason.MOVED and change.before is not None:
        return f"renamed, was {change.before.address}"
    return _REASONS.get(change.reason, "")


def before_after(diff: FieldDiff) -> tuple[str, str]:
    """Return both sides of a field that differs, safe to print."""
    unknown = "(unknown)" if diff.cause is Cause.UNVERIFIABLE else "(none)"
    before = unknown if diff.before is None else value_text(diff.before)
    return before, "(none)" if diff.after is None else value_text(diff.after)


def parent_name(change: Change) -> str | None:
    """Return the address of the parent of a change's object; None where the stack holds none."""
    record = change.after or change.before
    return str(record.parent) if record is not None and record.parent is not None else None


def split_entries(
    change: Change, fields: Iterable[FieldDiff]
) -> tuple[list[FieldDiff], dict[str, list[tuple[str, FieldDiff]]]]:
    """Tell plain fields from entries of map-valued ones; the entries come by field, each with its name in the map."""
    maps = _map_fields(change)
    plain: list[FieldDiff] = []
    entries: dict[str, list[tuple[str, FieldDiff]]] = {}
    for diff in fields:
        owner = next((path for path in maps if diff.path.startswith(f"{path}.")), None)
        if owner is None:
            plain.append(diff)
        else:
            entries.setdefault(owner, []).append((diff.path.removeprefix(f"{owner}."), diff))
    return plain, entries


def _map_fields(change: Change) -> Sequence[str]:
    found = {
        path: None
        for record in (change.after, change.before)
        if record is not None
        for path, value in record.attributes.items()
        if isinstance(value, dict)
    }
    return sorted(found, key=len, reverse=True)


def summary_words(plan: Plan) -> str:
    """Return ``1 to create, 2 to update, 12 unchanged``."""
    told = {action: plan.count(action) for action in ORDER}
    words = [
        f"{number:,} blocked" if action is Action.BLOCKED else f"{number:,} to {action.value}"
        for action, number in told.items()
        if number
    ]
    return ", ".join([*words, f"{plan.noop:,} unchanged"])


def guard_pass(guard: Guard, identity: str) -> str:
    """Return what passes a guard, with the id of the plan it stopped."""
    return f"{guard.hint}: --confirm {identity}"


def nothing_to_do(plan: Plan) -> str:
    """Return the one line of a plan without changes."""
    if plan.rows_noop:
        return f"No changes. {counted(plan.noop, 'resource')} and {counted(plan.rows_noop, 'row')} are as declared."
    return f"No changes. {counted(plan.noop, 'resource is', 'resources are')} as declared."
