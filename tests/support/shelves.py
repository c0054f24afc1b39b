"""Plans of Vi's datasets and exports from plain data: what the provider holds is read as a plan reads it.

What stands at the provider is given as connection to the dataset's name to its fields, with an ``id``; its ``exports``
are a list, each with an ``id``, fields of the manifest, ``state`` (finished) and ``made`` (1). A dataset with
``deleting: true`` is being deleted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsops.model import Listing, LiveObject, Record, Resource, Response, Stack, State
from dsops.planner import Declared, Inputs, Observation, Scope, Settings, declare
from tests.support.planning import KINDS, MISSING, TODAY, drive, state_of

Data = Mapping[str, Any]

ORGANIZATION = "acme"
DATASET, EXPORT = "vi/Dataset", "vi/Export"
_STATUS = {"finished": "Reached", "running": "Waiting", "failed": "FailedReach"}


def inputs_of(
    stack: Stack,
    resources: Sequence[Resource],
    recorded: Mapping[str, Data],
    live: Mapping[str, Mapping[str, Data]],
    **asked: Any,
) -> Inputs:
    """Return what a plan is made of; ``asked`` are a plan's ``Settings`` and ``today``.

    Raises:
        DsopsError: The resources contradict each other.
    """
    today = asked.pop("today", TODAY)
    settings = Settings(**asked)
    declared = declare(() if settings.destroy else resources, KINDS)
    state = state_of(recorded)
    return Inputs(stack, declared, state, _observed(declared, state, live), KINDS, today, settings)


def _observed(declared: Declared, state: State, live: Mapping[str, Mapping[str, Data]]) -> Observation:
    listings = {scope: _listing(scope, live.get(scope.connection, {})) for scope in set(_scopes(declared, state))}
    shown = {each.remote_id for listing in listings.values() for each in listing.objects}
    readings = {
        (record.connection, record.address.type, record.key): _reading(record, live.get(record.connection, {}))
        for record in state.records.values()
        if record.remote_id not in shown
    }
    return Observation(listings, readings, {}, {}, len(listings) + len(readings))


def _scopes(declared: Declared, state: State) -> Iterator[Scope]:
    yield from (declared.scope(address, KINDS) for address in declared.resources)
    for record in state.records.values():
        parent = KINDS[record.address.type].info.parent_key(record.key)
        yield Scope(record.connection, record.address.type, parent)


def _listing(scope: Scope, datasets: Mapping[str, Data]) -> Listing:
    everything = Response(200, body={"items": [_dataset(name, data) for name, data in datasets.items()]})
    answers = [everything]
    if scope.type == EXPORT and scope.parent[0] in datasets:
        data = datasets[scope.parent[0]]
        exports = [_export(data["id"], each) for each in data.get("exports", ())]
        answers.append(Response(200, body={"items": exports}))
    found: Listing = drive(KINDS[scope.type].listing(scope.parent), *answers)
    return found


def _reading(record: Record, datasets: Mapping[str, Data]) -> LiveObject | None:
    dataset_id, _, own = record.remote_id.partition("/")
    answer: Any = MISSING
    for name, data in datasets.items():
        if data["id"] == dataset_id and not own:
            answer = Response(200, body=_dataset(name, data))
        for each in data.get("exports", ()) if data["id"] == dataset_id else ():
            if each["id"] == own:
                answer = Response(200, body=_export(dataset_id, each))
    found: LiveObject | None = drive(KINDS[record.address.type].reading(record.key, record.remote_id), answer)
    return found


def _dataset(name: str, data: Data) -> dict[str, Any]:
    fields = {key: value for key, value in data.items() if key not in {"id", "exports", "deleting"}}
    going = {"deleteOp": "/x"} if data.get("deleting") else {}
    known = {"datasetId": f"{ORGANIZATION}_{data['id']}", "workspaceId": ORGANIZATION, "name": name, "content": "Image"}
    return {**known, **fields, **going}


def _export(dataset_id: str, data: Data) -> dict[str, Any]:
    status = _STATUS[data.get("state", "finished")]
    return {
        "workspaceId": ORGANIZATION,
        "datasetId": f"{ORGANIZATION}_{dataset_id}",
        "datasetExportId": data["id"],
        "spec": {
            "format": data.get("format", "ViFull"),
            "options": {"normalized": data.get("normalized", True), "splitRatio": data.get("splitRatio")},
        },
        "status": {"conditions": [{"condition": "Finished", "status": status, "lastTransitionTime": 1}]},
        "metadata": {"timeCreated": data.get("made", 1)},
    }
