"""What Vi says of operations that take time: a list of conditions (``specs/vi.md``, conditions)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dsops.model import Look
from dsops.providers.common import checked


class Progress(StrEnum):
    """How far an operation has come."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


def progress(document: Mapping[str, Any]) -> Progress:
    """Return how far the operation of a document has come: it is done once there are conditions, and all are reached.

    Raises:
        TypeError: It has no list of conditions.
    """
    statuses = [each.get("status") for each in _conditions(document)]
    if "FailedReach" in statuses:
        return Progress.FAILED
    return Progress.FINISHED if statuses and set(statuses) == {"Reached"} else Progress.RUNNING


def look(document: Mapping[str, Any], doing: str, what: str) -> Look:
    """Return what one look at an operation shows.

    Args:
        document: The operation.
        doing: What Vi is doing, in words: ``being deleted``.
        what: What it is called when it fails: ``the deletion``.
    """
    match progress(document):
        case Progress.FINISHED:
            return Look(done=True)
        case Progress.FAILED:
            return Look(done=False, words=f"{what} failed{_why(document)}", failed=True)
        case _:
            reached = [str(each.get("condition")) for each in _conditions(document) if each.get("status") == "Reached"]
            return Look(done=False, words=f"{doing} ({', '.join(reached).lower() or 'not started'})")


def _why(document: Mapping[str, Any]) -> str:
    told = [
        " ".join(str(each[name]) for name in ("reason", "message") if each.get(name))
        for each in _conditions(document)
        if each.get("status") == "FailedReach"
    ]
    words = "; ".join(filter(None, told))
    return f": {words}" if words else ""


def _conditions(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = checked(checked(document.get("status"), dict).get("conditions"), list)
    return [checked(each, dict) for each in found]
