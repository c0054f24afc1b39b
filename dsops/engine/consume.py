"""Consuming a queue: fetch, hand on, and only then advance.

::

    fetch ── sink: all lines written and flushed ── advance ── fetch ── ...
                 │ nobody reads any more: stop, and don't advance

Killed anywhere, the queue stands before what was not handed on: everything comes at least once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dsops.engine.export import Sink, lines
from dsops.engine.operations import Desk
from dsops.engine.places import Place
from dsops.model import Arguments, Batch, Event, EventKind

Form = Callable[[Batch], bytes]
"""Writes a batch as whole lines."""

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run of fetches brought.

    Attributes:
        results: Results handed on.
        filtered: Comments left out by the stream's filter.
        position: The last batch's; what to advance to.
        at_end: Whether there was nothing more.
        advanced: Whether the queue was advanced past everything handed on.
        read: Whether all of it found a reader.
    """

    results: int
    filtered: int
    position: str
    at_end: bool
    advanced: bool
    read: bool


def each_result(batch: Batch) -> bytes:
    """Write a batch as a line a result."""
    return lines(batch.items)


def whole_batch(batch: Batch) -> bytes:
    """Write a batch as one line, with what is said about it."""
    said = {"filtered": batch.filtered, "isEndSequence": batch.at_end, "sequenceId": batch.position}
    return lines([{**said, "results": batch.items}])


async def fetch(
    desk: Desk, place: Place, arguments: Arguments, sink: Sink, *, advance: bool, form: Form = each_result
) -> Fetched:
    """Fetch one batch, hand it on, and advance past it if asked to.

    Raises:
        DsopsError: It can't be fetched, or not advanced past; then it comes again.
    """
    batch: Batch = await desk.perform("stream fetch", place, arguments)
    read = sink(form(batch))
    advances = advance and read and batch.moved
    if advances:
        await desk.perform("stream advance", place, {"position": batch.position})
    return Fetched(len(batch.items), batch.filtered, batch.position, batch.at_end, advances, read)


async def follow(
    desk: Desk,
    place: Place,
    arguments: Arguments,
    sink: Sink,
    *,
    form: Form = each_result,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> int:
    """Fetch and advance for ever, pausing at the end of the stream; returns how many results, once nobody reads.

    Raises:
        DsopsError: A batch can't be fetched or advanced past.
    """
    results, pause = 0, 0.0

    def something(batch: Batch) -> bytes:
        return form(batch) if batch.moved else b""

    while True:
        fetched = await fetch(desk, place, arguments, sink, advance=True, form=something)
        if not fetched.read:
            return results
        results += fetched.results
        pause = next_pause(pause, moved=fetched.advanced, at_end=fetched.at_end)
        if pause:
            desk.emit(Event(EventKind.READING, f"{place} is at its end, looking again in {pause:g} s"))
            await sleep(pause)


def next_pause(before: float, *, moved: bool, at_end: bool) -> float:
    """Return the seconds to wait before the next fetch.

    None while there is more; one after the last batch; twice as long each time that nothing came, up to half a minute.
    A server that claims to have more and gives nothing is waited for too.
    """
    if moved:
        return _FIRST_PAUSE if at_end else 0.0
    return min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * before))
