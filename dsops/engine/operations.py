"""Operations at work: what a name means, and the calls of one operation sent until it has answered.

Calls of operations go through the same door as reads: they are tried again when an answer is lost. That is safe for all
of them, since each reads or sets a state that is given whole (``dsops.model.operation``).
"""

import difflib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dsops.engine.connect import Clients, connected
from dsops.engine.observe import together
from dsops.engine.options import Emit, Options, Workspace
from dsops.model import (
    Address,
    Arguments,
    DsopsError,
    Entry,
    Flow,
    NaturalKey,
    Operation,
    Page,
    RemoteError,
    Resource,
    Stack,
    digest,
)
from dsops.planner import declare
from dsops.providers import kinds, provider, provider_names


@dataclass(frozen=True, slots=True)
class Place:
    """An object at a provider.

    Attributes:
        connection: Name of the connection it lives on.
        key: Its natural key; empty for the account itself.
        address: What the stack calls it; None when it doesn't declare it.
    """

    connection: str
    key: NaturalKey
    address: Address | None = None

    @property
    def name(self) -> str:
        """Its names at the provider, parents first: ``project1/collateral``."""
        return "/".join(self.key)

    def __str__(self) -> str:
        return str(self.address or self.name)


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
        return _operation(self.workspace.stack, place.connection, name)

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
        addresses = _addresses(self.workspace, self.operation(place, name).kind, place.connection)
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


def account(workspace: Workspace, name: str, connection: str | None) -> Place:
    """Return the account in which an operation on no particular object is done.

    Args:
        workspace: The stack.
        name: The words of the command.
        connection: Name of the connection; None for the only one whose provider can do it.

    Raises:
        DsopsError: There is no such connection, or several.
    """
    return Place(_connection(workspace.stack, name, connection), ())


def locate(workspace: Workspace, name: str, text: str, connection: str | None) -> Place:
    """Find the object that a person names: a declared one, or one outside the stack by its names at the provider.

    Args:
        workspace: The stack.
        name: The words of the command; they say which kind is meant.
        text: An address, the name of a declared resource, or ``project/dataset``.
        connection: Name of the connection, where it isn't clear.

    Raises:
        DsopsError: It names nothing, or more than one thing.
    """
    kind = next(each[name].kind for each in _all_operations() if name in each)
    declared = [each for each in workspace.resources if each.address.kind == kind]
    named = [each for each in declared if text in {str(each.address), each.address.name}]
    here = [each for each in named if connection is None or each.connection == connection]
    if len(here) == 1:
        return _declared_place(workspace, name, here[0])
    if len(here) > 1:
        several = ", ".join(str(each.address) for each in here)
        raise DsopsError.of(f"{text!r} names several resources", hint=f"give the address: {several}")
    if named:
        raise DsopsError.of(f"{named[0].address} lives on connection {named[0].connection}, not on {connection}")
    return _outside(workspace, name, kind, text, connection)


def _declared_place(workspace: Workspace, name: str, resource: Resource) -> Place:
    _operation(workspace.stack, resource.connection, name)
    keys = declare(workspace.resources, kinds()).keys
    return Place(resource.connection, keys[resource.address], resource.address)


def _outside(workspace: Workspace, name: str, kind: str, text: str, connection: str | None) -> Place:
    declared = [each.address for each in workspace.resources if each.address.kind == kind]
    parts = tuple(text.split("/"))
    is_address = len(parts) == 3 and parts[0] in provider_names() and parts[1] == kind
    if is_address or len(parts) == 1:
        known = [str(each) if is_address else each.name for each in declared]
        near = difflib.get_close_matches(text, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"the stack declares: {', '.join(sorted(known)) or 'none'}"
        raise DsopsError.of(f"the stack declares no {kind} {text!r}", hint=f"{hint}; {_form(kind)}")
    chosen = _connection(workspace.stack, name, connection)
    form = _parts(f"{workspace.stack.connections[chosen].provider}/{kind}")
    if len(parts) != len(form) or not all(parts):
        raise DsopsError.of(f"{text!r} is not the name of a {kind}", hint=_form(kind))
    return Place(chosen, parts, _addresses(workspace, kind, chosen).get(parts))


def _addresses(workspace: Workspace, kind: str, connection: str) -> dict[NaturalKey, Address]:
    """Return what the stack calls the objects of a kind on a connection."""
    declared = declare(workspace.resources, kinds())
    return {
        declared.keys[each.address]: each.address
        for each in workspace.resources
        if each.address.kind == kind and each.connection == connection
    }


def _form(kind: str) -> str:
    forms = {"/".join(_parts(type_)) for type_ in kinds() if type_.endswith(f"/{kind}")}
    return f"one outside the stack is written {' or '.join(sorted(forms))}"


def _parts(type_: str) -> tuple[str, ...]:
    """Return what the parts of a kind's natural key are called: ``project``, ``dataset``, ``stream``."""
    info = kinds()[type_].info
    above = _parts(info.parent) if info.parent else ()
    own = tuple(info.kind.lower() if part == "name" else part for part in info.own_key)
    return (*above, *own)


def _connection(stack: Stack, name: str, connection: str | None) -> str:
    fitting = sorted(each.name for each in stack.connections.values() if name in provider(each.provider).operations)
    if connection is not None and connection in stack.connections:
        _operation(stack, connection, name)
        return connection
    if connection is None and len(fitting) == 1:
        return fitting[0]
    told = f"connections that know {name}: {', '.join(fitting) or 'none'}"
    if connection is not None:
        raise DsopsError.of(f"the stack has no connection {connection!r}", hint=told)
    raise DsopsError.of("which connection is meant? Give --connection", hint=told)


def _operation(stack: Stack, connection: str, name: str) -> Operation:
    offered = provider(stack.connections[connection].provider)
    if name not in offered.operations:
        known = ", ".join(sorted(offered.operations)) or "none"
        raise DsopsError.of(f"{offered.name} doesn't know {name}", hint=f"it knows: {known}")
    return offered.operations[name]


def _all_operations() -> list[Mapping[str, Operation]]:
    return [provider(name).operations for name in provider_names()]
