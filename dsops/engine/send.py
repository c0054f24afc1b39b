"""One write: read first where a create might overwrite, journal the intent, send, and settle a lost answer.

=========== ================================= ================================================
repeat      after a lost answer               and then
=========== ================================= ================================================
safe        sent again                        answered: as ever; lost four times: unknown
(a delete)  its name is read                  gone, or another object's: done; else sent again
unique      its natural key is read           there as sent: ours; there otherwise: failed;
                                              not there: sent again
append      nothing                           unknown: the intent stays open for recovery
=========== ================================= ================================================
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dsops.engine.connect import Clients
from dsops.engine.effects import ignored_by_server, without
from dsops.engine.options import Emit
from dsops.http import Answer, explain
from dsops.model import (
    Address,
    AnswerLost,
    Call,
    Diagnostic,
    DsopsError,
    Effect,
    Event,
    EventKind,
    FailureKind,
    Intent,
    Kind,
    LiveObject,
    NotSent,
    PlannedCall,
    Record,
    Repeat,
    StateError,
    Status,
)
from dsops.state import Session

_TRIES = 4
_PAUSE = 0.25
"""Seconds before the first repeat of a call whose answer was lost; doubled for each further one."""


@dataclass(frozen=True, slots=True)
class Job:
    """A call about to leave.

    Attributes:
        address: The resource it is for.
        planned: The call as planned.
        call: The call with everything known.
        record: The record once it has succeeded; for a delete, as it was.
        formerly: Address of the record that it takes the place of, if another.
    """

    address: Address
    planned: PlannedCall
    call: Call
    record: Record
    formerly: Address | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call.

    Attributes:
        status: Succeeded, failed or unknown.
        remote_id: Id of the object, after a create or an update.
        sent: How often it left.
        reason: Why it did not succeed.
        hint: What to do.
    """

    status: Status
    remote_id: str = ""
    sent: int = 0
    reason: str = ""
    hint: str = ""


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

    async def perform(self, job: Job) -> Result:
        """Carry out one call.

        Raises:
            StateError: The journal can't be written; nothing more may be sent.
        """
        if job.call.effect is Effect.CREATE and self._kind(job).info.create_may_overwrite:
            try:
                if await self._look(job) is not None:
                    return _exists_now(0)
            except DsopsError as unreadable:
                return _failed(unreadable.diagnostics[0], 0)
        (intent,) = await self._session.announce([self._intent(job)])
        return await self._send(job, intent)

    async def _send(self, job: Job, intent: Intent) -> Result:
        client = self._clients.client(job.planned.connection)
        lost: DsopsError | None = None
        for sent in range(1, _TRIES + 1):
            try:
                answer = await client.write(job.call, deadline=self._session.deadline)
            except NotSent as refused:
                if lost is not None:
                    return _unknown(lost, sent - 1)
                await self._session.settle(intent.id, outcome="not sent")
                return _failed(refused.diagnostics[0], 0)
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
                answered = self._answered(job, intent, answer, sent, repeated=lost is not None)
                return await self._read_back(answered, sent)
        return _unknown(lost, sent)

    async def _read_back(self, reading: Awaitable[_R], sent: int) -> _R | Result:
        """Await what may have to read; where that fails, nobody knows, and the intent stays open for recovery."""
        try:
            return await reading
        except StateError:
            raise
        except DsopsError as unreadable:
            return _unknown(unreadable, sent)

    async def _after_loss(self, job: Job, intent: Intent, sent: int) -> Result | None:
        """Look for the object of a create or a delete whose answer was lost; None means: send again.

        A delete is not repeated blindly: somebody may have made another object of that name meanwhile.
        """
        deletes = job.call.effect is Effect.DELETE
        if job.call.repeat is not Repeat.UNIQUE and not deletes:
            return None
        live = await self._look(job)
        if deletes:
            gone = live is None or live.remote_id != job.record.remote_id
            return await self._succeeded(job, intent, None, sent) if gone else None
        return None if live is None else await self._found(job, intent, live, sent)

    async def _found(self, job: Job, intent: Intent, live: LiveObject, sent: int) -> Result:
        """Settle a create by what stands under its name now: ours when it is what was sent."""
        if ignored_by_server(job.call, job.record, live):
            await self._session.settle(intent.id, outcome="another object has the name")
            return _exists_now(sent)
        return await self._succeeded(job, intent, live, sent)

    async def _answered(self, job: Job, intent: Intent, answer: Answer, sent: int, *, repeated: bool) -> Result:
        failure = answer.failure
        if failure is None:
            live = self._kind(job).answered(job.record.key, answer.response)
            if live is None and job.call.effect is Effect.CREATE:
                live = await self._look(job)
            return await self._succeeded(job, intent, live, sent)
        if job.call.effect is Effect.DELETE and failure.kind is FailureKind.NOT_FOUND:
            return await self._succeeded(job, intent, None, sent)
        if job.call.effect is Effect.CREATE and failure.kind is FailureKind.CONFLICT:
            live = await self._look(job) if repeated else None
            if live is not None:
                return await self._found(job, intent, live, sent)
            await self._session.settle(intent.id, outcome="the name is taken")
            return _exists_now(sent)
        await self._session.settle(intent.id, outcome=f"refused: {failure.message}")
        return _failed(explain(job.call, self._clients.connection(job.planned.connection), answer), sent)

    async def _succeeded(self, job: Job, intent: Intent, live: LiveObject | None, sent: int) -> Result:
        drop = [] if job.formerly is None else [job.formerly]
        if job.call.effect is Effect.DELETE:
            await self._session.settle(intent.id, outcome="done", drop=[job.record.address, *drop])
            return Result(Status.SUCCEEDED, sent=sent)
        remote_id = live.remote_id if live is not None else job.record.remote_id
        if not remote_id:
            return _unknown(None, sent)
        record = dataclasses.replace(job.record, remote_id=remote_id)
        ignored = ignored_by_server(job.call, record, live) if live is not None else ()
        await self._session.settle(intent.id, outcome="done", put=[without(record, ignored)], drop=drop)
        if ignored:
            reason = f"the provider answered with success, but {', '.join(ignored)} is not as sent"
            return Result(Status.FAILED, remote_id, sent, reason, "plan again, and see what the provider makes of it")
        return Result(Status.SUCCEEDED, remote_id, sent)

    async def _look(self, job: Job) -> LiveObject | None:
        live: LiveObject | None = await self._clients.read(
            job.planned.connection, self._kind(job).reading(job.record.key, job.record.remote_id)
        )
        return live

    def _kind(self, job: Job) -> Kind:
        return self._kinds[job.record.address.type]

    def _intent(self, job: Job) -> Intent:
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
        )


def _exists_now(sent: int) -> Result:
    return Result(
        Status.FAILED, sent=sent, reason="it exists now; it did not when the plan was made", hint="plan again"
    )


def _failed(why: Diagnostic, sent: int) -> Result:
    reason = f"{why.summary}: {why.detail}" if why.detail else why.summary
    return Result(Status.FAILED, sent=sent, reason=reason, hint=why.hint)


def _unknown(why: DsopsError | None, sent: int) -> Result:
    reason = (
        why.diagnostics[0].summary if why else "the answer does not hold the object, and nothing stands under its name"
    )
    return Result(Status.UNKNOWN, sent=sent, reason=reason, hint="apply again: what became of it is looked up first")
