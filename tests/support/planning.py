"""Plans from plain data: manifests, records and the provider's own documents go in, a planner's inputs come out.

Everything on the way is the real thing: manifests are read from files, live objects are decoded by the provider.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsops.manifest import load
from dsops.model import (
    ALL_VERBS,
    Address,
    Diagnostic,
    DsopsError,
    Failure,
    FailureKind,
    Flow,
    FlowFailure,
    Kind,
    Listing,
    LiveObject,
    Lookup,
    NaturalKey,
    Record,
    Resource,
    Response,
    Stack,
    State,
    Verb,
    error,
)
from dsops.planner import Declared, Inputs, Observation, Scope, Settings, declare
from dsops.providers import kinds

Data = Mapping[str, Any]

ENDPOINT = "https://cm.example.com/acme/prod/reinfer_"
CONNECTIONS = {
    "uipath": {"cm": ENDPOINT},
    "geai": {"evals": "https://evals.example.com"},
    "vi": {"vi": "https://vi.example.com"},
}
"""The connections of a stack that names none, by provider."""
SETTINGS = {"vi": {"organization": "acme"}}
"""What else they say."""
TODAY = dt.date(2026, 1, 15)
KINDS = kinds()
DATASET, STREAM = "uipath/Dataset", "uipath/Stream"
FORBIDDEN = Failure(FailureKind.FORBIDDEN, "the token lacks Model Admin", "403")
MISSING = Failure(FailureKind.NOT_FOUND, "no such object", "404")


def drive(flow: Flow, *answers: Response | Failure) -> Any:
    """Run a flow to its end, one answer for each call it makes; returns what it found."""
    waiting = list(answers)
    try:
        call = next(flow)
        while True:
            given = waiting.pop(0)
            if isinstance(given, Failure):
                call = flow.throw(FlowFailure(call, given, int(given.code)))
            else:
                call = flow.send(given)
    except StopIteration as done:
        assert not waiting, "the flow asked less than it was to"
        return done.value


def ok(**content: Any) -> Response:
    """Return a success of the provider."""
    return Response(200, body={"status": "ok", **content})


def load_stack(
    folder: Path, documents: Sequence[Data], connections: Mapping[str, str], safety: Data, provider: str = "uipath"
) -> tuple[Stack, tuple[Resource, ...]]:
    """Write a stack's files and read them, as a command does.

    Raises:
        DsopsError: They have errors.
    """
    accounts = {
        name: {"provider": provider, "endpoint": endpoint, "token": "${env:TOKEN}", **SETTINGS.get(provider, {})}
        for name, endpoint in connections.items()
    }
    spec = {"connections": accounts, **({"safety": safety} if safety else {})}
    stack = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "mail"}, "spec": spec}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dsops.yaml").write_text(json.dumps(stack), encoding="utf-8")
    (folder / "resources.yaml").write_text("\n---\n".join(map(json.dumps, documents)), encoding="utf-8")
    schemas = {type_: kind.info.schema for type_, kind in KINDS.items()}
    loaded = load(folder, env=None, variables={}, environ={}, schemas=schemas)
    wrong = [each for each in loaded.diagnostics if each.is_error]
    if wrong or loaded.stack is None:
        raise DsopsError(*wrong)
    return loaded.stack, loaded.resources


def state_of(recorded: Mapping[str, Data]) -> State:
    """Return a state that holds records: address to id, key (``project1/collateral``), attributes and switches."""
    records = {address: _record(Address.parse(address), data) for address, data in recorded.items()}
    return State("lineage", 7, "mail", None, {record.address: record for record in records.values()})


def _record(address: Address, data: Data) -> Record:
    parent = data.get("parent")
    ((connection, endpoint),) = CONNECTIONS[address.provider].items()
    policy = frozenset(Verb(verb) for verb in data["policy"]) if "policy" in data else ALL_VERBS
    return Record(
        address=address,
        connection=data.get("connection", connection),
        endpoint=data.get("endpoint", " ".join((endpoint, *_parts(address.provider)))),
        remote_id=data["id"],
        key=tuple(data["key"].split("/")),
        parent=Address.parse(parent) if parent else None,
        depends_on=tuple(map(Address.parse, data.get("depends_on", [parent] if parent else []))),
        attributes=data.get("attributes", {}),
        protect=data.get("protect", False),
        policy=policy,
        replace=data.get("replace", False),
    )


def _parts(provider: str) -> list[str]:
    return [f"{name}={value}" for name, value in SETTINGS.get(provider, {}).items()]


class Server:
    """What stands at the provider: connection to ``project/dataset`` to the dataset's document.

    A dataset's ``streams`` (name to document) and ``tags`` (name to version, or ``forbidden``) stand beside its
    fields. A document with ``unlisted: true`` shows when it is read by name, and in no listing.
    """

    def __init__(self, live: Mapping[str, Mapping[str, Data]]) -> None:
        """Keep it."""
        self.live = live

    def observe(self, declared: Declared, state: State) -> Observation:
        """Return what reading all of it gives, decoded by the provider."""
        listings = {scope: self._listing(scope) for scope in sorted(set(self._scopes(declared, state)))}
        readings = {
            (record.connection, record.address.type, record.key): self._reading(record)
            for record in state.records.values()
            if not self._shown(record, listings)
        }
        lookups: dict[Address, Lookup] = {}
        failed: dict[Address, Diagnostic] = {}
        for address in declared.resources:
            self._look_up(address, declared, lookups, failed)
        return Observation(listings, readings, lookups, failed, len(listings) + len(readings))

    def _scopes(self, declared: Declared, state: State) -> Iterator[Scope]:
        for connection, datasets in self.live.items():
            yield Scope(connection, DATASET)
            yield from (Scope(connection, STREAM, tuple(name.split("/"))) for name in datasets)
        yield from (declared.scope(address, KINDS) for address in declared.resources)
        for record in state.records.values():
            parent = KINDS[record.address.type].info.parent_key(record.key)
            yield Scope(record.connection, record.address.type, parent)

    def _listing(self, scope: Scope) -> Listing:
        kind = KINDS[scope.type]
        datasets = self.live.get(scope.connection, {})
        if scope.type == DATASET:
            documents = [_dataset(name, data) for name, data in datasets.items() if not data.get("unlisted")]
            found: Listing = drive(kind.listing(()), ok(datasets=documents))
            return found
        dataset = datasets.get("/".join(scope.parent))
        if dataset is None:
            missing: Listing = drive(kind.listing(scope.parent), MISSING)
            return missing
        streams = dataset.get("streams", {})
        shown = [_stream(name, data) for name, data in streams.items() if not data.get("unlisted")]
        listed: Listing = drive(kind.listing(scope.parent), ok(streams=shown))
        return listed

    def _reading(self, record: Record) -> LiveObject | None:
        kind: Kind = KINDS[record.address.type]
        dataset = self.live.get(record.connection, {}).get("/".join(record.key[:2]))
        answer: Response | Failure = MISSING
        if dataset is not None and record.address.type == DATASET:
            answer = ok(dataset=_dataset("/".join(record.key), dataset))
        elif dataset is not None and record.key[-1] in dataset.get("streams", {}):
            answer = ok(stream=_stream(record.key[-1], dataset["streams"][record.key[-1]]))
        found: LiveObject | None = drive(kind.reading(record.key), answer)
        return found

    @staticmethod
    def _shown(record: Record, listings: Mapping[Scope, Listing]) -> bool:
        return any(
            scope.connection == record.connection
            and scope.type == record.address.type
            and each.remote_id == record.remote_id
            for scope, listing in listings.items()
            for each in listing.objects
        )

    def _look_up(
        self, address: Address, declared: Declared, lookups: dict[Address, Lookup], failed: dict[Address, Diagnostic]
    ) -> None:
        key = declared.keys[address]
        flow = KINDS[address.type].lookups(declared.attributes[address], key)
        if flow is None:
            return
        try:
            lookups[address] = drive(flow, self._tags(declared.resources[address].connection, key))
        except LookupError as unknown:
            failed[address] = error(str(unknown), address=address)
        except FlowFailure as refused:
            failed[address] = error(f"{refused.status}: {refused.failure.message}", address=address)

    def _tags(self, connection: str, key: NaturalKey) -> Response | Failure:
        dataset = self.live.get(connection, {}).get("/".join(key[:2]))
        if dataset is None:
            return MISSING
        tags = dataset.get("tags", {})
        if tags == "forbidden":
            return FORBIDDEN
        return ok(model_tags=[{"name": name, "version": version} for name, version in tags.items()])


_OURS = frozenset({"streams", "tags", "unlisted"})


def _dataset(name: str, data: Data) -> dict[str, Any]:
    owner, own = name.split("/")
    return {"owner": owner, "name": own, **{key: value for key, value in data.items() if key not in _OURS}}


def _stream(name: str, data: Data) -> dict[str, Any]:
    return {"name": name, **{key: value for key, value in data.items() if key not in _OURS}}


def inputs_of(
    stack: Stack, resources: Sequence[Resource], state: State, live: Mapping[str, Mapping[str, Data]], **asked: Any
) -> Inputs:
    """Return what a plan is made of; ``asked`` are a plan's ``Settings`` and ``today``.

    Raises:
        DsopsError: The resources contradict each other.
    """
    today = asked.pop("today", TODAY)
    settings = Settings(**asked)
    declared = declare(() if settings.destroy else resources, KINDS)
    return Inputs(stack, declared, state, Server(live).observe(declared, state), KINDS, today, settings)
