"""After a crash: what became of the calls whose outcome nobody wrote down? Only reads, and settles the records.

========= ============================ =============================================================
effect    what is read                 what it means
========= ============================ =============================================================
create    not there                    not carried out, once ``settle`` has passed
create    there, with what was sent    ours: recorded
create    there, with something else   a stranger's: left alone
update    as it was to be              carried out: recorded
update    otherwise                    not carried out, once ``settle`` has passed
update    nothing of what it set       sent again, once ``settle`` has passed: it could undo what follows
delete    not there                    carried out: dropped, once what the provider does about it has ended
delete    there                        not carried out, once ``settle`` has passed
rows      as they were to be           carried out: recorded
rows      otherwise                    those that are there are recorded, once ``settle`` has passed
========= ============================ =============================================================

Rows need no more than their keys: what an interrupted call did to them is read, and planned again.

What is left to do is planned and shown like any other change.
"""

import asyncio
import dataclasses
import time
from dataclasses import dataclass

from dsops.engine.connect import Clients, at_home
from dsops.engine.observe import together
from dsops.engine.options import Emit
from dsops.engine.rowbody import Witness
from dsops.engine.rowsend import ASYNC
from dsops.engine.sending import holder_of, pauses
from dsops.model import (
    Address,
    Attributes,
    Effect,
    Event,
    EventKind,
    Intent,
    Kind,
    LiveObject,
    Look,
    Record,
    RowsPatch,
    Stack,
    State,
)
from dsops.providers import kind_of
from dsops.state import Session

_QUEUED = 60.0
"""Seconds for which rows may still surface at a provider that is known to carry out uploads later."""
_POLL = 0.5
"""Seconds between two looks at whether a lost write surfaces after all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of an intent.

    Attributes:
        intent: The intent.
        put: The record to save, if the call was carried out.
        drop: Addresses to drop: of what is gone, and those that the record moved away from.
        words: For people.
        certain: False while a lost write may still surface.
        rows: What to save of rows.
    """

    intent: Intent
    words: str
    put: Record | None = None
    drop: tuple[Address, ...] = ()
    certain: bool = True
    rows: tuple[RowsPatch, ...] = ()


async def recover(session: Session, clients: Clients, stack: Stack, emit: Emit) -> tuple[State, tuple[str, ...]]:
    """Settle every open intent of the state, waiting where a lost write may still surface.

    Returns:
        The state as it is now, and what was settled, in words.
    """
    state = session.state
    findings = await _examine_all(state, clients, stack, emit, wait=True)
    for found in findings:
        put = (found.put,) if found.put else ()
        await session.settle(found.intent.id, outcome=found.words, put=put, drop=found.drop, rows=found.rows)
        emit(Event(EventKind.RECOVERED, found.words, found.intent.address))
    return _after(state, findings), tuple(f"{found.intent.address}: {found.words}" for found in findings)


async def recovered_view(state: State, clients: Clients, stack: Stack, emit: Emit) -> State:
    """Return the state as recovery would leave it, without waiting and without writing: for plan and drift."""
    findings = await _examine_all(state, clients, stack, emit, wait=False)
    for found in findings:
        emit(Event(EventKind.RECOVERED, found.words, found.intent.address))
    return _after(state, findings)


async def _examine_all(state: State, clients: Clients, stack: Stack, emit: Emit, *, wait: bool) -> list[Finding]:
    findings: dict[int, Finding] = {}

    async def examine(intent: Intent) -> None:
        trait = state.traits.get(intent.record.endpoint, {}).get(ASYNC[0])
        queued = _QUEUED if intent.rows and trait == ASYNC[1] else 0.0
        found = await _examine(intent, clients, queued, wait=wait)
        ends = wait and intent.effect == Effect.DELETE and bool(found.drop)
        findings[intent.id] = await _until_gone(found, clients, emit) if ends else found

    await together(examine(_on_a_connection(intent, stack)) for intent in state.intents)
    return [_moved(findings[intent.id], state) for intent in state.intents]


def _moved(found: Finding, state: State) -> Finding:
    """Drop what the state holds of the same object at other addresses: the interrupted call moved it from there."""
    new = found.put
    if new is None:
        return found
    place = (new.endpoint, new.address.type, new.remote_id)
    others = (
        each.address
        for each in state.records.values()
        if each.address != new.address and (each.endpoint, each.address.type, each.remote_id) == place
    )
    return dataclasses.replace(found, drop=(*found.drop, *others))


def _on_a_connection(intent: Intent, stack: Stack) -> Intent:
    records = at_home(State(records={intent.address: intent.record}), stack).records
    return dataclasses.replace(intent, record=records[intent.address])


async def _examine(intent: Intent, clients: Clients, queued: float, *, wait: bool) -> Finding:
    record = intent.record
    kind = kind_of(intent.address.type)
    settle = clients.connection(record.connection).settle
    # Counted from now, not from the intent: the call may have waited for its turn, and clocks are set.
    end = time.monotonic() + max(queued, kind.info.settle if settle is None else settle)
    rows = _witness(intent, kind)
    while True:
        live: LiveObject | None = await clients.read(
            record.connection, kind.reading(record.key, record.remote_id), rows
        )
        found = judge(intent, live) if rows is None else judge_rows(intent, live, rows)
        left = end - time.monotonic()
        if found.certain or left <= 0:
            return dataclasses.replace(found, certain=True)
        if not wait:
            return found
        await asyncio.sleep(min(_POLL, left))


async def _until_gone(found: Finding, clients: Clients, emit: Emit) -> Finding:
    """Wait until a delete has come about: till then the name may be taken, and what lay below may still be read."""
    record = found.intent.record
    kind, told = kind_of(record.address.type), ""
    async for _ in pauses(kind.info.patience):
        flow = kind.waiting(Effect.DELETE, LiveObject(record.remote_id, record.key, {}))
        if flow is None:
            return found
        look: Look = await clients.read(record.connection, flow)
        if look.done:
            return found
        if look.failed:
            return Finding(found.intent, f"the interrupted delete did not come about: {look.words}")
        if look.words != told:
            told = look.words
            emit(Event(EventKind.WAITING, told, record.address))
    return Finding(found.intent, f"the interrupted delete is not done after {kind.info.patience:.0f} s: {told}")


def judge(intent: Intent, live: LiveObject | None) -> Finding:
    """Say what one reading tells about an intent (the table above)."""
    match Effect(intent.effect):
        case Effect.CREATE:
            return _judge_create(intent, live)
        case Effect.UPDATE:
            return _judge_update(intent, live)
        case Effect.DELETE:
            if live is None or live.remote_id != intent.record.remote_id:
                return Finding(intent, "the interrupted delete was carried out", drop=(intent.record.address,))
            return Finding(intent, "the interrupted delete was not carried out", certain=False)


def _witness(intent: Intent, kind: Kind) -> Witness | None:
    declared = intent.record.rows
    if not intent.rows or kind.rows is None or declared is None:
        return None
    return Witness(intent.rows, kind.rows, declared.key)


def judge_rows(intent: Intent, live: LiveObject | None, rows: Witness) -> Finding:
    """Say what one reading tells about a call to rows, or about the creation of an object together with rows."""
    if intent.effect == Effect.CREATE:
        found = _judge_create(intent, live)
        if found.put is None:
            return found
        if rows.untouched:
            words = "what stands under its name has none of the rows that the interrupted create sent; it is left alone"
            return Finding(intent, words)
        words, put = found.words, found.put
    elif live is None or live.remote_id != intent.record.remote_id:
        return Finding(intent, "the object of an interrupted call to its rows is not there any more")
    else:
        words, put = "the interrupted call to its rows was carried out", None
    patch = RowsPatch(holder_of(put or intent.record), rows.arrived)
    if rows.missing:
        words = f"{rows.missing} of {len(intent.rows)} rows of an interrupted call are not there, as it sent them"
    elif not rows.settled:
        words = "a row that an interrupted call was to delete is still there"
    return Finding(intent, words, put=put, certain=rows.settled, rows=(patch,))


def _judge_create(intent: Intent, live: LiveObject | None) -> Finding:
    if live is None:
        return Finding(intent, "the interrupted create was not carried out", certain=False)
    if _is_as(intent.record.attributes, live.attributes, intent.settles) is False:
        return Finding(intent, "what stands under its name is not what the interrupted create sent; it is left alone")
    record = dataclasses.replace(intent.record, remote_id=live.remote_id)
    return Finding(intent, "the interrupted create was carried out; the object is recorded", put=record)


def _judge_update(intent: Intent, live: LiveObject | None) -> Finding:
    if live is None or live.remote_id != intent.record.remote_id:
        return Finding(intent, "the object of an interrupted update is not there any more")
    match _is_as(intent.record.attributes, live.attributes, intent.settles):
        case True:
            return Finding(intent, "the interrupted update was carried out", put=intent.record)
        case False:
            return Finding(intent, "the interrupted update was not carried out", certain=False)
        case None:
            words = "nothing tells whether the interrupted update was carried out; what is left to do is planned again"
            return Finding(intent, words, certain=False)


def _is_as(wanted: Attributes, live: Attributes, paths: tuple[str, ...]) -> bool | None:
    """Whether live has the wanted values, as far as it tells; None when it tells nothing.

    Of one of several calls for a row, which settle nothing each by itself, it tells nothing.
    """
    known = [path for path in paths if path in live and path in wanted]
    return all(live[path] == wanted[path] for path in known) if known else None


def _after(state: State, findings: list[Finding]) -> State:
    records: dict[Address, Record] = dict(state.records)
    for found in findings:
        for address in found.drop:
            records.pop(address, None)
        if found.put is not None:
            records[found.put.address] = found.put
    return dataclasses.replace(state, records=records, intents=())
