"""Manifests of what was imported: printed or written."""

from collections.abc import Callable, Mapping
from pathlib import Path

from dsops.cli.files import create_whole
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.engine import Imported
from dsops.model import DsopsError
from dsops.render import json_text


def writer(folder: Path) -> Callable[[Mapping[str, str]], None]:
    """Return what writes manifests below ``folder``: all of them, or none where a file is there already."""

    def write(files: Mapping[str, str]) -> None:
        taken = sorted(name for name in files if (folder / name).exists())
        if taken:
            raise DsopsError.of(
                f"{len(taken)} files are there already, and nothing was imported",
                detail="\n".join(str(folder / name) for name in taken),
                hint="Choose another folder with --into, or remove them first.",
            )
        for name, text in files.items():
            try:
                create_whole(folder / name, text.encode())
            except OSError as error:
                why = error.strerror or str(error)
                raise DsopsError.of(f"{folder / name} can't be written", detail=why) from error

    return write


def told(common: Common, found: Imported, folder: Path) -> None:
    """Tell which files were written."""
    for note in found.notes:
        say(note)
    if common.format == "json":
        out(json_text({"files": dict(found.files), "recorded": found.recorded, "notes": list(found.notes)}))
    elif found.files:
        out("\n".join(str(folder / name) for name in sorted(found.files)))
    elif not found.recorded:
        say("Nothing to import.")
