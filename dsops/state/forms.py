"""What is read from a state, held against the types it should have: a state may come from anywhere."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

from dsops.state.entries import HistoryEntry, PlanRun, PlanStatus

TEXT, COUNT, TIME = (str,), (int,), (int, float)
TEXT_OR_NONE, COUNT_OR_NONE = (str, NoneType), (int, NoneType)
Types = tuple[type, ...]


def formed(document: Any, **fields: Types) -> Mapping[str, Any]:
    """Return a document whose fields have these types; a boolean is no number.

    Raises:
        TypeError: It is none, or one of them has another type, or isn't there.
    """
    if type(document) is not dict:
        raise TypeError(f"{_shown(document)} is no object")
    for name, types in fields.items():
        if name not in document:
            raise TypeError(f"it has no {name}")
        if type(document[name]) not in types:
            raise TypeError(f"{name} is {_shown(document[name])}")
    return document


def texts(found: Any, what: str) -> tuple[str, ...]:
    """Return a list of texts as a tuple.

    Raises:
        TypeError: It is none.
    """
    if type(found) is not list or not {*map(type, found)} <= {str}:
        raise TypeError(f"{what} is {_shown(found)}")
    return tuple(found)


def run_of(document: Any) -> PlanRun:
    """Return what is known of the apply of a plan. Raises TypeError or ValueError."""
    found = formed(document, plan_id=TEXT, saved=(bool,), serial=COUNT, status=TEXT)
    return PlanRun(**{**found, "status": PlanStatus(found["status"])})


def entry_of(document: Any) -> HistoryEntry:
    """Return an entry of the history. Raises KeyError or TypeError."""
    found = formed(document, at=TIME, serial=COUNT, who=TEXT, command=TEXT, summary=TEXT)
    return HistoryEntry(**{**found, "changes": texts(found["changes"], "changes")})


def traits_of(document: Any) -> dict[str, dict[str, str]]:
    """Return what was learned of providers. Raises TypeError."""
    found: dict[str, dict[str, str]] = dict(formed(document))
    for each in found.values():
        texts(list(formed(each).values()), "a trait")
    return found


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list, or one of other things"
        case _:
            return repr(value)[:60]
