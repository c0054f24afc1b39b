"""Import: adopt what exists, and write manifests that plan to nothing.

The manifests are written before the records are saved: a record without a manifest would be an object to delete.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from dsops.engine.apply import store_of
from dsops.engine.connect import Clients, at_home, connected, kinds_of
from dsops.engine.observe import Observer
from dsops.engine.options import Emit, Options, Workspace
from dsops.engine.rowimport import ImportedRows, RowImport
from dsops.engine.runtime import in_time, lock_wait
from dsops.engine.sending import holder_of
from dsops.manifest import STACK_FILE, write_documents
from dsops.manifest.rows import write_rows
from dsops.model import (
    NAME_PATTERN,
    PLAIN_META,
    Address,
    Connection,
    DsopsError,
    Event,
    EventKind,
    Kind,
    LiveObject,
    NaturalKey,
    Record,
    Resource,
    RowMode,
    RowsPatch,
    Stack,
    State,
)
from dsops.planner import Scope, declare
from dsops.providers import further_schemas, kind_of, kinds, schemas

Write = Callable[[Mapping[str, str | Iterable[bytes]]], None]
_Place = tuple[str, NaturalKey]
_LONGEST = 200
"""Characters of a name that a provider gave: with a number and a suffix it must still be one of a file."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported.

    Attributes:
        files: File name to YAML text, as written.
        recorded: How many objects were adopted.
        notes: What was left out, and why.
        rows: Names of the files with rows, as written.
    """

    files: Mapping[str, str]
    recorded: int
    notes: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """An object to import, with the address it gets, and its manifest where that is there already."""

    address: Address
    kind: Kind
    live: LiveObject
    parent: Address | None
    resource: Resource | None = None
    rows: ImportedRows | None = None


async def import_one(
    workspace: Workspace,
    address: Address,
    remote: str,
    connection: str | None,
    options: Options,
    emit: Emit,
    write: Write,
    *,
    folder: str = "",
) -> Imported:
    """Import one object, and what stands below it, under an address.

    Args:
        workspace: The stack.
        address: What it is to be called.
        remote: Its names at the provider, parents first (``project1/collateral``, ``project1/collateral/dispute``), or
            its identifier there.
        connection: Where it is; None for the only connection of its provider.
        options: What was asked for.
        emit: Told what happens.
        write: Writes the manifests, and rows; called before anything is recorded.
        folder: Where it writes them, below the stack folder.

    Raises:
        DsopsError: It isn't there, is recorded already, or can't be read.
    """
    if address.type not in schemas() and address.type not in further_schemas(address.provider):
        raise DsopsError.of(f"there is no kind {address.type}", hint=f"kinds: {', '.join(sorted(schemas()))}")
    kind = kind_of(address.type)
    name = _connection(workspace.stack, address.provider, connection)
    alone = len(kind.info.own_key) == 1 and kind.info.parent is None
    key = (remote,) if alone else tuple(remote.split("/"))

    async def find(observer: Observer) -> list[tuple[Kind, LiveObject]]:
        scope = Scope(name, address.type, kind.info.parent_key(key))
        await observer.read([scope], ())
        objects = observer.seen.listings[scope].objects
        live = next((each for each in objects if remote == each.remote_id or each.key == key), None)
        if live is None:
            raise DsopsError.of(f"{address.type} {remote} does not exist on connection {name}")
        return [(kind, live), *await _below(kind, live, name, observer)]

    return await _import(workspace, name, {address.type: address}, find, options, emit, write, folder)


async def import_all(
    workspace: Workspace, connection: str, options: Options, emit: Emit, write: Write, *, folder: str = ""
) -> Imported:
    """Import everything on a connection that this stack neither declares nor records; arguments as for one.

    Raises:
        DsopsError: Something can't be read.
    """
    stack = workspace.stack
    if connection not in stack.connections:
        raise DsopsError.of(
            f"no connection {connection!r}", hint=f"connections: {', '.join(sorted(stack.connections))}"
        )
    provider = stack.connections[connection].provider
    tops = [kind for kind in kinds(provider).values() if kind.info.parent is None]

    async def find(observer: Observer) -> list[tuple[Kind, LiveObject]]:
        found: list[tuple[Kind, LiveObject]] = []
        await observer.read([Scope(connection, kind.info.type) for kind in tops], ())
        for kind in tops:
            objects = observer.seen.listings[Scope(connection, kind.info.type)].objects
            await observer.read([scope for each in objects for scope in _scopes_below(kind, each.key, connection)], ())
            for each in sorted(objects, key=_by_key):
                found += [(kind, each), *await _below(kind, each, connection, observer)]
        return found

    return await _import(workspace, connection, {}, find, options, emit, write, folder)


Find = Callable[[Observer], Awaitable[list[tuple[Kind, LiveObject]]]]


async def _import(
    workspace: Workspace,
    connection: str,
    given: Mapping[str, Address],
    find: Find,
    options: Options,
    emit: Emit,
    write: Write,
    folder: str,
) -> Imported:
    """Find, name, write the manifests, then save the records, under the lease."""
    stack = workspace.stack

    def tell(words: str) -> None:
        emit(Event(EventKind.WAITING, words))

    store = store_of(stack)
    async with (
        store.lease(command=options.command, wait=lock_wait(options), on_event=tell) as session,
        connected(stack, options, emit) as clients,
    ):
        state = at_home(session.state, stack)
        async with in_time(options.deadline):
            found = await find(Observer(clients, kinds_of(stack)))
            naming = _Naming(workspace, state, connection, given)
            new = [each for kind, live in found if (each := naming.take(kind, live)) is not None]
            new = [await _with_rows(each, connection, clients) for each in new]
        manifests = [each for each in new if each.resource is None]
        files = _files(manifests, workspace, connection, folder)
        rows = {_rows_file(each.address): each.rows for each in manifests if each.rows}
        write(files | {name: write_rows(each.documents()) for name, each in rows.items()})
        records = [_record(each, stack.connections[connection]) for each in new]
        pairs = zip(new, records, strict=True)
        patches = [RowsPatch(holder_of(record), each.rows.marks(), clear=True) for each, record in pairs if each.rows]
        await session.save(put=records, rows=patches)
    doubled = [
        f"{name}: some rows are there twice; mode upsert leaves the second ones alone"
        for name, each in rows.items()
        if each.mode is RowMode.UPSERT
    ]
    return Imported(files, len(new), (*naming.notes, *doubled), tuple(rows))


async def _with_rows(found: _Found, connection: str, clients: Clients) -> _Found:
    """Read the rows of an object whose manifest is to be written."""
    codec = found.kind.rows
    if codec is None or found.resource is not None:
        return found
    rows = RowImport(codec)
    await clients.read(connection, found.kind.reading(found.live.key, found.live.remote_id), rows)
    return dataclasses.replace(found, rows=rows.ended()) if len(rows) else found


class _Naming:
    """Gives each object an address that nothing else in the stack has."""

    def __init__(self, workspace: Workspace, state: State, connection: str, given: Mapping[str, Address]) -> None:
        declared = declare(workspace.resources, kinds_of(workspace.stack))
        here = [each for each in workspace.resources if each.connection == connection]
        self._given = dict(given)
        self._resources = declared.resources
        self._taken = {*state.records, *declared.resources}
        self._by_place = {(each.address.type, declared.keys[each.address]): each.address for each in here}
        self._recorded = {
            (each.address.type, each.key): each.address
            for each in state.records.values()
            if each.connection == connection
        }
        self.notes: list[str] = []

    def take(self, kind: Kind, live: LiveObject) -> _Found | None:
        """Return the object with an address, or None (and a note) when it is recorded already.

        One that is declared keeps its address: with its state lost, import gives a stack its records back.
        """
        info = kind.info
        place = (info.type, live.key)
        name = f"{info.type} {'/'.join(live.key)}"
        if (recorded := self._recorded.get(place)) is not None:
            self.notes.append(f"{name} is {recorded} already")
            return None
        if (declared := self._by_place.get(place)) is not None:
            self.notes.append(f"{name} is declared as {declared}: it is recorded")
            resource = self._resources[declared]
            parent = resource.parent if isinstance(resource.parent, Address) else None
            return _Found(declared, kind, live, parent, resource)
        # What was asked for is found first, and what stands below it is of other kinds.
        address = self._given.pop(info.type, None) or self._free(kind, live.key)
        if address in self._taken:
            raise DsopsError.of(f"{address} is another object of this stack", hint="give the import another name")
        self._taken.add(address)
        self._by_place[place] = address
        parent = self._by_place.get((info.parent, info.parent_key(live.key))) if info.parent else None
        return _Found(address, kind, live, parent)

    def _free(self, kind: Kind, key: NaturalKey) -> Address:
        """The shortest tail of its natural key that is free: ``dispute``, then ``collateral.dispute``, ..."""
        info = kind.info
        names = [_plain(".".join(key[-count:])) for count in range(1, len(key) + 1)]
        names += [f"{names[-1]}-{number}" for number in range(2, len(self._taken) + 3)]
        candidates = (Address(info.provider, info.kind, name) for name in names)
        return next(each for each in candidates if each not in self._taken)


def _plain(name: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:_LONGEST]
    return name if NAME_PATTERN.fullmatch(name) else f"x{name}"


def _connection(stack: Stack, provider: str, connection: str | None) -> str:
    fitting = sorted(name for name, each in stack.connections.items() if each.provider == provider)
    if connection in fitting:
        return connection
    if connection is None and len(fitting) == 1:
        return fitting[0]
    hint = f"connections of {provider}: {', '.join(fitting) or 'none'}"
    raise DsopsError.of(f"which connection? give --connection ({connection or 'none'} does not fit)", hint=hint)


def _scopes_below(kind: Kind, key: NaturalKey, connection: str) -> list[Scope]:
    return [
        Scope(connection, each.info.type, key)
        for each in kinds(kind.info.provider).values()
        if each.info.parent == kind.info.type
    ]


async def _below(kind: Kind, live: LiveObject, connection: str, observer: Observer) -> list[tuple[Kind, LiveObject]]:
    scopes = _scopes_below(kind, live.key, connection)
    await observer.read(scopes, ())
    listings = observer.seen.listings
    return [(kind_of(scope.type), each) for scope in scopes for each in sorted(listings[scope].objects, key=_by_key)]


def _by_key(live: LiveObject) -> NaturalKey:
    return live.key


def _record(found: _Found, connection: Connection) -> Record:
    """Return the record of an object as it is: nothing was applied to it."""
    live, resource = found.live.attributes, found.resource
    desired = found.kind.normalise(found.kind.manifest(found.live) if resource is None else resource.spec)
    depends_on = (found.parent,) if found.parent else ()
    meta = PLAIN_META if resource is None else resource.meta
    return Record(
        address=found.address,
        connection=connection.name,
        endpoint=connection.account,
        remote_id=found.live.remote_id,
        key=found.live.key,
        parent=found.parent,
        depends_on=depends_on if resource is None else resource.depends_on,
        attributes={path: live[path] for path in desired if path in live},
        protect=meta.protect,
        policy=meta.policy,
        replace=meta.replace,
        schema_version=found.kind.info.schema_version,
        rows=found.rows.recorded() if found.rows else None,
    )


def _files(found: list[_Found], workspace: Workspace, connection: str, folder: str) -> dict[str, str]:
    """Put each top object and what stands below it into one file."""
    connections = workspace.stack.connections
    several = sum(each.provider == connections[connection].provider for each in connections.values()) > 1
    documents: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in found:
        top = each.parent or each.address
        documents[_manifest_file(top)].append(_document(each, connection if several else None, folder))
    return {name: write_documents(each) for name, each in documents.items()}


def _manifest_file(address: Address) -> str:
    """Return the name of a file that is no stack file: that would make a stack of its own of the folder."""
    name = f"{address.name}.yaml"
    return name if name.lower() != STACK_FILE else f"{address.name}.{address.kind.lower()}.yaml"


def _rows_file(address: Address) -> str:
    return f"rows/{address.name}.jsonl"


def _document(found: _Found, connection: str | None, folder: str) -> dict[str, Any]:
    info = found.kind.info
    spec = dict(found.kind.manifest(found.live))
    if spec.get("name") == found.address.name:
        del spec["name"]
    if info.parent_field:
        parent = found.parent.name if found.parent else _outside(info.parent_key(found.live.key))
        spec = {info.parent_field: parent, **spec}
    if found.rows is not None:
        spec["rows"] = found.rows.spec((PurePosixPath(folder) / _rows_file(found.address)).as_posix())
    metadata = {"name": found.address.name, **({"connection": connection} if connection else {})}
    return {"apiVersion": f"{info.provider}/v1", "kind": info.kind, "metadata": metadata, "spec": spec}


def _outside(key: NaturalKey) -> str:
    """Write the name of an object outside the stack: it has a slash, at its beginning where there is no other."""
    return "/".join(key) if len(key) > 1 else f"/{key[0]}"
