"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

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


def create_whole(path: Path, content: Iterable[bytes]) -> None:
    """Write a new file, whole or not at all.

    Raises:
        FileExistsError: There is one of that name already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(content)
            os.fchmod(file.fileno(), 0o644)
        # A link, because it refuses a name that is taken, where a rename would replace it.
        path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
