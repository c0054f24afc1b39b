"""Plans of evaluation datasets from plain data: what the provider holds is read as a plan reads it.

What stands at the provider is given as connection to the dataset's name to its document, in field names of manifests,
with an ``id``; its ``rows`` are written alike. A record's ``rows`` are ``mode`` and ``key`` (default: sync, input),
``applied`` (rows that dsops wrote) and ``found`` (rows that it found as declared), perhaps ``digest``.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dsops.model import (
    Address,
    Listing,
    LiveObject,
    Record,
    RecordedRows,
    Resource,
    Response,
    RowCodec,
    RowMark,
    RowMode,
    RowSet,
    Stack,
    State,
)
from dsops.planner import Declared, ForeignCount, Inputs, Observation, RowIndex, Scope, Settings, declare
from tests.support.planning import KINDS, MISSING, TODAY, drive, state_of
from tests.support.rows import compared, wire

Data = Mapping[str, Any]

TYPE = "geai/Dataset"
KIND = KINDS[TYPE]


def codec() -> RowCodec:
    """Return the codec of evaluation rows."""
    assert KIND.rows is not None
    return KIND.rows


def inputs_of(
    stack: Stack,
    resources: Sequence[Resource],
    recorded: Mapping[str, Data],
    live: Mapping[str, Mapping[str, Data]],
    traits: Mapping[str, Mapping[str, str]],
    **asked: Any,
) -> Inputs:
    """Return what a plan is made of; ``asked`` are a plan's ``Settings`` and ``today``.

    Raises:
        DsopsError: The resources contradict each other.
    """
    today = asked.pop("today", TODAY)
    settings = Settings(**asked)
    declared = declare(() if settings.destroy else resources, KINDS)
    state = _with_rows(state_of(recorded), recorded)
    inputs = Inputs(stack, declared, state, _observed(declared, state, live), KINDS, today, settings, traits=traits)
    marks = {Address.parse(address): _marks(data) for address, data in recorded.items()}
    return _compared(inputs, live, marks)


def _with_rows(state: State, recorded: Mapping[str, Data]) -> State:
    records = {
        address: dataclasses.replace(record, rows=_recorded_rows(recorded[str(address)]))
        for address, record in state.records.items()
    }
    return dataclasses.replace(state, records=records)


def _recorded_rows(data: Data) -> RecordedRows | None:
    if "rows" not in data:
        return None
    rows, index = data["rows"], _index([*data["rows"].get("applied", []), *data["rows"].get("found", [])], data["rows"])
    return RecordedRows(index.rows.mode, index.rows.key, len(index), rows.get("digest", index.digest))


def _marks(data: Data) -> dict[bytes, RowMark]:
    rows = data.get("rows", {})
    applied, found = _index(rows.get("applied", []), rows), _index(rows.get("found", []), rows)
    return {mark.key: mark for mark in (*applied.marks(written=True), *found.marks(written=False))}


def _index(documents: Iterable[Data], rows: Data) -> RowIndex:
    index = RowIndex(RowSet(RowMode(rows.get("mode", "sync")), tuple(rows.get("key", ["input"]))), codec())
    for each in documents:
        assert index.add(codec().declared(each)) is None
    return index


def _observed(declared: Declared, state: State, live: Mapping[str, Mapping[str, Data]]) -> Observation:
    """Read recorded datasets by id, and list only where something is declared that none of them is."""
    readings = {
        (record.connection, TYPE, record.key): _reading(record, live.get(record.connection, {}))
        for record in state.records.values()
    }
    places = {(connection, each.key) for (connection, _, _), each in readings.items() if each is not None}
    scopes = {
        declared.scope(address, KINDS)
        for address, key in declared.keys.items()
        if (declared.resources[address].connection, key) not in places
    }
    listings = {scope: _listing(scope, live.get(scope.connection, {})) for scope in sorted(scopes)}
    return Observation(listings, readings, reads=len(listings) + len(readings))


def _reading(record: Record, datasets: Mapping[str, Data]) -> LiveObject | None:
    documents = [_wire(name, data) for name, data in datasets.items() if data["id"] == record.remote_id]
    found: LiveObject | None = drive(
        KIND.reading(record.key, record.remote_id),
        *(Response(200, body=each) for each in documents or ()),
        *(() if documents else (MISSING,)),
    )
    return found


def _listing(scope: Scope, datasets: Mapping[str, Data]) -> Listing:
    found: Listing = drive(KIND.listing(scope.parent), Response(200, body=[_wire(*each) for each in datasets.items()]))
    return found


def _wire(name: str, data: Data) -> dict[str, Any]:
    names = {"description": "dataSetDescription", "type": "dataSetType", "active": "dataSetActive"}
    fields = {wire: data[field] for field, wire in names.items() if field in data}
    return {"dataSetId": data["id"], "dataSetName": name, **fields}


def wire_rows(rows: Iterable[Data]) -> list[dict[str, Any]]:
    """Return rows, each with its ``id``, as the provider writes them."""
    return [wire(each["id"], {name: value for name, value in each.items() if name != "id"}, codec()) for each in rows]


def _compared(
    inputs: Inputs, live: Mapping[str, Mapping[str, Data]], marks: Mapping[Address, Mapping[bytes, RowMark]]
) -> Inputs:
    """Compare the rows of what is declared, and count the strangers' in what is not."""
    sides, deltas, foreign = {}, {}, {}
    for address, resource in inputs.declared.resources.items():
        if resource.rows is not None:
            there = _standing(inputs, address, live)
            documents = [item.document for item in resource.rows.items]
            delta, side = compared(codec(), resource.rows, documents, wire_rows(there), marks.get(address))
            deltas[address], sides[address] = delta, side
    for address, record in inputs.state.records.items():
        if address not in inputs.declared.resources and record.rows is not None:
            written = {key for key, mark in marks[address].items() if mark.written}
            count = ForeignCount(record.rows.key, codec(), written)
            count.take(wire_rows(_rows_of(live.get(record.connection, {}), record.remote_id)))
            foreign[address] = count.count
    observation = dataclasses.replace(inputs.observation, rows=deltas, foreign_rows=foreign)
    return dataclasses.replace(inputs, observation=observation, rows=sides)


def _standing(inputs: Inputs, address: Address, live: Mapping[str, Mapping[str, Data]]) -> Sequence[Data]:
    """Return the rows of the dataset that is a declared one's: the recorded one, else the one of its name."""
    record = inputs.state.records.get(address)
    if record is not None and (rows := list(_rows_of(live.get(record.connection, {}), record.remote_id))):
        return rows
    datasets = live.get(inputs.declared.resources[address].connection, {})
    rows_there: Sequence[Data] = datasets.get(inputs.declared.keys[address][-1], {}).get("rows", ())
    return rows_there


def _rows_of(datasets: Mapping[str, Data], remote_id: str) -> Iterator[Data]:
    return (row for data in datasets.values() if data["id"] == remote_id for row in data.get("rows", ()))
