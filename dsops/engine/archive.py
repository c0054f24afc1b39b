"""Unpacking a zip that somebody else made: nothing outside of its folder, nothing but files, no more than announced.

What an entry may not be: absolute, outside (``..``), a link or a device, encrypted, compressed in a way that isn't
known here, there twice, or both a file and a folder. All together may not be far larger than the archive, nor than the
disk. Every byte is read and its checksum compared; sizes are counted, not believed.
"""

import errno
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dsops.model import DsopsError

_MOST_ENTRIES = 5_000_000
_MOST_GROWTH = 100
"""Text compresses well, pictures hardly; what grows more than this was made to."""
_ALWAYS_FITS = 64 * 1024 * 1024
_LONGEST_PART = 255
_PIECE = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a file that was just unpacked.

    Attributes:
        name: The entry, with ``/`` between its parts.
        piece: The bytes.
        ended: Whether they were the last ones of the file.
    """

    name: str
    piece: bytes
    ended: bool


def unpack(archive: Path, into: Path) -> Iterator[Written]:
    """Unpack an archive into an empty folder of its own, piece by piece; durable once it has ended.

    Args:
        archive: The zip.
        into: A folder that isn't there yet.

    Raises:
        DsopsError: It is no whole zip, holds what it may not, or can't be written.
    """
    with _read(archive) as opened:
        entries = _checked(opened.infolist(), archive.stat().st_size, into.parent)
        with _told(into):
            into.mkdir()
        for name, entry in entries.items():
            target = into.joinpath(*name.split("/"))
            if entry.is_dir():
                with _told(target):
                    target.mkdir(parents=True, exist_ok=True)
            else:
                yield from _file(opened, entry, name, target)
    # One call for all: a call for each of a hundred thousand pictures would take longer than the download.
    os.sync()


def _checked(entries: list[zipfile.ZipInfo], size: int, beside: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by name, in their order.

    Raises:
        DsopsError: One of them, or all together, are not what may be unpacked.
    """
    if len(entries) > _MOST_ENTRIES:
        raise _refused(f"it has {len(entries):,} entries")
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = _safe_name(entry)
        if name in found:
            raise _refused(f"the entry {name!r} is there twice")
        found[name] = entry
    folders = {parent for name in found for parent in _parents(name)}
    inside_file = next((name for name, entry in found.items() if name in folders and not entry.is_dir()), None)
    if inside_file is not None:
        raise _refused(f"the entry {inside_file!r} is both a file and a folder")
    total = sum(entry.file_size for entry in entries)
    if total > max(_MOST_GROWTH * size, _ALWAYS_FITS):
        raise _refused(f"its {size:,} bytes would become {total:,}")
    free = shutil.disk_usage(beside).free
    if total > free:
        raise DsopsError.of(
            f"{beside} has too little room for the archive",
            detail=f"it needs {total:,} bytes, and {free:,} are free",
            hint="Make room and run the command again: what was downloaded is kept.",
        )
    return found


def _safe_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry without a slash at its end.

    Raises:
        DsopsError: It may not be unpacked.
    """
    name = entry.filename.removesuffix("/")
    parts = name.split("/")
    if _UNSAFE.search(entry.orig_filename) or any(part in {"", ".", ".."} for part in parts):
        raise _refused(f"the entry {entry.orig_filename[:200]!r} would not stay inside of its folder")
    if any(len(part.encode(errors="surrogateescape")) > _LONGEST_PART for part in parts):
        raise _refused(f"the entry {name[:200]!r} has too long a name")
    form = stat.S_IFMT(entry.external_attr >> 16)
    if form not in {0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG}:
        raise _refused(f"the entry {name!r} is a link or a device, not a file or a folder")
    if entry.flag_bits & _ENCRYPTED:
        raise _refused(f"the entry {name!r} is encrypted")
    if entry.compress_type not in _METHODS:
        raise _refused(f"the entry {name!r} is compressed in a way that is not known here")
    return name


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/")[:-1]
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


def _file(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, target: Path) -> Iterator[Written]:
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        left = entry.file_size
        for piece in _pieces(opened, entry, name):
            left -= len(piece)
            if left < 0:
                raise _refused(f"the entry {name!r} is larger than it says")
            with _told(target):
                file.write(piece)
            yield Written(name, piece, ended=False)
        if left:
            raise _broken(f"the entry {name!r} is shorter than it says")
        with _told(target):
            file.flush()
    yield Written(name, b"", ended=True)


def _pieces(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """Read an entry to its end, where its checksum is compared."""
    try:
        with opened.open(entry) as content:
            while piece := content.read(_PIECE):
                yield piece
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as wrong:
        raise _broken(f"the entry {name!r}: {wrong}") from wrong


@contextmanager
def _read(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError) as wrong:
        raise _broken(f"it is no zip: {wrong}") from wrong
    except OSError as refused:
        if refused.errno == errno.EINVAL:  # it names a place before its beginning
            raise _broken(f"it is no zip: {refused}") from refused
        raise DsopsError.of(f"{archive} can't be read", detail=refused.strerror or str(refused)) from refused
    with opened:
        yield opened


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the system refuses into an error that names the file."""
    try:
        yield
    except OSError as refused:
        why = refused.strerror or str(refused)
        hint = "Check the folder, its permissions and the disk; then run the command again: what came is kept."
        raise DsopsError.of(f"{path} can't be written", detail=f"{why}.", hint=hint) from refused


class BadArchive(DsopsError):
    """What was downloaded can't be used: it is broken, or holds what it may not. Nothing of it is worth keeping."""


def _broken(why: str) -> DsopsError:
    return BadArchive.of(
        "the downloaded archive is broken", detail=why, hint="Run the command again: it is downloaded anew."
    )


def _refused(why: str) -> DsopsError:
    return BadArchive.of(
        "the downloaded archive is refused",
        detail=f"{why}; nothing of it was put in place",
        hint="Whoever made it meant harm or made a mistake: ask the provider.",
    )
