"""Exports: all that an operation brings into a file that survives interruptions, or into a stream of lines.

It comes in pages, which a later run can go on from; or as the rows of one answer, which is written while it arrives and
asked for anew after an interruption.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from dsops.engine.operations import Desk
from dsops.engine.partfile import PartFile
from dsops.engine.places import Place
from dsops.engine.rowreads import RowLines
from dsops.engine.sheet import write_sheet
from dsops.model import Arguments, DsopsError, Event, EventKind, RemoteError

Sink = Callable[[bytes], bool]
"""Takes whole lines; says whether they have arrived."""

Form = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Turns a row of an answer into what is written."""


class Layout(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export brought.

    Attributes:
        items: Lines in all.
        pages: Answers in all.
        unit: What a line is called.
        resumed: Lines that an earlier run had brought.
        whole: Whether it came to its end; false when nobody read any more.
    """

    items: int
    pages: int
    unit: str
    resumed: int = 0
    whole: bool = True


def line(document: Any) -> bytes:
    """Return a document as a line of JSON: what the provider sent, keys sorted, no spaces, a newline at the end."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def lines(documents: Iterable[Any]) -> bytes:
    """Return documents as lines of JSON."""
    return b"".join(map(line, documents))


async def export_file(
    desk: Desk,
    name: str,
    place: Place,
    arguments: Arguments,
    target: Path,
    *,
    layout: Layout = Layout.JSONL,
    restart: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Write all pages into a file, going on where an interrupted run of the same request stopped.

    Raises:
        DsopsError: See ``PartFile.open`` and ``Desk.pages``; what came so far is kept.
    """
    desk.check(name, place, arguments)
    unit = desk.operation(place, name).unit
    request = {
        "operation": name,
        "endpoint": desk.endpoint(place),
        "object": list(place.key),
        "arguments": dict(arguments),
    }
    with PartFile(target, request, arguments) as part:
        begun = part.open(restart=restart, overwrite=overwrite)
        if begun.pages:
            _tell(desk, f"{begun.items:,} {unit}s were there already, going on")
        form = desk.operation(place, name).row
        if form is not None and begun.next is not None:
            await _rows_into(part, desk, name, place, form)
        elif form is None:
            async for page in desk.pages(name, place, begun.next):
                mark = part.append(lines(page.items), len(page.items), page.next)
                _tell(desk, f"{mark.items:,} {unit}s")
        _place(desk, name, place, part, layout, overwrite=overwrite)
        return Exported(part.mark.items, part.mark.pages, unit, begun.items)


async def export_lines(desk: Desk, name: str, place: Place, arguments: Arguments, sink: Sink) -> Exported:
    """Hand all pages on as they come, until the reader has had enough.

    Raises:
        DsopsError: A page can't be had.
    """
    unit, form = desk.operation(place, name).unit, desk.operation(place, name).row
    if form is not None:
        return await _row_lines(desk, name, place, form, sink)
    items = pages = 0
    async for page in desk.pages(name, place, arguments):
        if not sink(lines(page.items)):
            return Exported(items, pages, unit, whole=False)
        items, pages = items + len(page.items), pages + 1
        _tell(desk, f"{items:,} {unit}s")
    return Exported(items, pages, unit)


async def _rows_into(part: PartFile, desk: Desk, name: str, place: Place, form: Form) -> None:
    written = _Written(desk, desk.operation(place, name).unit, part.write)

    def begin() -> None:
        part.forget()
        written.items = 0

    try:
        await desk.perform(name, place, {}, RowLines(form, begin, written.take))
        part.complete(written.items)
    except BaseException:
        part.forget()
        raise


async def _row_lines(desk: Desk, name: str, place: Place, form: Form, sink: Sink) -> Exported:
    unit = desk.operation(place, name).unit

    def hand_on(content: bytes) -> None:
        if not sink(content):
            raise _Enough

    written = _Written(desk, unit, hand_on)

    def begin() -> None:
        if written.items:
            raise RemoteError.of(
                f"{name} {place}: the answer broke off after {written.items:,} {unit}s",
                detail="those that were handed on can't be taken back, and another answer need not begin with them",
                hint="begin anew, or write into a file, which is whole or not there",
            )

    try:
        await desk.perform(name, place, {}, RowLines(form, begin, written.take))
    except _Enough:
        return Exported(written.items, 1, unit, whole=False)
    return Exported(written.items, 1, unit)


class _Enough(Exception):
    """Nobody reads any more."""


class _Written:
    """Counts what is written, and tells."""

    def __init__(self, desk: Desk, unit: str, write: Callable[[bytes], None]) -> None:
        self.items = 0
        self._desk = desk
        self._unit = unit
        self._write = write

    def take(self, content: bytes, count: int) -> None:
        self._write(content)
        self.items += count
        _tell(self._desk, f"{self.items:,} {self._unit}s")


def _place(desk: Desk, name: str, place: Place, part: PartFile, layout: Layout, *, overwrite: bool) -> None:
    if layout is Layout.JSONL:
        part.finish(part.part, overwrite=overwrite)
        return
    cells = desk.operation(place, name).cells
    if cells is None:
        raise DsopsError.of(f"what {name} brings has no form as a table", hint="Leave out --as csv.")
    sheet = part.target.with_name(f"{part.target.name}.part.csv")
    try:
        write_sheet(part.part, sheet, cells)
    except OSError as refused:
        sheet.unlink(missing_ok=True)
        hint = "Make room, then run the command again: what was exported is kept."
        why = refused.strerror or str(refused)
        raise DsopsError.of(f"{sheet} can't be written", detail=f"{why}.", hint=hint) from refused
    part.finish(sheet, overwrite=overwrite)


def _tell(desk: Desk, words: str) -> None:
    desk.emit(Event(EventKind.PROGRESS, words))


def request_arguments(**given: Any) -> Mapping[str, Any]:
    """Return the arguments that were given: neither None nor empty."""
    return {name: value for name, value in given.items() if value not in (None, (), [])}
