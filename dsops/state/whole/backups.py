"""Backups: files beside the stack, whatever store the state is in, so that they don't share its fate.

::

    .dsops/backups/<env or default>/0007-serial-12-push.json.gz
"""

import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsops.model import StateError
from dsops.state.entries import Whole
from dsops.state.folders import write_private
from dsops.state.whole.dump import decode, encode

KEPT: Final = 50
_NAME: Final = re.compile(r"(\d{4,})-serial-(\d+)-([a-z]+)\.json\.gz")


@dataclass(frozen=True, slots=True)
class Backup:
    """A state as it was before something overwrote it.

    Attributes:
        number: What `dsops state restore` calls it by.
        serial: The serial of the state in it.
        reason: What came: ``push``, ``restore``, ``migrate``, ``mv``, ``rm``, ``upgrade``.
        at: Unix time.
        path: The file.
    """

    number: int
    serial: int
    reason: str
    at: float
    path: Path


class Backups:
    """The backups of one stack and environment."""

    def __init__(self, root: Path, env: str | None) -> None:
        """Name the stack folder and the environment; nothing is read yet."""
        self.folder = root / ".dsops/backups" / (env or "default")

    def listed(self) -> Sequence[Backup]:
        """Return all there are, oldest first."""
        found = [(match, path) for path in self.folder.glob("*") if (match := _NAME.fullmatch(path.name))]
        backups = [Backup(int(match[1]), int(match[2]), match[3], path.stat().st_mtime, path) for match, path in found]
        return tuple(sorted(backups, key=lambda each: each.number))

    def keep(self, whole: Whole, reason: str) -> Path:
        """Keep a state; durable on return. Of all backups the last 50 stay.

        Raises:
            StateError: It can't be written: then what it was made for must not go on.
        """
        body = gzip.compress(encode(whole), 6, mtime=0)
        before = self.listed()
        number = before[-1].number + 1 if before else 1
        path = self.folder / f"{number:04}-serial-{whole.state.serial}-{reason}.json.gz"
        try:
            write_private(path, body)
        except OSError as problem:
            raise StateError.of(
                "The state can't be backed up, so it is left as it is",
                detail=f"{self.folder}: {problem.strerror}.",
                hint="Check the folder and the disk.",
            ) from problem
        for each in before[: 1 - KEPT]:
            each.path.unlink(missing_ok=True)
        return path

    def numbered(self, number: int) -> Path:
        """Return the file of a backup. Raises StateError where there is none of that number."""
        for each in self.listed():
            if each.number == number:
                return each.path
        raise StateError.of(f"There is no backup {number}", hint="dsops state restore lists those there are.")


def read_backup(path: Path) -> Whole:
    """Return the state in a file: a backup, or what `dsops state pull` printed. Raises StateError."""
    try:
        body = path.read_bytes()
        return decode(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body, str(path))
    except (OSError, EOFError, zlib.error) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise StateError.of(f"{path} can't be read", detail=f"{why}.") from problem
