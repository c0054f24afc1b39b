"""Which files a ``rows.from`` names."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from dsops.manifest.discovery import STACK_FILE
from dsops.manifest.rows.formats import SUFFIXES, has_rows
from dsops.manifest.words import listed, near

_MAGIC: Final = re.compile(r"[*?\[]")
_ANY_DEPTH: Final = "**"


class Refused(ValueError):
    """A path or pattern can't be used; its arguments are the summary, the detail and the hint."""

    def __init__(self, summary: str, detail: str = "", hint: str = "") -> None:
        """Keep the words."""
        super().__init__(summary, detail, hint)


def usable(root: Path, pattern: str) -> list[str]:
    """Return the files that a path or pattern means, checked; names below the stack folder, sorted.

    Args:
        root: The stack folder.
        pattern: With forward slashes; ``*``, ``?`` and ``[...]`` as in a shell, ``**`` for folders at any depth. Names
            that begin with a full stop must be written out.

    Raises:
        Refused: It means no file, or one that can't be used.
    """
    try:
        found = matching(root, pattern)
        for name in found:
            _check(root, name)
    except OSError as failed:
        raise Refused(f"{pattern} can't be looked for", f"{failed.strerror or failed}.") from None
    if not found:
        raise Refused(f"{pattern} matches no file", "Rows that aren't there can't be told from rows that are to go.",
                      "Paths count from the folder of dsops.yaml.")  # fmt: skip
    return found


def matching(root: Path, pattern: str) -> list[str]:
    """Return the names that a pattern means; a path without wildcards is returned whatever is there.

    Raises:
        Refused: It leads out of the stack folder.
        OSError: A folder can't be read.
    """
    parts = PurePosixPath(pattern).parts
    if not parts or PurePosixPath(pattern).is_absolute() or ".." in parts or "\0" in pattern:
        raise Refused(f"{pattern!r} is no path below the stack folder", "Everything a stack is made of lies in it.",
                      "Name a path below the folder of dsops.yaml, without .. in it.")  # fmt: skip
    if not _MAGIC.search(pattern) or root.joinpath(*parts).is_file():
        return ["/".join(parts)]
    single = tuple(
        part for part, before in zip(parts, ("", *parts), strict=False) if part != _ANY_DEPTH or before != part
    )
    return sorted(set(_expanded(root, "", single)))


def _expanded(folder: Path, prefix: str, parts: tuple[str, ...]) -> Iterator[str]:
    """Yield the files below a folder that the parts of a pattern mean."""
    head, rest = parts[0], parts[1:]
    if head == _ANY_DEPTH:
        yield from _expanded(folder, prefix, rest or ("*",))
        for entry in _entries(folder):
            # Links to folders are not followed here: they may go round.
            if entry.is_dir(follow_symlinks=False) and not _is_apart(Path(entry.path)):
                yield from _expanded(Path(entry.path), f"{prefix}{entry.name}/", parts)
        return
    for name in _named(folder, head):
        below = folder / name
        if rest and below.is_dir():
            yield from _expanded(below, f"{prefix}{name}/", rest)
        elif not rest and below.is_file():
            yield f"{prefix}{name}"


def _named(folder: Path, part: str) -> list[str]:
    """Return the names in a folder that one part of a pattern means."""
    if not _MAGIC.search(part):
        return [part]
    hidden = part.startswith(".")
    names = (entry.name for entry in _entries(folder))
    return [name for name in names if fnmatchcase(name, part) and (hidden or not name.startswith("."))]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _is_apart(folder: Path) -> bool:
    """Whether a folder is hidden or another stack's."""
    return folder.name.startswith(".") or (folder / STACK_FILE).is_file()


def _check(root: Path, name: str) -> None:
    path = root / name
    try:
        inside = path.resolve(strict=True).is_relative_to(root)
    except RuntimeError:
        inside = False
    except OSError:
        if path.is_symlink():
            inside = False
        else:
            raise Refused(f"There is no file {name}", hint=_neighbour(root, path)) from None
    if not inside:
        raise Refused(f"{name} is a link that leads out of the stack folder, or nowhere",
                      "Everything a stack is made of lies in its folder.", "Put the file itself there.")  # fmt: skip
    if not name.isprintable():
        raise Refused(f"{name!r} is a name that can't be shown", hint="Rename the file.")
    if path.is_dir():
        raise Refused(f"{name} is a folder", hint=f"Name files: {name}/*.jsonl.")
    if not path.is_file():
        raise Refused(f"{name} is no file")
    if not has_rows(name):
        raise Refused(f"{name} is no file of rows", hint=f"Known suffixes: {listed(SUFFIXES)}.")


def _neighbour(root: Path, path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return "Paths count from the folder of dsops.yaml."
    there = [each.name for each in _entries(folder) if has_rows(each.name)]
    where = folder.relative_to(root).as_posix()
    return near(path.name, there, "files") if there else f"There are no files of rows in {where}."
