"""Manifests of what was imported: printed or written."""

from pathlib import Path

from dsops.cli.files import create_whole
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.engine import Imported
from dsops.model import DsopsError
from dsops.render import json_text


def written(found: Imported, folder: Path) -> None:
    """Write each manifest below ``folder``.

    Raises:
        DsopsError: A file is there already, then nothing was written; or one can't be written.
    """
    taken = sorted(name for name in found.files if (folder / name).exists())
    if taken:
        raise DsopsError.of(
            f"{len(taken)} files are there already, and nothing was written",
            detail="\n".join(str(folder / name) for name in taken),
            hint="Choose another folder with --into, or remove them first.",
        )
    for name, text in found.files.items():
        try:
            create_whole(folder / name, text.encode())
        except OSError as error:
            why = error.strerror or str(error)
            raise DsopsError.of(f"{folder / name} can't be written", detail=why) from error


def told(common: Common, found: Imported, folder: Path | None) -> None:
    """Tell which files were written, or print them."""
    for note in found.notes:
        say(note)
    if common.format == "json":
        out(json_text({"files": dict(found.files), "notes": list(found.notes)}))
    elif folder is None:
        out("---\n".join(found.files.values()).rstrip("\n"))
    else:
        out("\n".join(str(folder / name) for name in sorted(found.files)))
