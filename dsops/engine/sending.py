"""What a call needs on its way out, and what came of it."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dsops.engine.rowbody import RowsToSend
from dsops.model import (
    Address,
    Call,
    Diagnostic,
    DsopsError,
    Failure,
    PlannedCall,
    Record,
    RowMark,
    StateError,
    Status,
    rows_holder,
)

PATIENCE = 300.0
"""Seconds for which what was accepted is awaited."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
APPLY_AGAIN = "apply again: what became of it is looked up first"


@dataclass(frozen=True, slots=True)
class Job:
    """A call about to leave.

    Attributes:
        address: The resource it is for.
        planned: The call as planned.
        call: The call with everything known.
        record: The record once it has succeeded; for a delete, as it was.
        formerly: Address of the record that it takes the place of, if another.
        rows: Where the rows are read that it sends; None where it concerns none.
        marks: What it does to rows, once its body is built.
    """

    address: Address
    planned: PlannedCall
    call: Call
    record: Record
    formerly: Address | None = None
    rows: RowsToSend | None = None
    marks: tuple[RowMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call.

    Attributes:
        status: Succeeded, failed or unknown.
        remote_id: Id of the object, after a create or an update.
        sent: How often it left, and what was sent to repair it.
        reason: Why it did not succeed.
        hint: What to do.
        repairs: How many of those sent were repairs.
        broken: Why the state takes nothing more down; empty while it does. Then nothing more may start.
    """

    status: Status
    remote_id: str = ""
    sent: int = 0
    reason: str = ""
    hint: str = ""
    repairs: int = 0
    broken: str = ""


def failed(why: Diagnostic, sent: int) -> Result:
    """Return the result of a call that was refused or never left."""
    reason = f"{why.summary}: {why.detail}" if why.detail else why.summary
    return Result(Status.FAILED, sent=sent, reason=reason, hint=why.hint)


def unknown(why: DsopsError | None, sent: int, repairs: int = 0) -> Result:
    """Return the result of a call of which nobody knows what became; its intent stays open for recovery."""
    reason = (
        why.diagnostics[0].summary if why else "the answer does not hold the object, and nothing stands under its name"
    )
    return Result(Status.UNKNOWN, sent=sent, reason=reason, hint=APPLY_AGAIN, repairs=repairs)


def refused_again(lost: DsopsError, failure: Failure, sent: int) -> Result:
    """Return the result of a call whose answer was lost and whose repeat was refused.

    The refusal says nothing of the first time, which may still be carried out: the intent stays open for recovery.
    """
    reason = f"{lost.diagnostics[0].summary}; sent again, it was refused: {failure.message}"
    return Result(Status.UNKNOWN, sent=sent, reason=reason, hint=APPLY_AGAIN)


def unsaved(broken: StateError, sent: int, repairs: int = 0) -> Result:
    """Return the result of a call that the state couldn't take down: its intent, so it never left, or its outcome."""
    (why, *_) = broken.diagnostics
    told = f"{why.summary}: {why.detail}" if why.detail else why.summary
    if not sent:
        return Result(Status.FAILED, reason=f"it was not sent. {told}", hint=why.hint, broken=told)
    reason = f"it was sent, and what came of it could not be saved. {told}"
    return Result(Status.UNKNOWN, "", sent, reason, f"{why.hint}\n{APPLY_AGAIN}".strip(), repairs, told)


def holder_of(record: Record) -> str:
    """Return the name under which the state keeps the rows of a record's object."""
    return rows_holder(record.address.type, record.endpoint, record.remote_id)


async def pauses(patience: float, deadline: float = math.inf) -> AsyncIterator[None]:
    """Yield at once, then after growing pauses, and for the last time when ``patience`` seconds or the run's are up."""
    end = min(time.monotonic() + patience, deadline)
    pause = _FIRST_PAUSE
    while True:
        left = end - time.monotonic()
        yield
        if left <= 0:
            return
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
