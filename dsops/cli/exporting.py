"""From an export's request to its file, or to stdout; for `dsops dataset export`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsops.cli.operating import operate
from dsops.cli.options import Common
from dsops.cli.output import deliver, out, say
from dsops.cli.workspace import load_workspace
from dsops.engine import Workspace
from dsops.engine.export import Layout, export_file, export_lines
from dsops.engine.partfile import part_of
from dsops.engine.places import Place, locate, operation_on
from dsops.render import counted, json_text, printable

_NAME = "dataset export"
_LARGEST_PAGE = 256
"""The documented default is 64 comments."""


def into_file(
    common: Common,
    dataset: str,
    connection: str | None,
    arguments: Mapping[str, Any],
    target: Path,
    *,
    layout: str,
    restart: bool,
    overwrite: bool,
) -> int:
    """Export into a file, tell, and return the exit code."""
    workspace = load_workspace(common)
    place = locate(workspace, _NAME, dataset, connection)
    arguments = _with_page_size(workspace, place, arguments)
    with _kept(target):
        done = operate(
            common,
            workspace,
            _NAME,
            lambda desk: export_file(
                desk, _NAME, place, arguments, target, layout=Layout(layout), restart=restart, overwrite=overwrite
            ),
        )
    if common.format == "json":
        told = {"file": str(target), f"{done.unit}s": done.items, "pages": done.pages, "resumedAt": done.resumed}
        out(json_text(told))
    else:
        earlier = f", {done.resumed:,} of them by an earlier run" if done.resumed else ""
        out(printable(f"{counted(done.items, done.unit)} in {target}{earlier}."))
    return 0


def onto_stdout(common: Common, dataset: str, connection: str | None, arguments: Mapping[str, Any]) -> int:
    """Export as JSON lines to stdout and return the exit code; a reader that goes away ends it."""
    workspace = load_workspace(common)
    place = locate(workspace, _NAME, dataset, connection)
    arguments = _with_page_size(workspace, place, arguments)
    done = operate(common, workspace, _NAME, lambda desk: export_lines(desk, _NAME, place, arguments, deliver))
    if done.whole:
        say(f"{counted(done.items, done.unit)}.")
    return 0


def _with_page_size(workspace: Workspace, place: Place, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for the largest pages where there are pages; comments named one by one are few, and go alone."""
    takes = operation_on(workspace.stack, place.connection, _NAME).arguments
    if "limit" not in takes or "limit" in arguments or "comment_uids" in arguments:
        return arguments
    return {**arguments, "limit": _LARGEST_PAGE}


@contextmanager
def _kept(target: Path) -> Iterator[None]:
    """Say, when an export is cut short, what is left of it."""
    before = _size(target)
    try:
        yield
    except BaseException:
        if _size(target) > before:
            say(printable(f"What came so far is kept in {part_of(target)}: the same command goes on from there."))
        raise


def _size(target: Path) -> int:
    try:
        return part_of(target).stat().st_size
    except OSError:
        return 0
