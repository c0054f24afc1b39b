"""A held lease as the engine uses it, the same for every store."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from dsops.model import Address, Intent, Record, RowMark, RowsPatch, State, StateError
from dsops.state.base import Backend
from dsops.state.codec import encode_intent, encode_record
from dsops.state.entries import Delta, HistoryEntry, PlanRun, PlanStatus, Snapshot
from dsops.state.holders import Holders
from dsops.state.process import this_process
from dsops.state.writer import Request, Writer

CHANGES_KEPT = 200

ReadRows: TypeAlias = Callable[[str, Iterable[bytes] | None], Mapping[bytes, RowMark]]


@asynccontextmanager
async def leased(
    connect: Callable[[], Backend],
    read_rows: ReadRows,
    *,
    command: str,
    seconds: float,
    wait: float,
    on_event: Callable[[str], None],
    wave: int = 1,
) -> AsyncIterator["LeasedSession"]:
    """Hold the lease of a store while the body runs; see `StateStore.lease`.

    Args:
        connect: Opens the store; called once, in the thread that uses it.
        read_rows: Reads the rows held beside it, as `StateStore.rows` does.
        command: What is run, for others to read.
        seconds: How long the lease lasts without a renewal.
        wait: Seconds to wait for it.
        on_event: Told of waiting and of taking over, in the event loop.
        wave: How many calls are worth announcing before the first of them has ended.
    """
    writer = Writer(connect, command=command, seconds=seconds, wait=wait, on_event=on_event)
    writer.start()
    session: LeasedSession | None = None
    try:
        session = LeasedSession(writer, await writer.ready, command, read_rows, wave)
        yield session
    finally:
        if session is not None:
            session.flush()
        writer.stop()
        try:
            await asyncio.shield(writer.stopped)
        finally:
            writer.join()  # also when cancelled here: a lease is not left behind


class LeasedSession:
    """Implements `Session` over a `Writer`."""

    def __init__(self, writer: Writer, found: Snapshot, command: str, read_rows: ReadRows, wave: int) -> None:
        self.state: State = found.state
        self.wave = wave
        self._writer = writer
        self._command = command
        self._runs = dict(found.runs)
        self._last_intent = found.last_intent
        self._open = {intent.id for intent in found.state.intents}
        self._flying: set[int] = set()
        self._holders: Holders | None = Holders(found.state.records, found.holders)
        self._read_rows = read_rows
        self._pending: list[Request] = []

    @property
    def commits(self) -> int:
        """How often something was made durable so far, renewals not counted."""
        return self._writer.commits

    def deadline(self) -> float:
        """Return the instant of `time.monotonic` up to which the lease certainly holds; 0.0 once it is lost."""
        return self._writer.deadline()

    async def announce(self, intents: Sequence[Intent]) -> tuple[Intent, ...]:
        """Write intents to the journal and return them with their ids."""
        if not intents:
            return ()
        first = self._last_intent + 1
        self._last_intent += len(intents)
        numbered = tuple(replace(intent, id=number) for number, intent in enumerate(intents, first))
        await self._write(Delta(announced={intent.id: encode_intent(intent) for intent in numbered}))
        self._open.update(intent.id for intent in numbered)
        self._flying.update(intent.id for intent in numbered)
        return numbered

    async def settle(
        self,
        intent_id: int,
        *,
        outcome: str,
        put: Sequence[Record] = (),
        drop: Sequence[Address] = (),
        rows: Sequence[RowsPatch] = (),
    ) -> None:
        """Close an open intent, save and drop records, change the rows held."""
        if intent_id not in self._open:
            raise ValueError(f"no intent {intent_id} is open")
        self._flying.discard(intent_id)
        delta = Delta(settled={intent_id: outcome}, records=_records(put, drop), rows=self._rows(put, drop, rows))
        await self._write(delta)
        self._open.discard(intent_id)

    async def save(
        self,
        *,
        put: Sequence[Record] = (),
        drop: Sequence[Address] = (),
        rows: Sequence[RowsPatch] = (),
        traits: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Save and drop records, change the rows held, add traits."""
        if put or drop or rows or traits:
            named = {(where, name): value for where, each in (traits or {}).items() for name, value in each.items()}
            await self._write(Delta(records=_records(put, drop), rows=self._rows(put, drop, rows), traits=named))

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read the rows held."""
        return self._read_rows(holder, keys)

    def plan_run(self, plan_id: str) -> PlanRun | None:
        """Return what is known of a plan's apply."""
        return self._runs.get(plan_id)

    async def begin_plan(self, plan_id: str, *, saved: bool) -> None:
        """Note that the apply of a plan begins, unless it is a saved one that may not begin (again)."""
        known = self._runs.get(plan_id)
        if saved and known:
            _refuse_second_use(known, self.state.serial)
        await self._note_run(PlanRun(plan_id, saved, PlanStatus.STARTED, self.state.serial + 1))

    async def end_plan(self, plan_id: str, finished: bool) -> None:  # noqa: FBT001 - a fact about the plan, passed along
        """Note that the apply of a plan ended."""
        status = PlanStatus.FINISHED if finished else PlanStatus.STARTED
        await self._note_run(replace(self._runs[plan_id], status=status))

    async def note(self, summary: str, changes: Sequence[str]) -> None:
        """Add an entry to the history."""
        kept = tuple(changes[:CHANGES_KEPT])
        if left := len(changes) - len(kept):
            kept = (*kept, f"... and {left} more")
        who = this_process(self._command, seconds=0).who
        entry = HistoryEntry(time.time(), self.state.serial + 1, who, self._command, summary, kept)
        await self._write(Delta(notes=(entry,)))

    def flush(self) -> None:
        """Hand everything that was asked for to the thread."""
        requests, self._pending = self._pending, []
        if requests:
            self._writer.submit(requests, len(self._flying))

    async def _note_run(self, run: PlanRun) -> None:
        await self._write(Delta(runs={run.plan_id: run}))
        self._runs[run.plan_id] = run

    def _rows(self, put: Sequence[Record], drop: Sequence[Address], rows: Sequence[RowsPatch]) -> tuple[RowsPatch, ...]:
        """Return what a save does to rows: what is asked for, then what goes with records that go."""
        return (*rows, *(self._holders.orphans(put, drop, rows) if self._holders else ()))

    async def _write(self, delta: Delta) -> None:
        """Wait for the commit that holds a delta. What is asked for in one turn of the event loop shares one commit."""
        loop = asyncio.get_running_loop()
        request = Request(delta, loop.create_future())
        if not self._pending:
            loop.call_soon(self.flush)
        self._pending.append(request)
        try:
            await request.done
        except StateError:
            self._holders = None  # it followed records that are not saved: nobody's rows stay from now on
            raise


def _records(put: Sequence[Record], drop: Sequence[Address]) -> dict[str, bytes | None]:
    """What a save does by address; an address that is dropped and put is put."""
    return {str(address): None for address in drop} | {str(record.address): encode_record(record) for record in put}


def _refuse_second_use(run: PlanRun, serial: int) -> None:
    """Raise StateError for a saved plan that is done, or begun and overtaken by another run since."""
    if run.status is PlanStatus.FINISHED:
        raise StateError.of(
            "This plan has already been applied",
            detail=f"A saved plan is applied once; plan {run.plan_id} was applied as serial {run.serial}.",
            hint="Make a new one with: dsops plan --save FILE",
        )
    if run.serial != serial:
        raise StateError.of(
            "This plan was begun before, and the state was changed since",
            detail=f"The apply of plan {run.plan_id} stopped at serial {run.serial}; the state is at {serial} now.",
            hint="Make a new one with: dsops plan --save FILE",
        )
