"""Manifests of what was imported: printed or written."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dsops.cli.files import create_all
from dsops.cli.options import Common
from dsops.cli.output import out, say
from dsops.engine import Imported, Workspace
from dsops.manifest import OVERLAYS, is_read
from dsops.model import DsopsError
from dsops.render import json_text, printable


def writer(folder: Path) -> Callable[[Mapping[str, str | Iterable[bytes]]], None]:
    """Return what writes manifests below ``folder``: all of them, or none where a file is there already."""

    def write(files: Mapping[str, str | Iterable[bytes]]) -> None:
        taken = sorted(name for name in files if (folder / name).exists())
        if taken:
            raise DsopsError.of(
                f"{len(taken)} files are there already, and nothing was imported",
                detail="\n".join(str(folder / name) for name in taken),
                hint="Choose another folder with --into, or remove them first.",
            )
        create_all({folder / name: [text.encode()] if isinstance(text, str) else text for name, text in files.items()})

    return write


def below(workspace: Workspace, folder: Path) -> str:
    """Return a folder as manifests name it: below the stack folder.

    Raises:
        DsopsError: It lies elsewhere, or where no manifests are looked for: what they declare would be to be deleted.
    """
    root = Path(workspace.stack.root)
    try:
        inside = folder.resolve().relative_to(root)
        if not is_read(root, inside):
            raise DsopsError.of(
                f"{folder} is not read with the stack",
                detail=f"Dot folders, {OVERLAYS}/ and folders of other stacks hold no resources of this one.",
                hint="Choose another folder with --into.",
            )
        return inside.as_posix()
    except ValueError:
        raise DsopsError.of(
            f"{folder} is not below the stack folder",
            detail="manifests lie in the stack's folder, and name files with rows from there",
            hint="choose another folder with --into",
        ) from None


def told(common: Common, found: Imported, folder: Path) -> None:
    """Tell which files were written."""
    for note in found.notes:
        say(printable(note))
    if common.format == "json":
        files = {"files": dict(found.files), "rows": list(found.rows)}
        out(json_text({**files, "recorded": found.recorded, "notes": list(found.notes)}))
    elif found.files:
        out("\n".join(printable(str(folder / name)) for name in sorted((*found.files, *found.rows))))
    elif not found.recorded:
        say("Nothing to import.")
