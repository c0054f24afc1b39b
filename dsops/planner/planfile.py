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
    return _bytes({**content, "sha256": _checksum(content)})


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
        if not isinstance(saved, SavedPlan) or plan_id(saved.plan) != content["document"]["planId"]:
            raise _refused("its parts don't belong together")
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        raise _refused(f"it can't be read ({wrong})") from wrong
    return saved


def _checksum(content: Mapping[str, Any]) -> str:
    return digest({name: value for name, value in content.items() if name != "sha256"})


def _bytes(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _refused(why: str) -> DsopsError:
    return DsopsError.of("this saved plan can't be used", detail=why, hint="make a new one with dsops plan --save FILE")
