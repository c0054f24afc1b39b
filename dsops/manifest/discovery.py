"""Which files make up a stack."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from dsops.manifest.words import error, near
from dsops.model import Diagnostic, DsopsError, Source

STACK_FILE = "dsops.yaml"
OVERLAYS = "env"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class File:
    """A manifest file.

    Attributes:
        path: Where it lies.
        name: Path below the stack folder, with forward slashes.
    """

    path: Path
    name: str


@dataclass(slots=True)
class Found:
    """What a search found; files sorted by name."""

    files: list[File] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def find_root(start: Path) -> Path:
    """Return the stack folder: ``start`` itself, absolute. Folders above it are not searched.

    Raises:
        DsopsError: It has no stack file.
    """
    root = start.resolve()
    if not (root / STACK_FILE).is_file():
        raise DsopsError.of(
            f"no {STACK_FILE} in {start}",
            detail=f"A stack is a folder with a file {STACK_FILE}.",
            hint=f"Go to a stack's folder or name it with -C; `dsops init {start}` makes one.",
        )
    return root


def manifests(root: Path) -> Found:
    """Find the files of a stack: all YAML files below its folder but those of overlays, dot folders and other stacks.

    Files that a ``rows.from`` names are among them: only the manifests tell which those are (``rows.held``).
    """
    found = Found()
    _search(root, root, found, skip=(OVERLAYS,))
    found.files.sort(key=lambda each: each.name)
    return found


def is_read(root: Path, folder: Path) -> bool:
    """Whether a folder, named below the stack folder, is one in which manifests are looked for."""
    parts = folder.parts
    apart = any(part.startswith(".") for part in parts) or parts[:1] == (OVERLAYS,)
    other = any((root.joinpath(*parts[:count]) / STACK_FILE).is_file() for count in range(1, len(parts) + 1))
    return not (apart or other)


def overlays(root: Path, env: str) -> Found:
    """Find the files of an overlay: ``env/NAME.yaml`` and those in ``env/NAME/``."""
    found = Found()
    folder = root / OVERLAYS
    for suffix in _SUFFIXES:
        if (folder / f"{env}{suffix}").is_file():
            _add(root, folder / f"{env}{suffix}", found)
    if (folder / env).is_dir():
        inside = Found()
        _search(root, folder / env, inside, skip=())
        found.files.extend(sorted(inside.files, key=lambda each: each.name))
        found.diagnostics.extend(inside.diagnostics)
    if not found.files and not found.diagnostics:
        names = _environments(folder) - {env}
        hint = near(env, names, "environments") if names else f"Make {OVERLAYS}/{env}.yaml, or leave --env out."
        found.diagnostics.append(
            error(
                f"There is no environment {env}",
                detail=f"Neither {OVERLAYS}/{env}.yaml nor {OVERLAYS}/{env}/ holds a manifest.",
                hint=hint,
            )
        )
    return found


def all_overlays(root: Path) -> list[File]:
    """Find the files of all overlays."""
    found = Found()
    if (root / OVERLAYS).is_dir():
        _search(root, root / OVERLAYS, found, skip=())
    return found.files


def _environments(folder: Path) -> set[str]:
    entries = list(folder.iterdir()) if folder.is_dir() else []
    return {each.name for each in entries if each.is_dir()} | {
        each.stem for each in entries if each.suffix in _SUFFIXES
    }


def _search(root: Path, folder: Path, found: Found, *, skip: tuple[str, ...]) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError as failed:
        where = Source(_name(root, folder), 1)
        found.diagnostics.append(error("A folder can't be read", detail=failed.strerror or str(failed), source=where))
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(".") or entry.name in skip:
            continue
        if entry.is_symlink() and not _stays(root, path):
            if path.suffix in _SUFFIXES or path.is_dir():
                found.diagnostics.append(_leaves(root, path))
        elif entry.is_dir(follow_symlinks=False):
            if not (path / STACK_FILE).is_file():
                _search(root, path, found, skip=())
        elif path.suffix in _SUFFIXES and path.is_file():
            _add(root, path, found)


def _add(root: Path, path: Path, found: Found) -> None:
    if not _stays(root, path):
        found.diagnostics.append(_leaves(root, path))
    elif not path.is_symlink() or _hidden(root, path.resolve()):
        # A link to a file that is read anyway would declare everything twice; one into a dot folder (as mounted
        # configuration maps have them) is the only way to that file.
        found.files.append(File(path, _name(root, path)))


def _stays(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _hidden(root: Path, path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _leaves(root: Path, path: Path) -> Diagnostic:
    return error(
        "A link leads out of the stack folder, or nowhere",
        detail="Everything a stack is made of lies in its folder.",
        hint="Put the file itself there.",
        source=Source(_name(root, path), 1),
    )


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix().encode(errors="backslashreplace").decode()
