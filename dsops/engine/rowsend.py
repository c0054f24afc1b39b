"""One write to rows that are in an object already.

======== ================ ===================================================================================
call     repeat class     after a lost answer
======== ================ ===================================================================================
upload   append           the rows are read: all there: done; none, once ``settle`` has passed: sent again;
                          some: those are recorded, and the rest is for the next plan
PUT      safe             sent again
DELETE   safe             sent again; a row that isn't there is deleted
finer    append           the row is read: sent again, once ``settle`` has passed, if it still needs the call
======== ================ ===================================================================================

An upload that is answered "accepted" is awaited. After a PUT the row is compared with what was sent; where just its
nested lists differ, the server has ignored or merged them: finer calls repair that, and the trait is remembered.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dsops.engine.connect import Clients
from dsops.engine.options import Emit
from dsops.engine.rowbody import RowsToSend, Witness
from dsops.engine.runtime import given_up
from dsops.engine.sending import (
    PATIENCE,
    Job,
    Result,
    failed,
    holder_of,
    pauses,
    refused_again,
    unknown,
    unsaved,
)
from dsops.http import Answer, explain
from dsops.model import (
    AnswerLost,
    Call,
    Diagnostic,
    DsopsError,
    Event,
    EventKind,
    FailureKind,
    Intent,
    Kind,
    NotSent,
    RemoteError,
    Repeat,
    RowAction,
    RowMark,
    RowsPatch,
    StateError,
    Status,
)
from dsops.state import Session

_TRIES = 4
_PAUSE = 0.25
"""Seconds before the first repeat of a call whose answer was lost; doubled for each further one."""

Trait = tuple[str, str]
FINER: Trait = ("rowPut", "finer")
"""A connection has this trait when a row's PUT doesn't replace nested lists."""
ASYNC: Trait = ("upload", "async")
"""A connection has this trait when it has answered an upload with "accepted"."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A call that was answered well, or whose effect was found."""

    answer: Answer | None
    times: int


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with."""

    session: Session
    clients: Clients
    kinds: Mapping[str, Kind]
    emit: Emit


class RowSender:
    """Sends the row calls of one run."""

    def __init__(self, means: Means) -> None:
        """Start with nothing learned."""
        self._means = means
        self._learned: set[tuple[str, Trait]] = set()

    async def perform(
        self, job: Job, rows: RowsToSend, announce: Callable[[tuple[RowMark, ...]], Awaitable[Intent]]
    ) -> Result:
        """Carry out one call.

        Args:
            job: The call.
            rows: Where its rows are read.
            announce: Writes the intent.

        Returns:
            What came of it; where the journal can't be written it says so (``broken``).
        """
        try:
            call, marks = rows.prepared(job.call)
        except DsopsError as changed:
            return failed(changed.diagnostics[0], 0)
        try:
            intent = await announce(marks)
        except StateError as broken:
            return unsaved(broken, 0)
        job = dataclasses.replace(job, call=call, marks=marks)
        return await _Errand(self._means, job, rows, intent, self.learn).run()

    async def learn(self, connection: str, trait: Trait) -> None:
        """Remember how a connection's provider behaves."""
        account = self._means.clients.account(connection)
        if (account, trait) not in self._learned:
            self._learned.add((account, trait))
            await self._means.session.save(traits={account: dict([trait])})


class _Errand:
    """One call of a `RowSender`."""

    def __init__(
        self, means: Means, job: Job, rows: RowsToSend, intent: Intent, learn: Callable[[str, Trait], Awaitable[None]]
    ) -> None:
        self._session = means.session
        self._clients = means.clients
        self._emit = means.emit
        self._kind = means.kinds[job.address.type]
        self._job = job
        self._rows = rows
        self._marks = job.marks
        self._intent = intent
        self._learn = learn
        self._owner = job.record.remote_id
        self._repairs = 0

    async def run(self) -> Result:
        """Send the call and settle its intent."""
        sent = await self._send()
        if isinstance(sent, Result):
            return sent
        try:
            return await self._finish(sent)
        except StateError as broken:
            return unsaved(broken, sent.times + self._repairs, self._repairs)
        except DsopsError as unreadable:
            return unknown(unreadable, sent.times, self._repairs)

    async def _send(self) -> _Sent | Result:
        call = self._job.call
        lost: DsopsError | None = None
        for times in range(1, _TRIES + 1):
            try:
                answer = await self._write(call)
            except NotSent as refused:
                if lost is not None:
                    return unknown(lost, times - 1)
                return await self._refused("not sent", refused.diagnostics[0], 0)
            except AnswerLost as gone:
                lost = gone
                found = await self._look_after(times, gone)
                if found is not None:
                    return found
                words = f"{gone.diagnostics[0].summary}; sending it again"
                self._emit(Event(EventKind.RETRIED, words, self._job.address))
            else:
                if answer.failure is None or self._is_gone(answer):
                    return _Sent(answer, times)
                if lost is not None:
                    return refused_again(lost, answer.failure, times)
                why = explain(call, self._clients.connection(self._job.planned.connection), answer)
                return await self._refused(f"refused: {answer.failure.message}", why, times)
        return unknown(lost, _TRIES)

    async def _refused(self, outcome: str, why: Diagnostic, times: int) -> Result:
        """Settle the intent of a call that was not carried out."""
        try:
            await self._session.settle(self._intent.id, outcome=outcome)
        except StateError as broken:
            return unsaved(broken, times)
        return failed(why, times)

    def _is_gone(self, answer: Answer) -> bool:
        """Whether a delete found nothing to delete."""
        write = self._job.call.rows
        deletes = write is not None and write.action is RowAction.DELETE
        return deletes and answer.failure is not None and answer.failure.kind is FailureKind.NOT_FOUND

    async def _write(self, call: Call) -> Answer:
        client = self._clients.client(self._job.planned.connection)
        return await client.write(call, deadline=self._session.deadline)

    async def _look_after(self, times: int, lost: DsopsError) -> _Sent | Result | None:
        """See what became of a call whose answer was lost; None means: send it again."""
        call = self._job.call
        try:
            if call.repeat is not Repeat.APPEND:
                await asyncio.sleep(_PAUSE * 2 ** (times - 1))
                return None
            if call.rows is not None and call.rows.body is not None:
                return await self._look_for_upload(times)
            return await self._look_for_finer(times)
        except StateError as broken:
            return unsaved(broken, times)
        except DsopsError:
            return unknown(lost, times)

    async def _look_for_upload(self, times: int) -> _Sent | Result | None:
        witness = await self._await_rows(self._settle_time)
        if witness.missing == 0:
            return _Sent(None, times)
        if witness.untouched:
            return None
        await self._settle("arrived in part", witness.arrived)
        reason = f"{witness.missing} of {len(self._marks)} rows did not arrive"
        return Result(Status.FAILED, sent=times, reason=reason, hint="apply again: it does the rest")

    @property
    def _settle_time(self) -> float:
        own = self._clients.connection(self._job.planned.connection).settle
        return self._kind.info.settle if own is None else own

    async def _look_for_finer(self, times: int) -> _Sent | None:
        target, write = self._rows.target(self._job.call), self._job.call.rows
        async for _ in pauses(self._settle_time, self._clients.deadline):
            live = None if write is None else await self._read_row(write.remote_id)
            if target is None or live is None:
                return None
            pending = self._rows.codec.finer(self._owner, live, target)
            if not any((each.method, each.path, each.body) == self._place for each in pending):
                return _Sent(None, times)
        return None

    @property
    def _place(self) -> tuple[str, Any, Any]:
        call = self._job.call
        return call.method, call.path, call.body

    async def _await_rows(self, patience: float) -> Witness:
        """Read the rows until all that the call wrote are there, or patience ends."""
        witness = Witness(self._marks, self._rows.codec, self._rows.key)
        async for _ in pauses(patience, self._clients.deadline):
            flow = self._kind.reading(self._job.record.key, self._owner)
            await self._clients.read(self._job.planned.connection, flow, witness)
            if witness.missing == 0:
                break
        return witness

    async def _finish(self, sent: _Sent) -> Result:
        write, codec = self._job.call.rows, self._rows.codec
        if sent.answer is not None and codec.accepted(sent.answer.response):
            await self._learn(self._job.planned.connection, ASYNC)
            self._emit(Event(EventKind.WAITING, "accepted; waiting until it is carried out", self._job.address))
            witness = await self._await_rows(PATIENCE)
            if witness.missing:
                await self._settle("accepted, and not carried out in time", witness.arrived)
                ended = given_up(PATIENCE, self._clients.deadline)
                reason = f"it was accepted, and {ended} {witness.missing} rows are not there"
                return Result(Status.FAILED, sent=sent.times, reason=reason, hint="plan again later")
        elif write is not None and write.action is RowAction.UPDATE and write.settles:
            problem = await self._verify(sent)
            if problem is not None:
                return problem
        await self._settle("done", self._marks)
        return Result(Status.SUCCEEDED, self._owner, sent.times + self._repairs, repairs=self._repairs)

    async def _verify(self, sent: _Sent) -> Result | None:
        """Compare the row with what it was to become, and repair its nested lists."""
        write, target = self._job.call.rows, self._rows.target(self._job.call)
        if write is None or target is None:
            return None
        codec = self._rows.codec
        live = codec.answered(sent.answer.response) if sent.answer is not None else None
        if live is None or codec.live(live).values != target:
            live = await self._read_row(write.remote_id)
        if live is None:
            await self._session.settle(self._intent.id, outcome="the row is not there any more")
            return Result(Status.FAILED, sent=sent.times, reason="the row is not there any more", hint="plan again")
        differing = self._differing(live, target)
        if differing and differing <= codec.nested:
            for call in codec.finer(self._owner, live, target):
                await self._repair(call)
            live = await self._read_row(write.remote_id) or live
            differing = self._differing(live, target)
            if not differing:
                await self._learn(self._job.planned.connection, FINER)
        if not differing:
            return None
        await self._session.settle(self._intent.id, outcome="answered with success, and not as sent")
        reason = f"the provider answered with success, but {', '.join(sorted(differing))} of a row is not as sent"
        hint = "plan again, and see what the provider makes of it"
        return Result(Status.FAILED, sent=sent.times + self._repairs, reason=reason, hint=hint, repairs=self._repairs)

    def _differing(self, live: Mapping[str, Any], target: tuple[Any, ...]) -> frozenset[str]:
        values = self._rows.codec.live(live).values
        pairs = zip(self._rows.codec.fields, values, target, strict=True)
        return frozenset(name for name, is_, should in pairs if is_ != should)

    async def _repair(self, call: Call) -> None:
        answer = await self._write(call)
        self._repairs += 1
        if answer.failure is not None and answer.failure.kind is not FailureKind.NOT_FOUND:
            raise RemoteError(explain(call, self._clients.connection(self._job.planned.connection), answer))

    async def _read_row(self, row_id: str) -> Mapping[str, Any] | None:
        flow = self._rows.codec.reading(self._owner, row_id)
        found: Mapping[str, Any] | None = await self._clients.read(self._job.planned.connection, flow)
        return found

    async def _settle(self, outcome: str, marks: tuple[RowMark, ...]) -> None:
        rows = [RowsPatch(holder_of(self._job.record), marks)] if marks else []
        await self._session.settle(self._intent.id, outcome=outcome, rows=rows)
