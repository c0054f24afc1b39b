"""An archive that grows part by part beside the folder it is for, and the folder that takes its place.

::

    DIR.part          the archive; parts that have come stand where they belong
    DIR.part.json     what was asked, what is at the address, and which parts have come
    .DIR.dsops-new    the folder while it is unpacked
    .DIR.dsops-old    the folder before, while the new one takes its place
    DIR               there once it is whole

A part is on the disk before the note speaks of it, and the note is replaced whole. One run at a time: the archive is
locked.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from dsops.http import Remote
from dsops.model import DsopsError

_VERSION = "1"
_SMALLEST_PART, _LARGEST_PART = 256 * 1024, 8 * 1024 * 1024
_PARTS = 64


class ArchivePart:
    """The archive of one download, open and locked. A context manager."""

    def __init__(self, target: Path) -> None:
        """Prepare; nothing is opened.

        Args:
            target: The folder to be.
        """
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self.new = target.with_name(f".{target.name}.dsops-new")
        self._old = target.with_name(f".{target.name}.dsops-old")
        self._note = target.with_name(f"{target.name}.part.json")
        self._request: Mapping[str, Any] = {}
        self._remote = Remote(0)
        self._descriptor = -1
        self._missing: set[int] = set()

    def __enter__(self) -> Self:
        with _told(self.path):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = self._locked()
            self._tidy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if os.fstat(self._descriptor).st_size == 0:  # nothing came
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
        shutil.rmtree(self.new, ignore_errors=True)
        os.close(self._descriptor)

    def begin(self, request: Mapping[str, Any], remote: Remote) -> int:
        """Go on with what an earlier run left of the same thing, or begin anew; returns how many bytes are there.

        Args:
            request: What is downloaded, as JSON content.
            remote: What is at its address.

        Raises:
            DsopsError: It can't be written.
        """
        self._request, self._remote, self._missing = request, remote, set(range(_parts(remote.size)))
        with _told(self._note):
            note = self._read()
        same = {"request": request, "size": remote.size, "mark": remote.mark}
        if note is not None and {name: note.get(name) for name in same} == same:
            self._missing -= set(note["parts"])
        if len(self._missing) == _parts(remote.size):
            self.drop()
            with _told(self.path):
                _check_room(self.path.parent, remote.size)
        self._save()
        return self.size

    @property
    def size(self) -> int:
        """How many bytes have come, in whole parts."""
        spans = (self.span(number) for number in range(_parts(self._remote.size)) if number not in self._missing)
        return sum(last - first + 1 for first, last in spans)

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the parts that have not come."""
        return tuple(sorted(self._missing))

    def span(self, number: int) -> tuple[int, int]:
        """Return the first and the last byte of a part."""
        length = _part_size(self._remote.size)
        return number * length, min((number + 1) * length, self._remote.size) - 1

    def write(self, at: int, piece: bytes) -> None:
        """Put bytes where they belong.

        Raises:
            DsopsError: They can't be written.
        """
        with _told(self.path):
            while piece:
                written = os.pwrite(self._descriptor, piece, at)
                piece, at = piece[written:], at + written

    def came(self, numbers: set[int]) -> None:
        """Note, durably, that parts have come.

        Raises:
            DsopsError: It can't be noted.
        """
        with _told(self.path):
            os.fdatasync(self._descriptor)
        self._missing -= numbers
        self._save()

    def drop(self) -> None:
        """Forget what has come.

        Raises:
            DsopsError: It can't be dropped.
        """
        self._missing = set(range(_parts(self._remote.size)))
        with _told(self.path):
            self._note.unlink(missing_ok=True)
            os.ftruncate(self._descriptor, 0)

    def put_in_place(self, *, overwrite: bool) -> None:
        """Let the unpacked folder take its place, and remove the archive.

        Raises:
            DsopsError: It can't; another folder came in its place meanwhile.
        """
        with _told(self.target):
            if overwrite and self.target.exists():
                self.target.rename(self._old)
            try:
                # Onto an empty folder this succeeds, onto anything else it fails.
                self.new.rename(self.target)
            except OSError:
                if self._old.exists():
                    self._old.rename(self.target)
                raise
            _sync(self.target.parent)
            shutil.rmtree(self._old, ignore_errors=True)
            self._note.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    def _locked(self) -> int:
        """Open the archive under a lock; again where the run that held it has just finished."""
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.path.exists() and self.path.stat().st_ino == os.fstat(descriptor).st_ino:
                    self._check_ours(descriptor)
                    return descriptor
                os.close(descriptor)
            except BlockingIOError as held:
                os.close(descriptor)
                summary = f"another download is writing {self.path} now"
                raise DsopsError.of(summary, hint="Wait for it, or choose another folder.") from held

    def _check_ours(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_size and self._read() is None:
            os.close(descriptor)
            raise DsopsError.of(
                f"{self.path} holds something that no download noted",
                detail=f"{self._note} is missing, or no note of this version",
                hint="Move it away, or choose another folder.",
            )

    def _tidy(self) -> None:
        """Undo what a killed run left in the middle of putting its folder in place."""
        shutil.rmtree(self.new, ignore_errors=True)
        if self._old.is_dir():
            if self.target.exists():
                shutil.rmtree(self._old, ignore_errors=True)
            else:
                self._old.rename(self.target)

    def _read(self) -> Any:
        try:
            note = orjson.loads(self._note.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return note if _is_note(note) else None

    def _save(self) -> None:
        note = {
            "formatVersion": _VERSION,
            "request": self._request,
            "size": self._remote.size,
            "mark": self._remote.mark,
            "parts": [number for number in range(_parts(self._remote.size)) if number not in self._missing],
        }
        temporary = self._note.with_name(f"{self._note.name}.new")
        with _told(self._note):
            with temporary.open("wb") as file:
                file.write(orjson.dumps(note, option=orjson.OPT_SORT_KEYS))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._note)


def _is_note(note: Any) -> bool:
    """Whether a document is what ``_save`` writes; anybody may have changed it."""
    match note:
        case {"formatVersion": version, "parts": list(parts)}:
            return version == _VERSION and all(type(each) is int for each in parts)
        case _:
            return False


def checked_target(target: Path, root: Path, *, overwrite: bool) -> Path:
    """Return the whole path of a place that can become the folder.

    Args:
        target: The folder to be.
        root: The stack folder.
        overwrite: Whether what is there may be replaced.

    Raises:
        DsopsError: Something is there that may not be replaced.
    """
    target = Path(os.path.abspath(target))  # noqa: PTH100 - links stay as they are, and .. goes
    if any(place.is_relative_to(target) for place in (Path.cwd(), root)):
        raise DsopsError.of(f"{target} holds the folder that this runs in", hint="Choose a folder of its own.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise DsopsError.of(f"{target} is there and is no folder", hint="Choose another name.")
    if target.is_dir() and any(target.iterdir()) and not overwrite:
        raise DsopsError.of(f"{target} is there already", hint="Give --overwrite to replace it in the end.")
    return target


def _part_size(size: int) -> int:
    """Return how large the parts of so large a download are: small ones where it is small, so that little is lost."""
    return max(_SMALLEST_PART, min(_LARGEST_PART, size // _PARTS))


def _parts(size: int) -> int:
    return -(-size // _part_size(size))


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DsopsError.of(
            f"{folder} has too little room for the download",
            detail=f"it needs {size:,} bytes, and {free:,} are free",
            hint="Make room, or choose a folder on another disk.",
        )


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
    except OSError as refused:
        why = refused.strerror or str(refused)
        hint = "Check the folder, its permissions and the disk; then run the command again: what came is kept."
        raise DsopsError.of(f"{path} can't be written", detail=f"{why}.", hint=hint) from refused
