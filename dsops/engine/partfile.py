"""A file that grows page by page and is put in its place when it is whole.

::

    FILE.part         the lines so far
    FILE.part.json    what was asked, how much of FILE.part counts, and what to ask for next
    FILE              there once it is whole

A page's lines are on the disk before the note counts them, and the note is replaced whole: whatever instant the power
goes at, the note speaks of lines that are there. What lies behind them is half a page, and cut off. An answer that has
no pages counts when it is whole.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from dsops.model import Arguments, DsopsError

_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file has come.

    Attributes:
        next: Arguments of the next page; None when all are there.
        size: Bytes of the part file that count.
        items: Lines in them.
        pages: Answers they came in.
    """

    next: Arguments | None
    size: int = 0
    items: int = 0
    pages: int = 0


def part_of(target: Path) -> Path:
    """Return where a file grows until it is whole."""
    return target.with_name(f"{target.name}.part")


class PartFile:
    """The part file of one export, open and locked. A context manager."""

    def __init__(self, target: Path, request: Mapping[str, Any], first: Arguments) -> None:
        """Prepare; nothing is opened.

        Args:
            target: The file to be.
            request: What is asked, as JSON content: only the same request goes on with a part.
            first: Arguments of the first page.
        """
        self.target = target
        self.part = part_of(target)
        self._note = target.with_name(f"{target.name}.part.json")
        self._request = request
        self._first = first
        self._file: BinaryIO | None = None
        self.mark = Mark(first)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        if exc is not None and self.mark.pages == 0 and os.fstat(self._file.fileno()).st_size == 0:
            self.part.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
        self._file.close()

    def open(self, *, restart: bool, overwrite: bool) -> Mark:
        """Begin, or go on where an interrupted run of the same request stopped; returns how far it is.

        Args:
            restart: Begin anew whatever is there.
            overwrite: Whether a file in place may be replaced in the end.

        Raises:
            DsopsError: The file is there already; the part belongs to another request, to no export, or to a run that
            lives; or a file can't be opened.
        """
        if self.target.exists() and not overwrite:
            raise DsopsError.of(f"{self.target} is there already", hint="Give --overwrite to replace it in the end.")
        with _told(self.part):
            self._file = self._locked()
            size = os.fstat(self._file.fileno()).st_size
            if not restart and size:
                self.mark = self._resumed(size)
            self._file.truncate(self.mark.size)
            self._file.seek(self.mark.size)
        if self.mark.pages == 0:
            self._save(self.mark)
        return self.mark

    def append(self, lines: bytes, count: int, following: Arguments | None) -> Mark:
        """Add a page, durably: its lines, then the note that counts them.

        Raises:
            DsopsError: It can't be written; what was there before still counts.
        """
        file = self._opened()
        with _told(self.part):
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        mark = Mark(following, self.mark.size + len(lines), self.mark.items + count, self.mark.pages + 1)
        self._save(mark)
        self.mark = mark
        return mark

    def write(self, lines: bytes) -> None:
        """Add lines that don't count until ``complete``: those of an answer that is one, and can't be gone on with.

        Raises:
            DsopsError: They can't be written.
        """
        with _told(self.part):
            self._opened().write(lines)

    def forget(self) -> None:
        """Drop what was written and doesn't count.

        Raises:
            DsopsError: It can't be dropped.
        """
        file = self._opened()
        with _told(self.part):
            # First the room, for a disk may be full: what is still in memory goes there before the file can be cut.
            os.ftruncate(file.fileno(), self.mark.size)
            file.seek(self.mark.size)
            file.truncate()

    def complete(self, count: int) -> Mark:
        """Let what was written count, durably, as all there is.

        Raises:
            DsopsError: It can't be written.
        """
        file = self._opened()
        with _told(self.part):
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        mark = Mark(None, size, count, 1)
        self._save(mark)
        self.mark = mark
        return mark

    def finish(self, whole: Path, *, overwrite: bool) -> None:
        """Put a file in place, the part itself or what was made of it, and remove the rest.

        Raises:
            DsopsError: It can't be; another file came in its place meanwhile.
        """
        with _told(self.target):
            _sync(whole)
            if overwrite:
                whole.replace(self.target)
            else:
                # A link, because it refuses a name that is taken, where a rename would replace it.
                self.target.hardlink_to(whole)
                whole.unlink()
            _sync(self.target.parent)
            self.part.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise AssertionError("the part file is written only after it was opened")
        return self._file

    def _locked(self) -> BinaryIO:
        """Open the part under a lock; again where the run that held it has just put the file into its place."""
        while True:
            file = os.fdopen(os.open(self.part, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.part.exists() and self.part.stat().st_ino == os.fstat(file.fileno()).st_ino:
                    return file
                file.close()
            except BlockingIOError as held:
                file.close()
                summary = f"another export is writing {self.part} now"
                raise DsopsError.of(summary, hint="Wait for it, or choose another file.") from held

    def _resumed(self, size: int) -> Mark:
        note = self._read()
        if note is None:
            raise DsopsError.of(
                f"{self.part} holds something that no export noted",
                detail=f"{self._note} is missing, or no note of this version",
                hint="Give --restart to write over it, or choose another file.",
            )
        if note["request"] != self._request:
            raise DsopsError.of(
                f"{self.part} belongs to another request",
                detail=f"it differs in: {', '.join(_differing(note['request'], self._request))}",
                hint="Give the request it was begun with, --restart to begin anew, or another file.",
            )
        if size < note["bytes"]:
            raise DsopsError.of(f"{self.part} is shorter than noted", hint="Give --restart to begin anew.")
        return Mark(note["next"], note["bytes"], note["count"], note["pages"])

    def _read(self) -> Any:
        try:
            note = orjson.loads(self._note.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return note if _is_note(note) else None

    def _save(self, mark: Mark) -> None:
        note = {
            "formatVersion": _VERSION,
            "request": self._request,
            "next": mark.next,
            "bytes": mark.size,
            "count": mark.items,
            "pages": mark.pages,
        }
        temporary = self._note.with_name(f"{self._note.name}.new")
        with _told(self._note):
            with temporary.open("wb") as file:
                file.write(orjson.dumps(note, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._note)


def _is_note(note: Any) -> bool:
    """Whether a document is what ``_save`` writes; anybody may have changed it."""
    match note:
        case {
            "formatVersion": version,
            "request": dict(request),
            "next": dict() | None,
            "bytes": int(size),
            "count": int(count),
            "pages": int(pages),
        }:
            whole = version == _VERSION and min(size, count, pages) >= 0 and max(size, count, pages) < 2**62
            return whole and isinstance(request.get("arguments", {}), dict) and _is_flat(note)
        case _:
            return False


def _is_flat(note: Any) -> bool:
    """Whether it can be written again: what is nested without end can be read, and no more."""
    try:
        orjson.dumps(note)
    except TypeError:
        return False
    return True


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    flat_old, flat_new = _flat(old), _flat(new)
    return sorted(name for name in flat_old | flat_new if flat_old.get(name) != flat_new.get(name))


def _flat(request: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, **request.get("arguments", {}), "arguments": None}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the system refuses into an error that names the file."""
    try:
        yield
    except FileExistsError as taken:
        raise DsopsError.of(f"{path} is there now, and was not replaced", hint="Give --overwrite.") from taken
    except OSError as refused:
        why = refused.strerror or str(refused)
        hint = "Check the folder, its permissions and the disk; then run the command again."
        raise DsopsError.of(f"{path} can't be written", detail=f"{why}.", hint=hint) from refused
