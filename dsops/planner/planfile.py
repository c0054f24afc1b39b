"""Saved plans: one file that needs only the state and the secrets (``specs/plan-format.md``, saved plans)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.model import DsopsError, Plan, Stack, digest
from dsops.planner.codec import decode, encode
from dsops.planner.document import plan_document, plan_id

_FORMAT = "dsops-plan/1"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan and the stack it was made for.

    Attributes:
        plan: The plan.
        stack: Settings and connections; secrets as references.
        destroy: Whether it is a plan to destroy.
    """

    plan: Plan
    stack: Stack
    destroy: bool = False


def dump_plan(saved: SavedPlan) -> bytes:
    """Return a saved plan's file: the plan document for readers, and what applying needs, under one checksum."""
    content = {"format": _FORMAT, "document": plan_document(saved.plan), "saved": encode(saved)}
    return orjson.dumps({**content, "sha256": digest(content)}, option=orjson.OPT_INDENT_2)


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
    return _checked(content)


def _checked(content: Mapping[str, Any]) -> SavedPlan:
    rest = {name: value for name, value in content.items() if name != "sha256"}
    if content.get("sha256") != digest(rest):
        raise _refused("its checksum is wrong: it was cut short or altered")
    try:
        saved = decode(SavedPlan, content["saved"])
    except (KeyError, TypeError, ValueError) as wrong:
        raise _refused(f"it can't be read ({wrong})") from wrong
    if not isinstance(saved, SavedPlan) or plan_id(saved.plan) != content["document"]["planId"]:
        raise _refused("its parts don't belong together")
    return saved


def _refused(why: str) -> DsopsError:
    return DsopsError.of("this saved plan can't be used", detail=why, hint="make a new one with dsops plan --save FILE")
