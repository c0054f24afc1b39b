"""Exceptions of a stream, dealt with in as many calls as they need; for `dsops stream tag` and `untag`."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsops.cli.lists import read_list
from dsops.cli.operating import operate
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.cli.workspace import load_workspace
from dsops.engine.operations import Desk
from dsops.engine.places import locate
from dsops.render import counted, json_text, printable


def deal_with(
    common: Common,
    name: str,
    stream: str,
    connection: str | None,
    uids: Sequence[str],
    arguments: Mapping[str, Any],
    *,
    done: str,
) -> int:
    """Do an operation on all uids, page by page, tell how many, and return the exit code."""
    workspace = load_workspace(common)
    place = locate(workspace, name, stream, connection)
    given = {**arguments, "uids": read_list(uids)}
    count = 0

    async def work(desk: Desk) -> None:
        nonlocal count
        async for page in desk.pages(name, place, given):
            count += len(page.items)

    try:
        operate(common, workspace, name, work)
    except BaseException:
        if count:
            say(f"{counted(count, 'comment')} were {done} before that; the same command does the rest.")
        raise
    if common.format == "json":
        out(json_text({"name": place.name, "connection": place.connection, done: count}))
    else:
        out(printable(f"{place}: {counted(count, 'comment')} {done}."))
    return 0
