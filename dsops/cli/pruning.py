"""Asking, deleting, telling; for `dsops dataset prune`."""

from collections.abc import Mapping
from typing import Any

from dsops.cli.approval import ask
from dsops.cli.operating import operate
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.cli.workspace import load_workspace
from dsops.engine.operations import Desk
from dsops.engine.places import locate
from dsops.engine.prune import NAME, Pruned, prune
from dsops.model import Preview
from dsops.render import counted, json_text, printable


def prune_dataset(
    common: Common, dataset: str, connection: str | None, arguments: Mapping[str, Any], *, auto_approve: bool
) -> int:
    """Delete assets, tell, and return the exit code."""
    workspace = load_workspace(common)
    place = locate(workspace, NAME, dataset, connection)

    def approve(preview: Preview) -> bool:
        say(_shown(preview))
        if auto_approve:
            return True
        where = f"{place} ({place.name} on connection {place.connection})"
        return ask(f"Delete {_many(preview)} of {where}? They are gone for good.")

    async def work(desk: Desk) -> Pruned:
        desk.check(NAME, place, arguments).close()
        return await prune(desk, place, arguments, approve)

    done = operate(common, workspace, NAME, work)
    if common.format == "json":
        out(json_text(_document(done)))
    elif done.before.count == 0:
        out("The filter means no asset; nothing was deleted.")
    elif done.job is None:
        say("Nothing was deleted.")
    else:
        out(_told(done))
    return 0 if done.job is not None or done.before.count == 0 else 1


def _shown(preview: Preview) -> str:
    if preview.count is None:
        return "The provider doesn't tell which assets the filter means."
    more = ", ..." if preview.count > len(preview.sample) else ""
    return printable(f"The filter means {counted(preview.count, 'asset')}: {', '.join(preview.sample)}{more}")


def _many(preview: Preview) -> str:
    return "what the filter means" if preview.count is None else counted(preview.count, "asset")


def _told(done: Pruned) -> str:
    left = done.after.count if done.after is not None else None
    rest = "" if not left else f" The filter means {counted(left, 'asset')} now."
    return f"Deleted: {_many(done.before)}.{rest}"


def _document(done: Pruned) -> dict[str, Any]:
    return {
        "session": done.job.id if done.job is not None else None,
        "matched": done.before.count,
        "sample": list(done.before.sample),
        "left": done.after.count if done.after is not None else None,
    }
