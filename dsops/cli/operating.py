"""What the commands about datasets and streams share: running an operation, and showing what it found."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.cli.progress import progress
from dsops.engine import Emit, Workspace
from dsops.engine.operations import Desk, Found, desk
from dsops.engine.places import Place
from dsops.render import (
    Row,
    json_text,
    listing_markdown,
    listing_text,
    object_markdown,
    object_text,
    printable,
    row_document,
    summary_text,
)

_Result = TypeVar("_Result")


def operate(common: Common, workspace: Workspace, command: str, work: Callable[[Desk], Awaitable[_Result]]) -> _Result:
    """Do some work on the connections of a stack, showing progress."""
    # What was loaded lives as long as the process; what a consumer that runs for days makes must not.
    gc.freeze()
    gc.enable()

    async def run(emit: Emit) -> _Result:
        async with desk(workspace, f"dsops {command}", emit) as opened:
            return await work(opened)

    with progress(common) as emit:
        return asyncio.run(run(emit))


def show_listing(common: Common, found: Sequence[Found], fields: Mapping[str, str], *, what: str) -> int:
    """Write a listing in the chosen format; returns the exit code.

    Args:
        common: The options of every command.
        found: The objects.
        fields: Titles of the columns, and the paths of their values.
        what: The objects' name in the plural, for the remark that there are none.
    """
    rows = _rows(found)
    match common.format:
        case "json":
            out(json_text([row_document(row) for row in rows]))
        case "markdown":
            out(listing_markdown(rows, fields))
        case _ if rows:
            out(listing_text(rows, fields, colour=common.colour))
        case _:
            say(f"There are no {what}.")
    return 0


def show_parts(common: Common, found: Sequence[Found], fields: Mapping[str, str], *, what: str) -> int:
    """Write a listing of what is part of one object (its tags), and no object itself; returns the exit code."""
    rows = _rows(found)
    match common.format:
        case "json":
            out(json_text([row.document for row in rows]))
        case "markdown":
            out(listing_markdown(rows, fields, named=False))
        case _ if rows:
            out(listing_text(rows, fields, named=False, colour=common.colour))
        case _:
            say(f"There are no {what}.")
    return 0


def show_object(
    common: Common, found: Found, summary: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
) -> int:
    """Write one object in the chosen format; returns the exit code.

    Args:
        common: The options of every command.
        found: The object.
        summary: What a person wants to know of it; None for all there is. The other formats always have all.
    """
    row = _rows([found])[0]
    if summary is not None and common.format == "text":
        out(summary_text(row, summary(row.document), colour=common.colour))
        return 0
    match common.format:
        case "json":
            out(json_text(row_document(row)))
        case "markdown":
            out(object_markdown(row))
        case _:
            out(object_text(row, colour=common.colour))
    return 0


def show_position(common: Common, place: Place, position: str) -> int:
    """Write where a stream stands now; returns the exit code."""
    if common.format == "json":
        out(json_text({"name": place.name, "connection": place.connection, "sequenceId": position}))
    else:
        out(printable(f"{place} stands at {position}."))
    return 0


def _rows(found: Iterable[Found]) -> list[Row]:
    return [Row(each.place.name, each.place.connection, each.place.address, each.document) for each in found]
