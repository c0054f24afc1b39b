"""One write: read first where a create might overwrite, journal the intent, send, and settle a lost answer.

=========== ================================= ================================================
repeat      after a lost answer               and then
=========== ================================= ================================================
safe        sent again                        answered: as ever; lost four times: unknown
(a delete)  its name is read                  gone, or another object's: done; else sent again
unique      its natural key is read           there as sent: ours; there otherwise: failed;
                                              not there: sent again
(an update) the object is read                as sent: done; else sent again
append      nothing                           unknown: the intent stays open for recovery
=========== ================================= ================================================
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from dsops.engine.connect import Clients
from dsops.engine.effects import ignored_by_server, without
from dsops.engine.options import Emit
from dsops.engine.rowbody import RowsToSend, Witness
from dsops.engine.rowsend import ASYNC, Means, RowSender
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
from dsops.http import Answer, Client, explain
from dsops.model import (
    AnswerLost,
    Change,
    DsopsError,
    Effect,
    Event,
    EventKind,
    FailureKind,
    Intent,
    Kind,
    LiveObject,
    Look,
    NotSent,
    Record,
    Repeat,
    RowAction,
    RowMark,
    RowsPatch,
    StateError,
    Status,
)
from dsops.state import Session

_TRIES = 4
_BUSY_PAUSE = 1.0
"""Seconds after which a call is sent again that the provider was too busy for."""
_PAUSE = 0.25
"""Seconds before the first repeat of a call whose answer was lost; doubled for each further one."""


_R = TypeVar("_R", bound=Result | None)


class Sender:
    """Sends the calls of one run."""

    def __init__(
        self, session: Session, clients: Clients, kinds: Mapping[str, Kind], emit: Emit, *, run: str, plan_id: str
    ) -> None:
        """Keep what every call needs; ``run`` and ``plan_id`` go into the journal."""
        self._session = session
        self._clients = clients
        self._kinds = kinds
        self._emit = emit
        self._run = run
        self._plan_id = plan_id
        self._rows = RowSender(Means(session, clients, kinds, emit))

    async def perform(self, job: Job) -> Result:
        """Carry out one call. Where the journal can't be written the result says so (``broken``)."""
        if job.rows is not None and job.call.rows is not None:
            if job.call.effect is not Effect.CREATE:
                return await self._rows.perform(job, job.rows, lambda marks: self._announce(job, marks))
            try:
                call, marks = job.rows.prepared(job.call)
            except DsopsError as changed:
                return failed(changed.diagnostics[0], 0)
            job = dataclasses.replace(job, call=call, marks=marks)
        if job.call.effect is Effect.CREATE and self._kind(job).info.create_may_overwrite:
            try:
                if await self._look(job) is not None:
                    return _exists_now(0)
            except DsopsError as unreadable:
                return failed(unreadable.diagnostics[0], 0)
        try:
            intent = await self._announce(job, job.marks)
        except StateError as broken:
            return unsaved(broken, 0)
        return await self._send(job, intent)

    async def verify(self, change: Change, record: Record, rows: RowsToSend) -> Result | None:
        """Read whether the rows that a change sent are all there, as they were sent; None when they are."""
        numbers = [
            number
            for each in change.calls
            if each.call.rows is not None and each.call.rows.action is RowAction.CREATE and each.call.rows.body
            for number in each.call.rows.body.numbers
        ]
        if not numbers:
            return None
        witness = Witness(map(rows.mark, rows.declared.values(numbers)), rows.codec, rows.key)
        flow = self._kinds[change.address.type].reading(record.key, record.remote_id)
        try:
            await self._clients.read(record.connection, flow, witness)
        except DsopsError as unreadable:
            return unknown(unreadable, 0)
        if witness.missing == 0:
            return None
        reason = f"{witness.missing} of {len(numbers)} rows that were sent are not there as they were sent"
        return Result(Status.FAILED, reason=reason, hint="plan again, and see what the provider makes of them")

    async def _announce(self, job: Job, marks: tuple[RowMark, ...]) -> Intent:
        (intent,) = await self._session.announce([self._intent(job, marks)])
        return intent

    async def _send(self, job: Job, intent: Intent) -> Result:
        client = self._clients.client(job.planned.connection)
        lost: DsopsError | None = None
        for sent in range(1, _TRIES + 1):
            try:
                answer = await self._write(client, job)
            except NotSent as refused:
                if lost is not None:
                    return unknown(lost, sent - 1)
                return await self._read_back(self._not_sent(intent, refused), 0)
            except AnswerLost as gone:
                lost = gone
                if job.call.repeat is Repeat.APPEND:
                    break
                result = await self._read_back(self._after_loss(job, intent, sent), sent)
                if result is not None:
                    return result
                if sent < _TRIES:
                    self._emit(
                        Event(EventKind.RETRIED, f"{gone.diagnostics[0].summary}; sending it again", job.address)
                    )
                    await asyncio.sleep(_PAUSE * 2 ** (sent - 1))
            else:
                answered = self._answered(job, intent, answer, sent, lost)
                return await self._read_back(answered, sent)
        return unknown(lost, sent)

    async def _write(self, client: Client, job: Job) -> Answer:
        """Send a call; again after a pause while the provider is busy, and so did not carry it out."""
        end = min(time.monotonic() + self._kind(job).info.patience, self._clients.deadline)
        while True:
            answer = await client.write(job.call, deadline=self._session.deadline)
            failure = answer.failure
            if failure is None or failure.kind is not FailureKind.BUSY or time.monotonic() > end:
                return answer
            self._emit(Event(EventKind.WAITING, f"{failure.message}; sending it again", job.address))
            await asyncio.sleep(max(failure.pause, _BUSY_PAUSE))

    async def _wait(self, job: Job, live: LiveObject, sent: int) -> Result | None:
        """Wait until what was answered well has come about; return None when it has."""
        kind, told = self._kind(job), ""
        async for _ in pauses(kind.info.patience, self._clients.deadline):
            flow = kind.waiting(job.call.effect or Effect.UPDATE, live)
            if flow is None:
                return None
            look: Look = await self._clients.read(job.planned.connection, flow)
            if look.done:
                return None
            if look.failed:
                return Result(Status.FAILED, live.remote_id, sent, look.words, "see what the provider says of it")
            if look.words != told:
                told = look.words
                self._emit(Event(EventKind.WAITING, told, job.address))
        ended = given_up(kind.info.patience, self._clients.deadline)
        reason = f"{ended} it is still {told or 'not so'}"
        return Result(Status.FAILED, live.remote_id, sent, reason, "apply again: it is looked at first")

    async def _read_back(self, reading: Awaitable[_R], sent: int) -> _R | Result:
        """Await what may have to read; where that fails, nobody knows, and the intent stays open for recovery."""
        try:
            return await reading
        except StateError as broken:
            return unsaved(broken, sent)
        except DsopsError as unreadable:
            return unknown(unreadable, sent)

    async def _not_sent(self, intent: Intent, refused: NotSent) -> Result:
        await self._session.settle(intent.id, outcome="not sent")
        return failed(refused.diagnostics[0], 0)

    async def _after_loss(self, job: Job, intent: Intent, sent: int) -> Result | None:
        """Look what became of a call whose answer was lost; None means: send again.

        A delete is not repeated blindly: somebody may have made another object of that name meanwhile.
        """
        deletes = job.call.effect is Effect.DELETE
        if job.call.repeat is not Repeat.UNIQUE and not deletes:
            return None
        witness = self._witness(job)
        live = await self._look_for(job, witness)
        if deletes:
            gone = live is None or live.remote_id != job.record.remote_id
            return await self._succeeded(job, intent, None, sent) if gone else None
        if live is not None and job.call.effect is Effect.UPDATE:
            other = ignored_by_server(job.call, job.record, live)
            return None if other else await self._succeeded(job, intent, live, sent)
        return None if live is None else await self._found(job, intent, live, witness, sent)

    async def _found(self, job: Job, intent: Intent, live: LiveObject, witness: Witness | None, sent: int) -> Result:
        """Settle a create by what stands under its name now: ours when it is what was sent."""
        stranger = witness is not None and witness.untouched
        if stranger or ignored_by_server(job.call, job.record, live):
            await self._session.settle(intent.id, outcome="another object has the name")
            return _exists_now(sent)
        if witness is not None:
            job = dataclasses.replace(job, marks=witness.arrived)
        return await self._succeeded(job, intent, live, sent)

    async def _answered(self, job: Job, intent: Intent, answer: Answer, sent: int, lost: DsopsError | None) -> Result:
        failure = answer.failure
        if failure is None:
            live = self._kind(job).answered(job.record.key, answer.response)
            if live is None and job.call.effect is Effect.CREATE:
                accepted = job.rows is not None and job.rows.codec.accepted(answer.response)
                live = await (self._await_created(job) if accepted else self._look(job))
            return await self._succeeded(job, intent, live, sent)
        if job.call.effect is Effect.DELETE and failure.kind is FailureKind.NOT_FOUND:
            return await self._succeeded(job, intent, None, sent)
        if job.call.effect is Effect.CREATE and failure.kind is FailureKind.CONFLICT:
            witness = self._witness(job)
            live = await self._look(job, witness) if lost is not None else None
            if live is not None:
                return await self._found(job, intent, live, witness, sent)
            if lost is not None:
                return refused_again(lost, failure, sent)
            await self._session.settle(intent.id, outcome="the name is taken")
            return _exists_now(sent)
        if lost is not None:
            return refused_again(lost, failure, sent)
        await self._session.settle(intent.id, outcome=f"refused: {failure.message}")
        return failed(explain(job.call, self._clients.connection(job.planned.connection), answer), sent)

    async def _succeeded(self, job: Job, intent: Intent, live: LiveObject | None, sent: int) -> Result:
        drop = [] if job.formerly is None else [job.formerly]
        if job.call.effect is Effect.DELETE:
            gone = LiveObject(job.record.remote_id, job.record.key, {})
            if trouble := await self._wait(job, gone, sent):
                await self._session.settle(intent.id, outcome=trouble.reason)
                return trouble
            await self._session.settle(intent.id, outcome="done", drop=[job.record.address, *drop])
            return Result(Status.SUCCEEDED, sent=sent)
        remote_id = live.remote_id if live is not None else job.record.remote_id
        if not remote_id:
            return unknown(None, sent)
        record = dataclasses.replace(job.record, remote_id=remote_id)
        ignored = ignored_by_server(job.call, record, live) if live is not None else ()
        rows = [RowsPatch(holder_of(record), job.marks, clear=True)] if job.marks else []
        await self._session.settle(intent.id, outcome="done", put=[without(record, ignored)], drop=drop, rows=rows)
        if ignored:
            reason = f"the provider answered with success, but {', '.join(ignored)} is not as sent"
            return Result(Status.FAILED, remote_id, sent, reason, "plan again, and see what the provider makes of it")
        there = live or LiveObject(remote_id, record.key, record.attributes)
        return await self._wait(job, there, sent) or Result(Status.SUCCEEDED, remote_id, sent)

    async def _look(self, job: Job, witness: Witness | None = None) -> LiveObject | None:
        flow = self._kind(job).reading(job.record.key, job.record.remote_id)
        live: LiveObject | None = await self._clients.read(job.planned.connection, flow, witness)
        return live

    async def _look_for(self, job: Job, witness: Witness | None) -> LiveObject | None:
        """Look what became of a lost call, until ``settle`` has passed where sending it again would make a twin."""
        info, own = self._kind(job).info, self._clients.connection(job.planned.connection).settle
        twins = info.takes_names_twice and job.call.effect is Effect.CREATE
        async for _ in pauses((info.settle if own is None else own) if twins else 0.0, self._clients.deadline):
            live = await self._look(job, witness)
            if live is not None or not twins:
                return live
        return None

    def _witness(self, job: Job) -> Witness | None:
        return Witness(job.marks, job.rows.codec, job.rows.key) if job.rows is not None and job.marks else None

    async def _await_created(self, job: Job) -> LiveObject | None:
        """Look until an object whose creation was accepted is there with its rows, or patience ends."""
        await self._rows.learn(job.planned.connection, ASYNC)
        self._emit(Event(EventKind.WAITING, "accepted; waiting until it is carried out", job.address))
        async for _ in pauses(PATIENCE, self._clients.deadline):
            witness = self._witness(job)
            live = await self._look(job, witness)
            if live is not None and (witness is None or witness.missing == 0):
                return live
        return None

    def _kind(self, job: Job) -> Kind:
        return self._kinds[job.record.address.type]

    def _intent(self, job: Job, marks: tuple[RowMark, ...]) -> Intent:
        return Intent(
            id=0,
            run=self._run,
            plan_id=self._plan_id,
            call_id=job.planned.id,
            address=job.address,
            effect=str(job.call.effect),
            request=f"{job.call.method} {job.call.target}",
            record=job.record,
            settles=job.call.settles,
            at=time.time(),
            rows=marks,
        )


def _exists_now(sent: int) -> Result:
    return Result(
        Status.FAILED, sent=sent, reason="it exists now; it did not when the plan was made", hint="plan again"
    )
