"""Operations at work: the calls of one operation, sent until it has answered.

Calls of operations go through the same door as reads: they are tried again when an answer is lost. That is safe for all
of them, since each reads or sets a state that is given whole (``dsops.model.operation``).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dsops.engine.connect import Clients, connected
from dsops.engine.observe import together
from dsops.engine.options import Emit, Options, Workspace
from dsops.engine.places import Place, addresses_on, operation_on
from dsops.model import (
    Arguments,
    DsopsError,
    Entry,
    Flow,
    Operation,
    Page,
    RemoteError,
    digest,
)


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

    def operation(self, place: Place, name: str) -> Operation:
        """Return what a command's words mean on the connection of a place.

        Raises:
            DsopsError: Nothing: its provider can't do that.
        """
        return operation_on(self.workspace.stack, place.connection, name)

    def endpoint(self, place: Place) -> str:
        """Return the endpoint of a place's connection."""
        return self._clients.connection(place.connection).endpoint

    async def perform(self, name: str, place: Place, arguments: Arguments) -> Any:
        """Run one operation to its answer.

        Args:
            name: The words of the command: ``stream fetch``.
            place: The object it is about.
            arguments: What is given; nothing stands for None.

        Raises:
            DsopsError: The arguments can't be sent (then nothing was), the provider refused, or no answer came.
        """
        return await self._clients.read(place.connection, self.check(name, place, arguments))

    def check(self, name: str, place: Place, arguments: Arguments) -> Flow:
        """Return the flow of an operation, not begun.

        Raises:
            DsopsError: The arguments can't be sent.
        """
        operation = self.operation(place, name)
        unknown = sorted(arguments.keys() - operation.arguments)
        if unknown:
            raise DsopsError.of(f"{name} of connection {place.connection} doesn't take {', '.join(unknown)}")
        try:
            return operation.flow(place.key, arguments)
        except ValueError as wrong:
            raise DsopsError.of(str(wrong), hint="nothing was sent") from wrong

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
        """Read one object.

        Raises:
            DsopsError: It isn't there, or can't be read.
        """
        entry: Entry = await self.perform(name, place, {})
        return Found(place, entry.document)

    async def listing(self, name: str, place: Place, arguments: Arguments) -> list[Found]:
        """List what is below a place, by natural key.

        Raises:
            DsopsError: It can't be read, to its end.
        """
        addresses = addresses_on(self.workspace, self.operation(place, name).kind, place.connection)
        found = [
            Found(Place(place.connection, entry.key, addresses.get(entry.key)), entry.document)
            async for page in self.pages(name, place, arguments)
            for entry in page.items
        ]
        return sorted(found, key=lambda each: each.place.key)

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
