"""Connections at work: one HTTP client for each that is used."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from dsops.engine.options import Emit, Options
from dsops.http import Answer, Client, explain
from dsops.model import (
    Address,
    Call,
    Connection,
    Diagnostic,
    DsopsError,
    Flow,
    FlowFailure,
    Kind,
    Record,
    RemoteError,
    Response,
    RowSink,
    Stack,
    State,
    error,
)
from dsops.providers import kinds, provider


class Clients:
    """The clients of a run, each made when first used; flows are driven here."""

    def __init__(
        self, stack: Stack, gate: asyncio.Semaphore, emit: Emit, exits: AsyncExitStack, deadline: float
    ) -> None:
        self._stack = stack
        self._gate = gate
        self._emit = emit
        self._exits = exits
        self._deadline = deadline
        self._open: dict[str, Client] = {}
        self._all: list[Client] = []
        self._known: dict[str, Connection] = {}
        self._shaking = asyncio.Lock()

    @property
    def stack(self) -> Stack:
        """The stack whose connections these are."""
        return self._stack

    @property
    def deadline(self) -> float:
        """Monotonic instant at which the run's time is up."""
        return self._deadline

    @property
    def reads(self) -> int:
        """Read requests sent so far, on all connections."""
        return sum(client.reads for client in self._all)

    def connection(self, name: str) -> Connection:
        """Return a connection's settings, with those that its handshake found."""
        return self._known.get(name) or self._stack.connections[name]

    def account(self, name: str) -> str:
        """Return what the objects of a connection are recorded under."""
        return self._stack.connections[name].account

    def client(self, name: str) -> Client:
        """Return the client of a connection."""
        if name not in self._open:
            self._open[name] = self._make(self.connection(name))
        return self._open[name]

    def prepared(self, name: str, call: Call) -> Call:
        """Return a call in the form in which a connection sends it."""
        connection = self.connection(name)
        return provider(connection.provider).prepared(connection, call)

    async def ready(self, name: str) -> Client:
        """Return the client of a connection once it knows what it must know first.

        Raises:
            DsopsError: That can't be had.
        """
        async with self._shaking:
            if name not in self._known:
                connection = self._stack.connections[name]
                flow = provider(connection.provider).handshake(connection)
                if flow is not None:
                    try:
                        found = await drive(flow, self._make(connection).read, name)
                    except FlowFailure as failed:
                        raise self.refused(name, failed) from failed
                    connection = dataclasses.replace(connection, settings={**connection.settings, **found})
                self._known[name] = connection
        return self.client(name)

    def _make(self, connection: Connection) -> Client:
        root = Path(self._stack.root)
        codec = provider(connection.provider)
        client = Client(connection, codec, root=root, gate=self._gate, emit=self._emit, until=self._deadline)
        self._exits.push_async_exit(client)
        self._all.append(client)
        return client

    async def drive(self, name: str, flow: Flow, sink: RowSink | None = None) -> Any:
        """Run a flow on a connection to its end and return what it found.

        Args:
            name: The connection.
            flow: The calls: reads, and what may be sent again; one that has an effect is sent once.
            sink: Takes the rows of those that stream rows; without one they are passed over.

        Raises:
            FlowFailure: A call failed in a way that the flow does not handle.
            DsopsError: No answer, or one that can't be relied on.
        """
        client = await self.ready(name)
        return await drive(
            flow, lambda call: client.read(call, sink) if call.effect is None else client.write(call), name
        )

    async def read(self, name: str, flow: Flow, sink: RowSink | None = None) -> Any:
        """Run a flow, as `drive` does, whose every failure is an error of the run.

        Raises:
            DsopsError: Whatever went wrong, in words.
        """
        try:
            return await self.drive(name, flow, sink)
        except FlowFailure as failed:
            raise self.refused(name, failed) from failed

    def refused(self, name: str, failed: FlowFailure) -> RemoteError:
        """Word a failure answer."""
        answer = Answer(Response(failed.status), failed.failure)
        return RemoteError(explain(failed.call, self.connection(name), answer))


async def drive(flow: Flow, ask: Callable[[Call], Awaitable[Answer]], connection: str) -> Any:
    """Run a flow to its end: ask each call it yields, send it each response, throw each failure into it.

    Raises:
        RemoteError: The flow can't rely on an answer; which one that was, and of which connection, is in its words.
    """
    try:
        call = next(flow)
        while True:
            answer = await ask(call)
            try:
                if answer.failure is None:
                    call = flow.send(answer.response)
                else:
                    call = flow.throw(FlowFailure(call, answer.failure, answer.response.status))
            except RemoteError as refused:
                asked = f"asked was {connection}: {call.method} {call.target}"
                raise RemoteError(*(_asked(each, asked) for each in refused.diagnostics)) from refused
    except StopIteration as done:
        return done.value


def _asked(diagnostic: Diagnostic, asked: str) -> Diagnostic:
    detail = f"{diagnostic.detail.rstrip('.')}; {asked}" if diagnostic.detail else asked
    return dataclasses.replace(diagnostic, detail=detail)


@asynccontextmanager
async def connected(stack: Stack, options: Options, emit: Emit) -> AsyncIterator[Clients]:
    """Open the connections of a stack for a run."""
    async with AsyncExitStack() as exits:
        yield Clients(stack, asyncio.Semaphore(options.parallelism), emit, exits, options.deadline)


def kinds_of(stack: Stack) -> Mapping[str, Kind]:
    """Return the kinds that a stack can have: those of the providers that it has connections to."""
    return kinds(*sorted({each.provider for each in stack.connections.values()})) if stack.connections else {}


def at_home(state: State, stack: Stack) -> State:
    """Return the state with each record on a connection of the stack: one that was renamed is known by its endpoint.

    Raises:
        DsopsError: Recorded objects live on connections that the stack doesn't have.
    """
    if all(record.connection in stack.connections for record in state.records.values()):
        return state
    by_endpoint = {(each.provider, each.account): each.name for each in stack.connections.values()}
    records: dict[Address, Record] = {}
    lost: dict[str, int] = {}
    for address, record in state.records.items():
        name = record.connection
        if name not in stack.connections:
            name = by_endpoint.get((address.provider, record.endpoint), "")
            if not name:
                lost[record.connection] = lost.get(record.connection, 0) + 1
        records[address] = dataclasses.replace(record, connection=name)
    if lost:
        raise DsopsError(*(_homeless(name, count) for name, count in sorted(lost.items())))
    return dataclasses.replace(state, records=records)


def _homeless(name: str, count: int) -> Diagnostic:
    return error(
        f"{count} recorded objects live on connection {name!r}, which the stack doesn't declare",
        hint=f"declare connection {name} again, or drop the records with dsops state rm",
    )
