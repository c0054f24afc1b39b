"""Deleting the assets of a dataset that a filter means (``specs/vi.md``, filters)."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Arguments, Call, Effect, FailureKind, Flow, FlowFailure, Job, NaturalKey, Preview
from dsops.providers.common import has_id
from dsops.providers.vi.conditions import look
from dsops.providers.vi.wire import bad_answer, dataset_path, part

_WIRE = MappingProxyType({"filter": "filter", "metadataQuery": "metadataQuery", "ruleQuery": "ruleQuery"})
ARGUMENTS = frozenset({*_WIRE, "strict", "preview", "job"})
_SESSIONS = "deleteManyAssetsSessions"
_SESSION_ID = "deleteManyAssetsSessionId"
_SAMPLE = 5
_UNKNOWN = frozenset({FailureKind.NOT_FOUND, FailureKind.UNEXPECTED})


def prune(key: NaturalKey, arguments: Arguments) -> Flow:
    """Begin to delete assets; with ``preview`` tell which, with ``job`` tell how far it is.

    Returns a ``Job``; with ``preview`` a ``Preview``.

    Raises:
        ValueError: Nothing says which assets are meant.
    """
    del key
    if "job" in arguments:
        return _look(arguments)
    if says_nothing(arguments.get("filter")):
        raise ValueError("the filter is empty, and would mean every asset: to delete them all, delete the dataset")
    return _preview(arguments) if arguments.get("preview") else _begin(arguments)


def says_nothing(given: Any) -> bool:
    """Whether a filter leaves open which assets are meant: no text, or JSON that holds no condition."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return not given.strip()
    match given:
        case dict() | list() as inner:
            values = inner.values() if isinstance(inner, dict) else inner
            return all(isinstance(each, dict | list) and says_nothing(each) for each in values)
        case str():
            return not given.strip()
        case _:
            return given is None or isinstance(given, bool)


def _preview(arguments: Arguments) -> Flow:
    query = tuple((wire, _text(arguments[name])) for name, wire in _WIRE.items() if arguments.get(name))
    query += (("strictQuery", "y"),) if arguments.get("strict") else ()
    try:
        counted = yield Call("GET", dataset_path(arguments["id"], "assets:count"), query=query)
        listed = yield Call("GET", dataset_path(arguments["id"], "assets"), query=(*query, ("s", str(_SAMPLE))))
    except FlowFailure as failed:
        # Not every installation may have them; a filter that it can't read it refuses, which is told.
        if failed.failure.kind in _UNKNOWN:
            return Preview(None)
        raise
    count = counted.body.get("count") if isinstance(counted.body, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        bad_answer("it holds no count of assets")
    items = listed.body.get("items") if isinstance(listed.body, dict) else None
    names = [part(each, "filename") for each in items] if isinstance(items, list) else []
    return Preview(count, tuple(each for each in names if isinstance(each, str)))


def _begin(arguments: Arguments) -> Flow:
    spec = {wire: arguments.get(name) or None for name, wire in _WIRE.items()}
    spec["strictQuery"] = True if arguments.get("strict") else None
    response = yield Call("POST", dataset_path(arguments["id"], _SESSIONS), body={"spec": spec}, effect=Effect.DELETE)
    return _job(response.body)


def _look(arguments: Arguments) -> Flow:
    response = yield Call("GET", dataset_path(arguments["id"], _SESSIONS, str(arguments["job"])))
    return _job(response.body)


def _job(document: Any) -> Job:
    if not isinstance(document, dict) or not has_id(document, _SESSION_ID):
        bad_answer("it holds no deletion of assets")
    try:
        return Job(document[_SESSION_ID], look(document, "being deleted", "the deletion"), document)
    except (TypeError, AttributeError) as wrong:
        bad_answer(f"the deletion {document[_SESSION_ID]} is malformed ({wrong})")


def _text(value: str | Mapping[str, Any]) -> str:
    return value if isinstance(value, str) else json.dumps(value)
