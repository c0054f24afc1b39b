"""Another process that uses a state store, told what to do line by line.

::

    python -m tests.conformance.state_process STORE ROOT SECONDS ACTION [ARGS]

    hold              take the lease, say "held", then obey lines on stdin: save N, announce N, rows N, deadline,
                      block S, exit
    count TIMES       TIMES times: take the lease, add one to a record, give it back
    flood             announce intents one after another, saying each number once it is durable
    flood-rows        the same with rows: each settles the record and its rows, in place of those before
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from dsops.model import (
    DIGEST_SIZE,
    Address,
    DsopsError,
    Intent,
    Record,
    RowMark,
    RowsPatch,
    State,
    rows_holder,
)
from dsops.state import Session, StateStore
from dsops.state.address import Place, take_apart
from dsops.state.document import Shelf
from dsops.state.entries import Keep
from dsops.state.sqlite import SqliteStore
from tests.support.buckets import address

STACK = "support-mail"
SETTINGS = ("schema", "endpoint", "region")
Process = subprocess.Popen[str]
Start = Callable[..., Process]
COUNTER = Address("uipath", "Dataset", "counter")
HOLDER = rows_holder(COUNTER.type, "https://example.com", "id-1")
"""Of the rows of ``record(1)``."""


def open_as(
    kind: str,
    root: Path,
    seconds: float = 60.0,
    *,
    stack: str = STACK,
    env: str | None = None,
    keep: Keep | None = None,
) -> StateStore:
    """Open the one store of a kind below a folder, with leases of a length of our choice."""
    if kind == "sqlite":
        return SqliteStore(root / ".dsops/state.db", stack=stack, env=env, lease_seconds=seconds, keep=keep)
    if kind == "postgres":
        from dsops.state.postgres import PostgresStore

        return PostgresStore(place_of(kind, root), stack=stack, env=env, lease_seconds=seconds, keep=keep)
    from dsops.state.document import DocumentStore

    return DocumentStore(lambda: shelf_of(kind, root), stack=stack, env=env, lease_seconds=seconds, keep=keep)


def place_of(kind: str, root: Path) -> Place:
    """Return the address below which the store of a folder is; servers are named by the environment."""
    unique = hashlib.sha256(str(root).encode()).hexdigest()[:16]
    match kind:
        case "postgres":
            return take_apart(f"{os.environ['TEST_POSTGRES']}?schema={unique}", root, SETTINGS)
        case "s3":
            return take_apart(address(os.environ["TEST_S3"], unique), root, SETTINGS)
        case "http":
            return take_apart(f"{os.environ['TEST_HTTP']}/{unique}", root, SETTINGS)
        case _:
            raise ValueError(kind)


def shelf_of(kind: str, root: Path) -> Shelf:
    """Open the place of a document."""
    if kind == "s3":
        from dsops.state.objects import ObjectShelf

        return ObjectShelf(place_of(kind, root))
    from dsops.state.http import HttpShelf

    return HttpShelf(place_of(kind, root))


def record(number: int, name: str = "counter") -> Record:
    """Return a record that remembers a number."""
    address = Address("uipath", "Dataset", name)
    return Record(address, "cm", "https://example.com", f"id-{number}", ("p", name), attributes={"number": number})


def intent(number: int, name: str = "counter") -> Intent:
    """Return an intent that remembers a number."""
    saved = record(number, name)
    return Intent(0, "run", "plan", number, saved.address, "create", "PUT /x", saved, ("title",), 1000.0)


def mark(number: int) -> RowMark:
    """Return the mark of a row that a number names."""
    digest = hashlib.sha256(b"%d" % number).digest()
    return RowMark(digest[:DIGEST_SIZE], digest[-DIGEST_SIZE:])


def marks(count: int, *, first: int = 0) -> Iterator[RowMark]:
    """Yield the marks of some rows."""
    return map(mark, range(first, first + count))


def row_intent(number: int, count: int) -> Intent:
    """Return an intent that puts rows, drops one, and finds one as it is to be."""
    first, second, *rest = marks(count)
    return replace(intent(number), rows=(first._replace(content=None), second._replace(written=False), *rest))


def lease(
    store: StateStore, *, wait: float = 0, events: list[str] | None = None
) -> AbstractAsyncContextManager[Session]:
    """Ask for the lease in this process."""
    return store.lease(command="dsops apply", wait=wait, on_event=(events if events is not None else []).append)


async def wrote(store: StateStore, number: int = 1) -> State:
    """Write one record in a session of its own and return the state then."""
    async with lease(store) as session:
        await session.save(put=[record(number)])
    return store.load()


def hear(process: Process) -> str:
    """Return the next line another process says."""
    assert process.stdout
    return process.stdout.readline().strip()


def order(process: Process, line: str) -> str:
    """Tell another process what to do and return what it says to that."""
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return hear(process)


def say(*words: object) -> None:
    """Say something to the test."""
    print(*words, flush=True)


async def hold(store: StateStore, wait: float) -> None:
    """Take the lease and obey."""
    async with store.lease(command="dsops apply", wait=wait, on_event=lambda text: say("event", text)) as session:
        say("held", session.state.serial)
        while (line := (await asyncio.to_thread(sys.stdin.readline)).split()) and line[0] != "exit":
            try:
                say(await obey(session, *line))
            except DsopsError as problem:
                say(type(problem).__name__, problem)
    say("over")


async def obey(session: Session, order: str, number: str = "0") -> str:
    """Do one thing and tell how it went."""
    match order:
        case "save":
            await session.save(put=[record(int(number))])
        case "announce":
            return f"announced {(await session.announce([intent(int(number))]))[0].id}"
        case "rows":
            return f"announced {(await session.announce([row_intent(1, int(number))]))[0].id}"
        case "deadline":
            return f"deadline {session.deadline() - time.monotonic():.3f}"
        case "block":
            time.sleep(float(number))  # noqa: ASYNC251 - an event loop that is busy
        case _:
            raise ValueError(order)
    return "done"


async def count(store: StateStore, times: int) -> None:
    """Add to one record, each time under a lease of its own."""
    for _ in range(times):
        async with store.lease(command="dsops count", wait=100, on_event=lambda _: None) as session:
            found = session.state.records.get(COUNTER)
            await session.save(put=[record(found.attributes["number"] + 1 if found else 1)])


async def flood(store: StateStore) -> None:
    """Announce until killed."""
    async with store.lease(command="dsops flood", wait=0, on_event=lambda _: None) as session:
        number = 0
        while True:
            number += 1
            (announced,) = await session.announce([intent(number)])
            if number % 3 == 0:
                await session.settle(announced.id, outcome="done", put=[record(number)])
            say("durable", number)


async def flood_rows(store: StateStore) -> None:
    """Announce and settle with rows until killed."""
    async with store.lease(command="dsops flood", wait=0, on_event=lambda _: None) as session:
        await session.save(put=[record(0)], rows=[RowsPatch(HOLDER, marks(500))])
        number = 0
        while True:
            number += 1
            some = tuple(marks(500, first=500 * number))
            (announced,) = await session.announce([replace(intent(number), rows=some)])
            saved = replace(record(1), attributes={"number": number})
            patch = RowsPatch(HOLDER, some, clear=True)
            await session.settle(announced.id, outcome="done", put=[saved], rows=[patch])
            say("durable", number)


def main(kind: str, root: str, seconds: str, action: str, *args: str) -> None:
    """Do as the command line says."""
    store = open_as(kind, Path(root), float(seconds))
    try:
        match action:
            case "hold":
                asyncio.run(hold(store, *(float(each) for each in args)))
            case "count":
                asyncio.run(count(store, int(args[0])))
            case "flood":
                asyncio.run(flood(store))
            case "flood-rows":
                asyncio.run(flood_rows(store))
            case _:
                raise ValueError(action)
    except DsopsError as problem:
        say(type(problem).__name__, problem, *(each.detail for each in problem.diagnostics))


if __name__ == "__main__":
    main(*sys.argv[1:])
