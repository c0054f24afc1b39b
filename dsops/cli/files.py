"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dsops.model import DsopsError

_PREFIX = ".dsops-"
"""Of temporary names: one made of the file's own could be too long where that isn't."""


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file through a temporary one beside it, so that nobody ever sees half of it.

    Raises:
        OSError: It can't be written; then nothing has changed.
    """
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def create_all(files: Mapping[Path, Iterable[bytes]]) -> None:
    """Write new files: all of them, each whole, or none.

    Args:
        files: Content by path; folders that lack are made.

    Raises:
        DsopsError: One of them can't be written, or is there already.
    """
    drafts: dict[Path, Path] = {}
    placed: list[Path] = []
    try:
        for path, content in files.items():
            with _named(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                drafts[path] = _draft(path, content)
        for path, draft in drafts.items():
            with _named(path):
                # A link, because it refuses a name that is taken, where a rename would replace it.
                path.hardlink_to(draft)
                placed.append(path)
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def unwritten(what: str, error: OSError) -> DsopsError:
    """Return the failure to write something, with what the system said."""
    why = error.strerror or str(error)
    hint = "Check the folder, its permissions and the disk; then run the command again."
    return DsopsError.of(f"{what}: nothing was written", detail=f"{why}.", hint=hint)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritten(f"{path} can't be written", error) from error


def _draft(path: Path, content: Iterable[bytes]) -> Path:
    """Write what is to be a file beside its place, durably."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
