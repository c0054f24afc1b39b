"""Operations at work: the calls of one operation, sent until it has answered.

Calls of operations go through the same door as reads: they are tried again when an answer is lost. That is safe for all
of them, since each reads or sets a state that is given whole (``dsops.model.operation``).
"""

import difflib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dsops.engine.connect import Clients, connected
from dsops.engine.observe import together
from dsops.engine.options import Emit, Options, Workspace
from dsops.engine.places import Place, addresses_on, operation_on, recorded_id
from dsops.engine.rowreads import RowCount, RowSearch
from dsops.model import (
    Arguments,
    Connection,
    DsopsError,
    Entry,
    FailureKind,
    Flow,
    FlowFailure,
    Kind,
    Listing,
    Operation,
    Page,
    RemoteError,
    RowCodec,
    RowSink,
    digest,
)
from dsops.providers import kind_of

_ID = "id"
# The form of a UUID, whatever its digits: what has it is asked for by id before all rows are searched.
_ID_LIKE = re.compile(r"[0-9A-Za-z]{8}(-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}")


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a listing: where it is, and the provider's document about it, unchanged."""

    place: Place
    document: Mapping[str, Any]


class Desk:
    """Where operations of a stack's connections are asked for, for the length of a run."""

    def __init__(self, workspace: Workspace, clients: Clients, emit: Emit) -> None:
        """Keep what a run works with."""
        self.workspace = workspace
        self.emit = emit
        self._clients = clients
        self._ids: dict[Place, str] = {}

    def operation(self, place: Place, name: str) -> Operation:
        """Return what a command's words mean on the connection of a place.

        Raises:
            DsopsError: Nothing: its provider can't do that.
        """
        return operation_on(self.workspace.stack, place.connection, name)

    def endpoint(self, place: Place) -> str:
        """Return the endpoint of a place's connection."""
        return self._clients.account(place.connection)

    def connection(self, place: Place) -> Connection:
        """Return the connection of a place."""
        return self._clients.connection(place.connection)

    async def perform(self, name: str, place: Place, arguments: Arguments, sink: RowSink | None = None) -> Any:
        """Run one operation to its answer.

        Args:
            name: The words of the command: ``stream fetch``.
            place: The object it is about.
            arguments: What is given; nothing stands for None.
            sink: Takes the rows of calls that stream them.

        Raises:
            DsopsError: The arguments can't be sent (then nothing was), the provider refused, or no answer came.
        """
        flow = self.check(name, place, arguments)
        if _ID in self.operation(place, name).arguments:
            flow = self.check(name, place, arguments, await self._remote_id(name, place))
        return await self._clients.read(place.connection, flow, sink)

    def check(self, name: str, place: Place, arguments: Arguments, remote_id: str = "") -> Flow:
        """Return the flow of an operation, not begun.

        Args:
            name: The words of the command.
            place: The object it is about.
            arguments: What is given.
            remote_id: The object's id, where the operation goes by it.

        Raises:
            DsopsError: The arguments can't be sent.
        """
        operation = self.operation(place, name)
        known = operation.arguments - {_ID}
        unknown = sorted(arguments.keys() - known)
        if unknown:
            raise DsopsError.of(f"{name} of connection {place.connection} doesn't take {', '.join(unknown)}")
        try:
            return operation.flow(place.key, {**arguments, _ID: remote_id} if _ID in operation.arguments else arguments)
        except ValueError as wrong:
            raise DsopsError.of(str(wrong), hint="nothing was sent") from wrong

    async def _remote_id(self, name: str, place: Place) -> str:
        """Return an object's id: the one that is recorded, else the one that the provider lists."""
        if place not in self._ids:
            self._ids[place] = recorded_id(self.workspace, place, self.endpoint(place)) or await self._listed(
                name, place
            )
        return self._ids[place]

    async def _listed(self, name: str, place: Place) -> str:
        kind = self._kind(name, place)
        listing: Listing = await self._clients.read(place.connection, kind.listing(kind.info.parent_key(place.key)))
        found = next((each.remote_id for each in listing.objects if each.key == place.key), None)
        if found is None:
            near = difflib.get_close_matches(place.name, ["/".join(each.key) for each in listing.objects], 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {len(listing.objects):,} others"
            raise DsopsError.of(f"connection {place.connection} has no {kind.info.kind} {place.name!r}", hint=hint)
        return found

    def _kind(self, name: str, place: Place) -> Kind:
        provider = self._clients.connection(place.connection).provider
        return kind_of(f"{provider}/{self.operation(place, name).kind}")

    async def pages(self, name: str, place: Place, arguments: Arguments | None) -> AsyncIterator[Page]:
        """Ask for page after page, to the last one; None asks for nothing.

        Raises:
            DsopsError: A page can't be had, or the provider names a page a second time.
        """
        asked: set[str] = set()
        while arguments is not None:
            mark = digest(arguments)
            if mark in asked:
                raise RemoteError.of(
                    f"{name} {place}: the provider names a next page that it named before",
                    hint="what was read so far is kept where it was written; try again later",
                )
            asked.add(mark)
            page: Page = await self.perform(name, place, arguments)
            yield page
            arguments = page.next

    async def get(self, name: str, place: Place) -> Found:
        """Read one object; of one that has rows also how many.

        Raises:
            DsopsError: It isn't there, or can't be read.
        """
        rows = RowCount()
        entry: Entry = await self.perform(name, place, {}, rows)
        counted = {} if rows.count is None else {"rows": rows.count}
        return Found(place, {**entry.document, **counted})

    async def get_row(self, name: str, place: Place, row: str, part: Arguments) -> Found:
        """Read one row of an object, or what is nested in it.

        Args:
            name: The words of the command.
            place: The object.
            row: The row's id; or its key: the values of the fields that identify it, ``" | "`` between them.
            part: Names what is nested; empty for the row itself.

        Raises:
            DsopsError: It isn't there, or there are several, or it can't be read.
        """
        self.check(name, place, {"row": row, **part})
        entry = await self._by_row_id(name, place, {"row": row, **part}) if _ID_LIKE.fullmatch(row) else None
        if entry is None:
            search = RowSearch(row, *self._identity(name, place))
            await self.perform(name, place, {}, search)
            entry = await self.perform(name, place, {"row": search.only(str(place)), **part})
        return Found(Place(place.connection, entry.key, place.address), entry.document)

    async def _by_row_id(self, name: str, place: Place, arguments: Arguments) -> Entry | None:
        flow = self.check(name, place, arguments, await self._remote_id(name, place))
        try:
            entry: Entry = await self._clients.drive(place.connection, flow)
        except FlowFailure as failed:
            if failed.failure.kind is FailureKind.NOT_FOUND:
                return None
            raise self._clients.refused(place.connection, failed) from failed
        return entry

    def _identity(self, name: str, place: Place) -> tuple[RowCodec, tuple[str, ...]]:
        """Return how rows of an object are read, and which fields identify one: those declared, else the first one."""
        codec = self._kind(name, place).rows
        if codec is None:
            raise DsopsError.of(f"{place} has no rows")
        declared = (each.rows for each in self.workspace.resources if each.address == place.address)
        return codec, next((rows.key for rows in declared if rows is not None), codec.fields[:1])

    async def listing(self, name: str, place: Place, arguments: Arguments) -> list[Found]:
        """List what is below a place, by natural key unless the arguments choose another order.

        Raises:
            DsopsError: It can't be read, to its end.
        """
        addresses = addresses_on(self.workspace, self.operation(place, name).kind, place.connection)
        found = [
            Found(Place(place.connection, entry.key, addresses.get(entry.key)), entry.document)
            async for page in self.pages(name, place, arguments)
            for entry in page.items
        ]
        ordered = arguments.keys() & self.operation(place, name).orders
        return found if ordered else sorted(found, key=lambda each: each.place.key)

    async def listings(self, name: str, places: list[Place]) -> list[Found]:
        """List what is below each of many places, as parallel as the connections allow.

        Raises:
            DsopsError: One of them can't be read.
        """
        found: list[Found] = []

        async def one(place: Place) -> None:
            found.extend(await self.listing(name, place, {}))

        await together(one(place) for place in places)
        return sorted(found, key=lambda each: each.place.key)


@asynccontextmanager
async def desk(workspace: Workspace, command: str, emit: Emit) -> AsyncIterator[Desk]:
    """Open the connections of a stack for the operations of one command."""
    async with connected(workspace.stack, Options(command=command), emit) as clients:
        yield Desk(workspace, clients, emit)
