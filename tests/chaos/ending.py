"""How things are at an end, so that two ends can be compared."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import Record, rows_holder
from dsops.state import StateStore
from tests.chaos.live import Thing

_MADE = {"uipath": "PUT", "geai": "POST", "modelarts": "POST", "vi": "POST"}
"""The method that makes objects."""
_ID = re.compile("/(datasets|dataSet|dataSetRow|versions)/[^/]+")
NEW = "new"


@dataclass(frozen=True, slots=True)
class Ending:
    """How things are.

    Attributes:
        things: What is live, by name; an id is told only of what was there before.
        records: What is recorded, by address, and of rows what is held beside the records.
        made: How often each create and each delete was carried out, all runs together; rows by their number.
    """

    things: Mapping[str, Any]
    records: Mapping[str, Any]
    made: Mapping[str, int]


def things_of(live: Mapping[str, Thing], before: frozenset[str]) -> dict[str, Any]:
    """Return what is live; ids that are not ``before`` give way to names, wherever they stand."""
    return {
        name: (each.id if each.id in before else NEW, _named(live, before, each.values)) for name, each in live.items()
    }


def records_of(store: StateStore, live: Mapping[str, Thing], before: frozenset[str]) -> dict[str, Any]:
    """Return what is recorded; that each record is of the live object of its name is part of it."""
    state = store.load()
    found: dict[str, Any] = {}
    for address, record in state.records.items():
        holder = rows_holder(address.type, record.endpoint, record.remote_id)
        marks = {key.hex(): list(mark[1:]) for key, mark in store.rows(holder).items()}
        found[str(address)] = {
            **_recorded(record, live, before),
            "held": _named(live, before, repr(sorted(marks.items()))),
        }
    if state.intents:
        found["open intents"] = [f"{each.address} {each.request}" for each in state.intents]
    if holder_now := store.holder():
        found["lease"] = str(holder_now)
    return found


def _recorded(record: Record, live: Mapping[str, Thing], before: frozenset[str]) -> dict[str, Any]:
    name = f"{record.address.type} {'/'.join(record.key)}"
    thing = live.get(name)
    return {
        "object": name
        if thing is not None and thing.id == record.remote_id
        else f"not the live {name}: {record.remote_id}",
        "connection": record.connection,
        "parent": str(record.parent),
        "depends_on": sorted(map(str, record.depends_on)),
        "attributes": _named(live, before, dict(record.attributes)),
        "settings": (record.protect, sorted(record.policy), record.replace),
        "rows": repr(record.rows),
    }


def _named(live: Mapping[str, Thing], before: frozenset[str], value: Any) -> Any:
    text = json.dumps(value, sort_keys=True, default=repr)
    for name, thing in live.items():
        if thing.id not in before and thing.id in text:
            text = text.replace(thing.id, f"<{name}>")
    return json.loads(text)


def made(writes: list[dict[str, Any]]) -> dict[str, int]:
    """Count the creates and deletes that were carried out; an upload counts as the rows in it."""
    found: dict[str, int] = {}
    for each in writes:
        if each["committed"]:
            for what, number in _counted(each):
                found[what] = found.get(what, 0) + number
    return found


def _counted(write: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    method, path, body = write["method"], write["path"], write["body"]
    provider = _provider(path)
    if method == "DELETE":
        yield f"delete {_masked(path)}", 1
    elif method == _MADE[provider]:
        if provider == "geai":
            rows, name = _rows(path, body)
            yield "create rows", rows
            if name:
                yield f"create {name}", 1
        else:
            yield f"create {_masked(path)} {_name(body)}", 1


def _masked(path: str) -> str:
    """Return a path without the ids in it; UiPath has names there."""
    return path if path.startswith("/api/") else _ID.sub(r"/\1/*", path)


def _provider(path: str) -> str:
    if path.startswith("/api/"):
        return "uipath"
    if path.startswith("/dataSetApi"):
        return "geai"
    return "vi" if path.startswith("/workspaces/") else "modelarts"


def _rows(path: str, body: Any) -> tuple[int, str]:
    """Return how many rows a write of GEAI makes, and the name of the dataset that it makes."""
    if isinstance(body, str):
        body = json.loads(body.partition("\r\n\r\n")[2].rpartition("\r\n--")[0])
    if isinstance(body, list):
        return len(body), ""
    if path.endswith("/dataSetRow"):
        return 1, ""
    return len(body.get("rows", [])), str(body.get("dataSetName", ""))


def _name(body: Any) -> str:
    inner = body.get("stream", body)
    names = ("name", "dataset_name", "version_name")
    return next(
        (str(inner[each]) for each in names if each in inner), json.dumps(inner.get("spec", ""), sort_keys=True)
    )


def differences(found: Ending, wanted: Sequence[Ending]) -> list[str]:
    """Say what is neither as at the one end that may be nor as at another, a line each; none when nothing is.

    With several ends that may be, nothing may have been carried out more often than on the way to any of them, and what
    is held of rows that nobody declares any more depends on how far the killed run came.
    """
    exactly = len(wanted) == 1
    lines: list[str] = []
    for what, here, there in (
        ("live", found.things, [each.things for each in wanted]),
        ("recorded", _compared(found, exactly), [_compared(each, exactly) for each in wanted]),
        ("carried out", found.made, [each.made for each in wanted]),
    ):
        for name in sorted(here.keys() | {name for each in there for name in each}):
            value, may_be = here.get(name), [each.get(name) for each in there]
            fine = value in may_be
            if what == "carried out" and not exactly:
                fine = (value or 0) <= max(each or 0 for each in may_be)
            if not fine:
                lines.append(f"{what}: {name}\n    is        {value}\n    should be {' or '.join(map(str, may_be))}")
    return lines


def _compared(ending: Ending, exactly: bool) -> Mapping[str, Any]:
    """Return what is recorded, as far as it is the same at every end of its kind."""
    if exactly:
        return ending.records
    return {
        name: {key: value for key, value in record.items() if key != "held"} if isinstance(record, dict) else record
        for name, record in ending.records.items()
    }
