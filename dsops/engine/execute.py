"""Carrying out a plan: for each call, announce → journal the intent → send → judge the answer → record.

The intent is durable before a call leaves: only then does a killed run leave a trace of what it may have done. The
outcome is durable before a call that rests on it.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dsops.engine.effects import begun, record_after, resolved, resolver, rows_change
from dsops.engine.options import Emit
from dsops.engine.rowbody import RowsToSend
from dsops.engine.schedule import run_in_order
from dsops.engine.send import Sender
from dsops.engine.sending import APPLY_AGAIN, Job, Result, holder_of, unsaved
from dsops.model import (
    Action,
    Address,
    Change,
    Effect,
    Event,
    EventKind,
    Outcome,
    Plan,
    PlannedCall,
    Record,
    RowMark,
    RowMode,
    RowsPatch,
    StateError,
    Status,
    substitute,
)
from dsops.state import Session


@dataclass(frozen=True, slots=True)
class Start:
    """How a change stands before anything is sent: what the reading before the run found.

    Attributes:
        done: Calls whose effect is there already.
        remote_id: Id of the object, where all of them are.
        refusal: Why it may not be carried out any more; empty if it may.
    """

    done: frozenset[int] = frozenset()
    remote_id: str = ""
    refusal: str = ""


FRESH = Start()
_STEPS = 100
"""How often at most a change tells how many rows it has written."""
_DOES_THE_REST = "apply again does the rest"


@dataclass(slots=True)
class _Progress:
    """How far a change has come.

    Attributes:
        change: The change.
        left: Its calls that have not ended, by number.
        ended: How those that have ended did.
        flying: Those in flight.
        sent: Writes sent.
        repeats: Of these, repeats.
        repairs: Of these, repairs.
        rows: Rows written so far.
        trouble: The first call that did not succeed; one that was skipped gives way to one that failed.
        outcome: How it ended.
    """

    change: Change
    left: dict[int, PlannedCall]
    ended: dict[int, Status]
    flying: set[int] = field(default_factory=set)
    sent: int = 0
    repeats: int = 0
    repairs: int = 0
    rows: int = 0
    trouble: Result | None = None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Executor:
    """Carries out one plan.

    Attributes:
        plan: The plan.
        session: The held lease.
        sender: Sends its calls.
        ids: Remote ids of recorded objects by address.
        starts: How changes stand, where that is known better than from the plan.
        rows: Where the rows of each resource are read.
        stop_on_error: Start nothing more after a failure.
        emit: Told what happens.
        stopping: Why nothing more may start; empty while it may. A signal sets it from outside.
    """

    plan: Plan
    session: Session
    sender: Sender
    ids: dict[Address, str]
    starts: Mapping[Address, Start]
    rows: Mapping[Address, RowsToSend]
    stop_on_error: bool
    emit: Emit
    stopping: str = ""
    _progress: dict[Address, _Progress] = field(default_factory=dict)
    _owner: dict[int, Address] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    async def run(self, workers: int) -> None:
        """Carry out the plan, at most ``workers`` calls at a time.

        Raises:
            StateError: The records can't be saved; no call was sent.
        """
        for change in self.plan.changes:
            self._begin(change)
        await self._save_records_only()
        after = {
            call.id: call.after
            for progress in self._progress.values()
            if progress.outcome is None
            for call in progress.left.values()
        }
        await run_in_order(
            {number: [each for each in before if each in after] for number, before in after.items()}, workers, self._act
        )

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each change stands, in the plan's order; of what was cut off in the middle nobody knows."""
        return tuple(progress.outcome or self._cut_off(progress) for progress in self._progress.values())

    def _begin(self, change: Change) -> None:
        start = self.starts.get(change.address, FRESH)
        left = {call.id: call for call in change.calls if call.id not in start.done}
        done = {call.id: Status.SUCCEEDED for call in change.calls if call.id in start.done}
        progress = _Progress(change, left, done)
        self._progress[change.address] = progress
        self._owner.update((call.id, change.address) for call in change.calls)
        self._done.update(start.done)
        if change.action is Action.BLOCKED:
            self._finish(progress, Status.SKIPPED, "; ".join(change.notes[:1]) or change.reason, "")
        elif start.refusal:
            self._finish(progress, Status.FAILED, start.refusal, "plan again")
        if start.remote_id:
            self.ids[change.address] = start.remote_id
        elif change.action in (Action.CREATE, Action.REPLACE):
            self.ids.pop(change.address, None)

    async def _save_records_only(self) -> None:
        """Save what needs no call: records of objects that are as declared, adopted, moved, or to be forgotten."""
        put: list[Record] = list(self.plan.refresh)
        drop: list[Address] = []
        rows = [patch for record in put for patch in self._patches(record, record)]
        for progress in self._progress.values():
            change = progress.change
            if progress.outcome is not None or not _needs_no_call(progress):
                continue
            done = not progress.left
            if change.after is not None:
                record = self._known(change, self.starts.get(change.address, FRESH))
                put.append(record if done else begun(record))
                rows += self._patches(record, change.before) if done else ()
            drop += _left_behind(change)
            if done:
                self._finish(progress, Status.SUCCEEDED)
        if put or drop:
            await self.session.save(put=[self._recordable(each) for each in put], drop=drop, rows=rows)

    def _patches(self, record: Record, before: Record | None) -> tuple[RowsPatch, ...]:
        """Say of all declared rows that they are applied, and of no others, as far as the state doesn't already."""
        known, rows = self.rows.get(record.address), record.rows
        if known is None or known.marks is None or rows is None:
            return ()
        holder = holder_of(record)
        rekeyed = before is not None and before.rows is not None and before.rows.key != rows.key
        only = rekeyed or rows.mode is RowMode.SYNC
        return (RowsPatch(holder, _news(known.marks, self.session.rows(holder), only=only)),)

    def _recordable(self, record: Record) -> Record:
        """Return the record without a digest of rows that the state does not hold."""
        known = self.rows.get(record.address)
        return record if record.rows is None or (known is not None and known.marks is not None) else begun(record)

    def _known(self, change: Change, start: Start) -> Record:
        if change.after is None:
            raise ValueError(f"{change.address} has no record to save")
        resolve = resolver(self.ids)
        attributes = {path: substitute(value, resolve) for path, value in change.after.attributes.items()}
        remote_id = start.remote_id or change.after.remote_id or self.ids.get(change.address, "")
        self.ids[change.address] = remote_id
        return dataclasses.replace(change.after, remote_id=remote_id, attributes=attributes)

    async def _act(self, number: int) -> None:
        progress = self._progress[self._owner[number]]
        planned = progress.left[number]
        if hindrance := self.stopping or self._missing(planned):
            await self._take(progress, planned, Result(Status.SKIPPED, reason=hindrance, hint=_DOES_THE_REST))
            return
        if not progress.sent and not progress.flying:
            self.emit(Event(EventKind.STARTED, progress.change.action, progress.change.address))
        progress.flying.add(number)
        result = await self.sender.perform(self._job(progress, planned))
        self.stopping = result.broken or self.stopping
        progress.flying.remove(number)
        await self._take(progress, planned, result)

    def _missing(self, planned: PlannedCall) -> str:
        missing = [self._owner[each] for each in planned.after if each not in self._done]
        return f"{missing[0]} was not done" if missing else ""

    def _job(self, progress: _Progress, planned: PlannedCall) -> Job:
        change = progress.change
        resolve = resolver(self.ids)
        pending = [each.call for each in progress.left.values() if each is not planned]
        record = record_after(change, planned.call, pending, resolve)
        if not record.remote_id and change.address in self.ids:
            record = dataclasses.replace(record, remote_id=self.ids[change.address])
        before = change.before
        formerly = before.address if before is not None and before.address != change.address else None
        call = resolved(planned.call, resolve)
        return Job(change.address, planned, call, record, formerly, self.rows.get(change.address))

    async def _take(self, progress: _Progress, planned: PlannedCall, result: Result) -> None:
        """Note how a call ended; after the last one of its change, how that did."""
        change = progress.change
        progress.sent += result.sent
        progress.repairs += result.repairs
        progress.repeats += max(0, result.sent - result.repairs - 1)
        del progress.left[planned.id]
        progress.ended[planned.id] = result.status
        if result.sent:
            self.emit(Event(EventKind.SENT, f"{planned.call.method} {planned.call.target}", change.address))
        if result.status is Status.SUCCEEDED:
            self._done.add(planned.id)
            if result.remote_id:
                self.ids[change.address] = result.remote_id
            self._count_rows(progress, planned)
        else:
            if progress.trouble is None or progress.trouble.status is Status.SKIPPED:
                progress.trouble = result
            self._mind(change, result.status)
        if not progress.left:
            await self._end(progress)

    def _mind(self, change: Change, status: Status) -> None:
        """Begin nothing more once something failed, where that is wanted."""
        if self.stop_on_error and status in (Status.FAILED, Status.UNKNOWN):
            self.stopping = self.stopping or f"{change.address} failed, and --on-error is stop"

    def _count_rows(self, progress: _Progress, planned: PlannedCall) -> None:
        change, write = progress.change, planned.call.rows
        if write is not None and write.settles and change.rows is not None:
            before, total = progress.rows, change.rows.count
            progress.rows += write.count
            if before * _STEPS // total < progress.rows * _STEPS // total:
                self.emit(Event(EventKind.PROGRESS, f"{progress.rows:,} of {total:,} rows", change.address))

    async def _end(self, progress: _Progress) -> None:
        """Settle a change whose calls have all ended."""
        trouble = progress.trouble
        if trouble is None and rows_change(progress.change):
            try:
                trouble = await self._seal(progress.change)
            except StateError as broken:
                trouble = unsaved(broken, progress.sent)
                self.stopping = trouble.broken
        if trouble is None:
            self._finish(progress, Status.SUCCEEDED)
        else:
            self._finish(progress, trouble.status, trouble.reason, trouble.hint)

    async def _seal(self, change: Change) -> Result | None:
        """See that all rows that were sent are there, and record that the declared rows are applied."""
        if change.after is None:
            return None
        record = self._known(change, FRESH)
        rows = self.rows.get(change.address)
        trouble = await self.sender.verify(change, record, rows) if rows is not None else None
        if trouble is None:
            patches = self._patches(record, change.before)
            await self.session.save(put=[self._recordable(record)], drop=_left_behind(change), rows=patches)
        return trouble

    def _finish(self, progress: _Progress, status: Status, reason: str = "", hint: str = "") -> None:
        change = progress.change
        progress.outcome = _outcome(progress, status, reason, hint)
        self._mind(change, status)
        self.emit(Event(EventKind.FINISHED, reason or change.action, change.address, status))

    def _cut_off(self, progress: _Progress) -> Outcome:
        status, reason, hint = Status.SKIPPED, self.stopping or "it was not begun", _DOES_THE_REST
        if progress.flying:
            status, reason, hint = Status.UNKNOWN, "it was cut off", APPLY_AGAIN
        return _outcome(progress, status, reason, hint)


def _outcome(progress: _Progress, status: Status, reason: str, hint: str) -> Outcome:
    """Return how a change ended; of its calls, those in flight are unknown, and those not begun skipped."""
    open_ = {number: Status.UNKNOWN if number in progress.flying else Status.SKIPPED for number in progress.left}
    change, ended = progress.change, progress.ended | open_
    return Outcome(
        change.address,
        change.action,
        status,
        progress.sent,
        progress.repeats,
        reason,
        hint,
        progress.repairs,
        tuple((call.id, ended[call.id]) for call in change.calls),
    )


def _needs_no_call(progress: _Progress) -> bool:
    """Whether the record can be saved before any call: none is left, or only calls to rows of what is there."""
    only_rows = all(
        each.call.rows is not None and each.call.effect is not Effect.CREATE for each in progress.left.values()
    )
    return not progress.left or (only_rows and progress.change.action is Action.ADOPT)


def _news(marks: Callable[[], Iterable[RowMark]], held: Mapping[bytes, RowMark], *, only: bool) -> Iterator[RowMark]:
    """Yield what the state doesn't hold of rows that are as declared; what dsops wrote before stays written by it.

    Args:
        marks: Returns the marks of all declared rows.
        held: What the state holds.
        only: Whether it is to hold no others.
    """
    found = 0
    for mark in marks():
        old = held.get(mark.key)
        found += old is not None
        now = mark if old is None or not old.written else mark._replace(written=True)
        if now != old:
            yield now
    if only and len(held) > found:
        declared = {mark.key for mark in marks()}
        yield from (RowMark(key, None) for key in held if key not in declared)


def _left_behind(change: Change) -> list[Address]:
    """Return the address whose record goes: of what is forgotten, and where what moved was before."""
    before = change.before
    gone = before is not None and (change.after is None or before.address != change.address)
    return [before.address] if before is not None and gone else []


def recorded_ids(records: Mapping[Address, Record], changes: Sequence[Change]) -> dict[Address, str]:
    """Return the remote ids known before a run: those of the records, and of what the plan adopts."""
    ids = {address: record.remote_id for address, record in records.items()}
    ids |= {each.address: each.after.remote_id for each in changes if each.after and each.after.remote_id}
    return ids
