"""From a download's request to its folder; for `dsops dataset download`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsops.cli.operating import operate
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.cli.workspace import load_workspace
from dsops.engine.download import NAME, download, downloaded_document
from dsops.engine.places import locate
from dsops.render import download_text, json_text, printable


def into_folder(
    common: Common,
    dataset: str,
    connection: str | None,
    arguments: Mapping[str, Any],
    target: Path,
    *,
    overwrite: bool,
) -> int:
    """Download into a folder, tell, and return the exit code."""
    workspace = load_workspace(common)
    place = locate(workspace, NAME, dataset, connection)
    part = target.with_name(f"{target.name}.part") if target.name else target
    try:
        done = operate(
            common, workspace, NAME, lambda desk: download(desk, place, arguments, target, overwrite=overwrite)
        )
    except BaseException:
        if part != target and part.is_file():
            say(printable(f"What came so far is kept in {part}: the same command goes on from there."))
        raise
    told = downloaded_document(done, target)
    out(json_text(told) if common.format == "json" else download_text(told))
    return 0
