"""Carrying out a plan: for each call, announce → journal the intent → send → judge the answer → record.

The intent is durable before a call leaves: only then does a killed run leave a trace of what it may have done. The
outcome is durable before a call that rests on it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsops.engine.effects import record_after, resolved, resolver
from dsops.engine.options import Emit
from dsops.engine.schedule import run_in_order
from dsops.engine.send import Job, Result, Sender
from dsops.model import (
    Action,
    Address,
    Change,
    Event,
    EventKind,
    Outcome,
    Plan,
    PlannedCall,
    Record,
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


@dataclass(slots=True)
class _Progress:
    """How far a change has come."""

    change: Change
    left: list[PlannedCall]
    flying: bool = False
    sent: int = 0
    repeats: int = 0
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
        stop_on_error: Start nothing more after a failure.
        emit: Told what happens.
        stopping: Why nothing more may start; empty while it may. A signal sets it from outside.
    """

    plan: Plan
    session: Session
    sender: Sender
    ids: dict[Address, str]
    starts: Mapping[Address, Start]
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
        after = {call.id: call.after for progress in self._progress.values() for call in progress.left}
        await run_in_order(
            {number: [each for each in before if each in after] for number, before in after.items()}, workers, self._act
        )

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each change stands, in the plan's order; of what was cut off in the middle nobody knows."""
        return tuple(progress.outcome or self._cut_off(progress) for progress in self._progress.values())

    def _begin(self, change: Change) -> None:
        start = self.starts.get(change.address, FRESH)
        progress = _Progress(change, [call for call in change.calls if call.id not in start.done])
        self._progress[change.address] = progress
        self._owner.update((call.id, change.address) for call in change.calls)
        self._done.update(start.done)
        if change.action is Action.BLOCKED:
            self._finish(progress, Status.SKIPPED, "; ".join(change.notes[:1]) or change.reason, "")
        elif start.refusal:
            progress.left = []
            self._finish(progress, Status.FAILED, start.refusal, "plan again")
        if start.remote_id:
            self.ids[change.address] = start.remote_id
        elif change.action in (Action.CREATE, Action.REPLACE):
            self.ids.pop(change.address, None)

    async def _save_records_only(self) -> None:
        """Save what needs no call: records of objects that are as declared, adopted, moved, or to be forgotten."""
        put: list[Record] = list(self.plan.refresh)
        drop: list[Address] = []
        for progress in self._progress.values():
            change = progress.change
            if progress.outcome is not None or progress.left:
                continue
            if change.after is not None:
                put.append(self._known(change, self.starts.get(change.address, FRESH)))
            if change.before is not None and (change.after is None or change.before.address != change.address):
                drop.append(change.before.address)
            self._finish(progress, Status.SUCCEEDED)
        if put or drop:
            await self.session.save(put=put, drop=drop)

    def _known(self, change: Change, start: Start) -> Record:
        if change.after is None:
            raise ValueError(f"{change.address} has no record to save")
        resolve = resolver(self.ids)
        attributes = {path: substitute(value, resolve) for path, value in change.after.attributes.items()}
        remote_id = start.remote_id or change.after.remote_id
        self.ids[change.address] = remote_id
        return dataclasses.replace(change.after, remote_id=remote_id, attributes=attributes)

    async def _act(self, number: int) -> None:
        progress = self._progress[self._owner[number]]
        if progress.outcome is not None:
            return
        planned = progress.left[0]
        hindrance = self.stopping or self._missing(planned)
        if hindrance:
            self._finish(progress, Status.SKIPPED, hindrance, "apply again does the rest")
            return
        if not progress.sent:
            self.emit(Event(EventKind.STARTED, progress.change.action, progress.change.address))
        progress.flying = True
        try:
            result = await self.sender.perform(self._job(progress, planned))
        except StateError as broken:
            self.stopping = broken.diagnostics[0].summary
            result = Result(Status.UNKNOWN, reason=self.stopping, hint=broken.diagnostics[0].hint)
        self._take(progress, planned, result)

    def _missing(self, planned: PlannedCall) -> str:
        missing = [self._owner[each] for each in planned.after if each not in self._done]
        return f"{missing[0]} was not done" if missing else ""

    def _job(self, progress: _Progress, planned: PlannedCall) -> Job:
        change = progress.change
        resolve = resolver(self.ids)
        pending = [each.call for each in progress.left[1:]]
        record = record_after(change, planned.call, pending, resolve)
        if not record.remote_id and change.address in self.ids:
            record = dataclasses.replace(record, remote_id=self.ids[change.address])
        before = change.before
        formerly = before.address if before is not None and before.address != change.address else None
        return Job(change.address, planned, resolved(planned.call, resolve), record, formerly)

    def _take(self, progress: _Progress, planned: PlannedCall, result: Result) -> None:
        progress.flying = False
        progress.sent += result.sent
        progress.repeats += max(0, result.sent - 1)
        if result.sent:
            self.emit(Event(EventKind.SENT, f"{planned.call.method} {planned.call.target}", progress.change.address))
        if result.status is not Status.SUCCEEDED:
            self._finish(progress, result.status, result.reason, result.hint)
            if self.stop_on_error:
                self.stopping = self.stopping or f"{progress.change.address} failed, and --on-error is stop"
            return
        self._done.add(planned.id)
        if result.remote_id:
            self.ids[progress.change.address] = result.remote_id
        progress.left.pop(0)
        if not progress.left:
            self._finish(progress, Status.SUCCEEDED)

    def _finish(self, progress: _Progress, status: Status, reason: str = "", hint: str = "") -> None:
        change = progress.change
        progress.outcome = Outcome(change.address, change.action, status, progress.sent, progress.repeats, reason, hint)
        self.emit(Event(EventKind.FINISHED, reason or change.action, change.address, status))

    def _cut_off(self, progress: _Progress) -> Outcome:
        status, reason, hint = Status.SKIPPED, self.stopping or "it was not begun", "apply again does the rest"
        if progress.flying:
            status, reason = Status.UNKNOWN, "it was cut off"
            hint = "apply again: what became of it is looked up first"
        change = progress.change
        return Outcome(change.address, change.action, status, progress.sent, progress.repeats, reason, hint)


def recorded_ids(records: Mapping[Address, Record], changes: Sequence[Change]) -> dict[Address, str]:
    """Return the remote ids known before a run: those of the records, and of what the plan adopts."""
    ids = {address: record.remote_id for address, record in records.items()}
    ids |= {each.address: each.after.remote_id for each in changes if each.after and each.after.remote_id}
    return ids
