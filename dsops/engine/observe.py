"""Reading live state in the fewest calls: one listing a scope, single objects only where it leaves a doubt."""

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Coroutine, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from dsops.engine.connect import Clients, drive
from dsops.http import Answer, Client
from dsops.model import (
    Address,
    Call,
    Diagnostic,
    DsopsError,
    Flow,
    FlowFailure,
    Kind,
    Listing,
    LiveObject,
    Lookup,
    NaturalKey,
    Record,
    RowSink,
    Severity,
    error,
    in_order,
    warning,
)
from dsops.planner import Declared, LiveIndex, Observation, Scope, scope_of


class Observer:
    """Collects what is read for one plan. Nothing is read twice."""

    def __init__(self, clients: Clients, kinds: Mapping[str, Kind]) -> None:
        """Start with nothing read."""
        self._clients = clients
        self._kinds = kinds
        self._reads_before = clients.reads
        self._listings: dict[Scope, Listing] = {}
        self._readings: dict[tuple[str, str, NaturalKey], LiveObject | None] = {}
        self._lookups: dict[Address, Lookup] = {}
        self._failed: dict[Address, Diagnostic] = {}
        self._keys_of: dict[Scope, frozenset[NaturalKey]] = {}
        self._ids: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._answers: dict[tuple[str, Call], asyncio.Task[Answer]] = {}
        self._standing: dict[Scope, NaturalKey] = {}
        self._heirs: dict[Address, NaturalKey] = {}

    @property
    def seen(self) -> Observation:
        """Everything read so far."""
        return Observation(
            listings=self._listings,
            readings=self._readings,
            lookups=self._lookups,
            failed=self._failed,
            reads=self._clients.reads - self._reads_before,
        )

    async def observe(
        self,
        declared: Declared,
        records: Mapping[Address, Record],
        chosen: AbstractSet[Address],
        sinks: Mapping[Address, RowSink],
    ) -> None:
        """Read what a plan about the chosen addresses needs.

        Args:
            declared: The declared side.
            records: The recorded side.
            chosen: The addresses that the plan is about.
            sinks: Take the rows of the objects of these addresses.

        Raises:
            DsopsError: Something could not be read; nothing may be concluded then.
        """
        resources = [address for address in declared.resources if address in chosen]
        wanted: defaultdict[str, list[Address]] = defaultdict(list)
        held: defaultdict[str, list[Record]] = defaultdict(list)
        for address in resources:
            wanted[address.type].append(address)
        for address, record in records.items():
            if address in chosen:
                held[address.type].append(record)
        for type_ in self._parents_first():
            if self._kinds[type_].info.read_by_id:
                await self._read_by_id(declared, wanted[type_], held[type_], sinks)
            else:
                scopes = {declared.scope(each, self._kinds) for each in wanted[type_]}
                await self.read(scopes | {self._scope_of(each) for each in held[type_]}, held[type_])
            if self._kinds[type_].info.renamable:
                self._see_renamed(declared, wanted[type_], records)
        self._check_outside(declared, resources)
        self._check_names(declared, [address for address in resources if address not in records])
        await self._look_up(declared, resources)

    def _see_renamed(self, declared: Declared, addresses: Iterable[Address], records: Mapping[Address, Record]) -> None:
        """Note which recorded objects stand under another name than they are declared with.

        What is below them is read where they stand, and shown as standing where they are declared: it goes along.
        """
        index = LiveIndex(self.seen)
        for address in addresses:
            record, key = records.get(address), declared.keys[address]
            live = index.of(record) if record is not None else None
            if live is not None and live.key != key:
                self._standing[Scope(declared.resources[address].connection, address.type, key)] = live.key
                self._heirs[address] = key

    def _scope_of(self, record: Record) -> Scope:
        heir = self._heirs.get(record.parent) if record.parent is not None else None
        return scope_of(record, self._kinds) if heir is None else Scope(record.connection, record.address.type, heir)

    def _parents_first(self) -> list[str]:
        return sorted(self._kinds, key=lambda type_: (_depth(type_, self._kinds), type_))

    async def read(self, scopes: Iterable[Scope], records: Iterable[Record]) -> None:
        """List the scopes, then read each recorded object that its listing doesn't show."""
        new = sorted(set(scopes) - self._listings.keys())
        await together(self._list(scope) for scope in new)
        await together(self._confirm(record) for record in records if not self._is_listed(record))

    async def _confirm(self, record: Record) -> None:
        await self._read_one(record)

    async def _read_by_id(
        self, declared: Declared, wanted: Iterable[Address], held: list[Record], sinks: Mapping[Address, RowSink]
    ) -> None:
        """Read recorded objects by id, and list only where something is declared that none of them is."""
        places = {(declared.resources[each].connection, declared.keys[each]): each for each in wanted}
        missing = dict(places)

        async def recorded(record: Record) -> None:
            heir = places.get((record.connection, record.key), record.address)
            live = await self._read_one(record, sinks.get(heir))
            if live is not None:
                missing.pop((record.connection, live.key), None)

        await together(recorded(record) for record in held)
        await self.read({declared.scope(each, self._kinds) for each in missing.values()}, ())

        async def found(address: Address) -> None:
            scope, key = declared.scope(address, self._kinds), declared.keys[address]
            for live in self._listings[scope].objects:
                if live.key == key and address in sinks:
                    # Another object than the recorded one may have this name now: what was read of that is no answer.
                    self._readings.pop((scope.connection, address.type, key), None)
                    await self._read(scope.connection, address.type, key, live.remote_id, sinks[address])

        await together(found(address) for address in missing.values())

    async def read_again(self, records: Iterable[Record], sinks: Mapping[Address, RowSink]) -> None:
        """Read objects by their ids, with their rows where somebody takes them."""

        async def one(record: Record) -> None:
            await self._read_one(record, sinks.get(record.address))

        await together(one(record) for record in records)

    async def _list(self, scope: Scope) -> None:
        kind = self._kinds[scope.type]
        if self._parent_is_missing(scope, kind):
            listing = Listing((), exists=False)
        else:
            where = self._standing.get(self._above(scope), scope.parent)
            listing = await self._read_listing(scope, kind.listing(where))
            if where != scope.parent:
                shown = (_below(scope.parent, each, kind) for each in listing.objects)
                listing = dataclasses.replace(listing, objects=tuple(shown))
        self._listings[scope] = listing
        self._ids[scope.connection, scope.type].update(each.remote_id for each in listing.objects)

    async def _read_listing(self, scope: Scope, flow: Flow) -> Listing:
        """Read a listing; where parents are found by listing them first, they are listed once for all."""
        by_id = (each.info for each in self._kinds.values() if each.info.parent_by_id)
        if not any(scope.type in (info.type, info.parent) for info in by_id):
            listing: Listing = await self._clients.read(scope.connection, flow)
            return listing
        client = await self._clients.ready(scope.connection)
        try:
            listing = await drive(flow, lambda call: self._once(scope.connection, client, call), scope.connection)
        except FlowFailure as failed:
            raise self._clients.refused(scope.connection, failed) from failed
        return listing

    def _once(self, connection: str, client: Client, call: Call) -> Awaitable[Answer]:
        """Ask what was not asked before."""
        place = (connection, call)
        if place not in self._answers:
            self._answers[place] = asyncio.ensure_future(client.read(call))
        return self._answers[place]

    def _above(self, scope: Scope) -> Scope:
        """Return the place of a scope's parent, written as a scope of its kind."""
        return Scope(scope.connection, self._kinds[scope.type].info.parent or "", scope.parent)

    def _parent_is_missing(self, scope: Scope, kind: Kind) -> bool:
        """Whether the parent is in no listing of its kind, which is whole, and no reading says otherwise."""
        above = kind.info.parent
        if above is None or self._above(scope) in self._standing:
            return False
        higher = Scope(scope.connection, above, self._kinds[above].info.parent_key(scope.parent))
        read = self._readings.get((scope.connection, above, scope.parent))
        return higher in self._listings and scope.parent not in self._keys(higher) and read is None

    def _keys(self, scope: Scope) -> frozenset[NaturalKey]:
        if scope not in self._keys_of:
            self._keys_of[scope] = frozenset(each.key for each in self._listings[scope].objects)
        return self._keys_of[scope]

    def _is_listed(self, record: Record) -> bool:
        return record.remote_id in self._ids[record.connection, record.address.type]

    async def _read_one(self, record: Record, sink: RowSink | None = None) -> LiveObject | None:
        kind, heir = self._kinds[record.address.type], self._scope_of(record).parent
        live = await self._read(record.connection, record.address.type, record.key, record.remote_id, sink)
        if live is None or kind.info.parent_key(live.key) == heir:
            return live
        shown = self._readings[record.connection, record.address.type, record.key] = _below(heir, live, kind)
        return shown

    async def _read(
        self, connection: str, type_: str, key: NaturalKey, remote_id: str, sink: RowSink | None
    ) -> LiveObject | None:
        place = (connection, type_, key)
        if place not in self._readings:
            flow = self._kinds[type_].reading(key, remote_id)
            self._readings[place] = await self._clients.read(connection, flow, sink)
        return self._readings[place]

    def _check_outside(self, declared: Declared, addresses: Iterable[Address]) -> None:
        """Refuse a parent outside the stack that is not there."""
        missing = []
        for address in addresses:
            resource = declared.resources[address]
            if not isinstance(resource.parent, str):
                continue
            if not self._listings[declared.scope(address, self._kinds)].exists:
                summary = f"{resource.parent} does not exist on connection {resource.connection}"
                hint = "correct the name, or declare it in this stack and refer to it by its name there"
                missing.append(error(summary, hint=hint, source=resource.source, address=address))
        if missing:
            raise DsopsError(*missing)

    def _check_names(self, declared: Declared, addresses: Iterable[Address]) -> None:
        """Refuse to choose among several objects of one name: some providers take a name twice."""
        wanted = {(declared.scope(each, self._kinds), declared.keys[each]): each for each in addresses}
        found: dict[tuple[Scope, NaturalKey], list[str]] = {}
        for scope in {scope for scope, _ in wanted}:
            listing = self._listings.get(scope)
            for live in listing.objects if listing else ():
                if (scope, live.key) in wanted:
                    found.setdefault((scope, live.key), []).append(live.remote_id)
        several = []
        for place, ids in found.items():
            if len(ids) > 1:
                address = wanted[place]
                summary = f"{len(ids)} objects are called {'/'.join(place[1])} on connection {place[0].connection}"
                detail = f"Their ids are {', '.join(sorted(ids))}, and nothing tells which of them is meant."
                hint = "import the one that is meant by its id, or rename the others at the provider"
                source = declared.resources[address].source
                several.append(error(summary, detail=detail, hint=hint, source=source, address=address))
        if several:
            raise DsopsError(*in_order(several))

    async def _look_up(self, declared: Declared, addresses: Iterable[Address]) -> None:
        """Ask what planning must know; equal questions are asked once, and a failure concerns only who asked."""

        async def one(address: Address, flow: Flow) -> None:
            resource = declared.resources[address]
            client = self._clients.client(resource.connection)

            try:
                self._lookups[address] = await drive(
                    flow, lambda call: self._once(resource.connection, client, call), resource.connection
                )
            except LookupError as unknown:
                self._failed[address] = warning(str(unknown), source=resource.source, address=address)
            except FlowFailure as failed:
                first = self._clients.refused(resource.connection, failed).diagnostics[0]
                self._failed[address] = dataclasses.replace(
                    first, severity=Severity.WARNING, source=resource.source, address=address
                )

        flows = (
            (each, self._kinds[each.type].lookups(declared.attributes[each], declared.keys[each])) for each in addresses
        )
        await together(one(address, flow) for address, flow in flows if flow is not None)


async def together(tasks: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all to their end and raise what went wrong with any of them, as one error."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = [each for each in results if isinstance(each, BaseException)]
    for each in wrong:
        if not isinstance(each, DsopsError):
            raise each
    diagnostics = (diagnostic for each in wrong if isinstance(each, DsopsError) for diagnostic in each.diagnostics)
    if wrong:
        raise DsopsError(*in_order(diagnostics))


def _below(parent: NaturalKey, live: LiveObject, kind: Kind) -> LiveObject:
    """Return an object as standing below a parent of another name."""
    own = live.key[-len(kind.info.own_key) :]
    return dataclasses.replace(live, key=(*parent, *own))


def _depth(type_: str, kinds: Mapping[str, Kind]) -> int:
    parent = kinds[type_].info.parent
    return 0 if parent is None else 1 + _depth(parent, kinds)
