"""Saved plans: one file that needs only the state and the secrets (``specs/plan-format.md``, saved plans)."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from dsops.model import Address, Cause, Change, DeclaredRows, DsopsError, Plan, Stack, digest
from dsops.planner.codec import decode, encode
from dsops.planner.document import plan_document, plan_id
from dsops.planner.rows import SavedRows

_FORMAT = "dsops-plan/1"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan and the stack it was made for.

    Attributes:
        plan: The plan.
        stack: Settings and connections; secrets as references.
        destroy: Whether it is a plan to destroy.
        rows: The rows that its calls send, by address.
    """

    plan: Plan
    stack: Stack
    destroy: bool = False
    rows: Mapping[Address, SavedRows] = field(default_factory=dict)


def dump_plan(saved: SavedPlan, rows: Mapping[Address, DeclaredRows] | None = None) -> bytes:
    """Return a saved plan's file: the plan document for readers, and what applying needs, under one checksum.

    Args:
        saved: The plan.
        rows: Where to read the rows that its calls send; None for those that it holds itself.

    Raises:
        DsopsError: Rows are not as they were when the plan was made.
    """
    sources = saved.rows if rows is None else rows
    content: dict[str, Any] = {
        "format": _FORMAT,
        "document": plan_document(saved.plan),
        "saved": encode(dataclasses.replace(saved, rows={})),
    }
    sent = {
        str(change.address): SavedRows.read(sources[change.address], numbers).document()
        for change in saved.plan.changes
        if (numbers := _sent(change))
    }
    if sent:
        content["rows"] = sent
    return _bytes({**content, "sha256": _checksum(content)})


def _sent(change: Change) -> list[int]:
    """Return the numbers of the declared rows that a change's calls need, rising."""
    writes = [each.call.rows for each in change.calls if each.call.rows is not None]
    numbers = {number for each in writes if each.body is not None for number in each.body.numbers}
    return sorted(numbers | {each.number for each in writes if each.number is not None})


def load_plan(data: bytes) -> SavedPlan:
    """Read a saved plan's file.

    Raises:
        DsopsError: It is not one, of another format, cut short or altered.
    """
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as wrong:
        raise _refused(f"it is not JSON ({wrong})") from wrong
    if not isinstance(content, dict) or not str(content.get("format", "")).startswith("dsops-plan/"):
        raise _refused("it is not a saved plan")
    if content["format"] != _FORMAT:
        raise _refused(f"its format is {content['format']}, and this dsops reads {_FORMAT}")
    try:
        # The bytes are compared too: the checksum covers what they say, and not how.
        if content.get("sha256") != _checksum(content) or _bytes(content) != data:
            raise _refused("its checksum is wrong: it was cut short or altered")
        saved = decode(SavedPlan, content["saved"])
        rows = {Address.parse(name): SavedRows.of(each) for name, each in content.get("rows", {}).items()}
        if not isinstance(saved, SavedPlan) or plan_id(saved.plan) != content["document"]["planId"]:
            raise _refused("its parts don't belong together")
        _check(saved, rows)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        raise _refused(f"it can't be read ({wrong})") from wrong
    return dataclasses.replace(saved, rows=rows)


def _check(saved: SavedPlan, rows: Mapping[Address, SavedRows]) -> None:
    """Refuse a plan that speaks of connections or rows which it doesn't hold.

    Raises:
        DsopsError, ValueError: It does.
    """
    for change in saved.plan.changes:
        lost = [each.connection for each in change.calls if each.connection not in saved.stack.connections]
        held = rows[change.address].rows if change.address in rows else {}
        if lost or not set(_sent(change)) <= held.keys():
            raise _refused(f"{change.address} needs {'a connection' if lost else 'rows'} that it doesn't hold")
        for each in (*change.rows.creates, *change.rows.updates, *change.rows.deletes) if change.rows else ():
            Cause(each.cause or Cause.PENDING)
        if change.address in rows and (change.after is None or change.after.rows is None):
            raise _refused(f"it holds rows of {change.address}, and nothing of them is to be recorded")
    if not rows.keys() <= {change.address for change in saved.plan.changes}:
        raise _refused("it holds rows that no change is about")


def _checksum(content: Mapping[str, Any]) -> str:
    """Hash the canonical JSON of the rest. Rows are hashed by themselves: there may be a hundred thousand of them."""
    rest = {name: value for name, value in content.items() if name not in ("sha256", "rows")}
    if "rows" in content:
        rows = orjson.dumps(content["rows"], option=orjson.OPT_SORT_KEYS)
        rest["rows"] = hashlib.sha256(rows).hexdigest()
    return digest(rest)


def _bytes(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _refused(why: str) -> DsopsError:
    return DsopsError.of("this saved plan can't be used", detail=why, hint="make a new one with dsops plan --save FILE")
