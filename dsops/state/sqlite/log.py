"""What a write-ahead log must still hold, looked at before SQLite reads it.

SQLite reads a log as far as its checksums agree, and takes the rest for a commit that was never finished. After a power
cut it is that. After a flipped bit, or where a log was cut short or removed, it is commits that were told to be
durable, and they would be gone without a word. Three things tell the one from the other:

* The index beside the log (``-shm``) counts the frames of all finished commits. A killed process leaves it behind.
* A commit begins only when the one before it is durable: behind a bad frame there may be the rest of one commit, and no
  other one.
* The header of the log is durable before its first frame.

What can't be told is damage to the very last commit after the machine was started anew and the index is gone: a write
torn by the power cut looks the same. The layout is SQLite's own: https://www.sqlite.org/walformat.html.
"""

import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dsops.state.sqlite.problems import damaged, unusable

MAGIC = 0x377F0682
"""The last bit says in which order the bytes of words are summed: 1 the high one first."""
HEADER, FRAME = 32, 24
INDEX = 136
"""Bytes of the index's header: twice 48, then what a checkpoint has done."""
_WORD = 0xFFFFFFFF
_LOOKS, _PAUSE = 5, 0.02
"""How often, and after how many seconds each, a log is looked at that seems damaged: somebody may be writing it."""

Sum = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Index:
    """What the index says of the log.

    Attributes:
        salt: That of the log it is about.
        frames: How many frames hold finished commits.
        copied: How many of them are in the state file too.
    """

    salt: bytes
    frames: int
    copied: int


@dataclass(frozen=True, slots=True)
class Log:
    """A log, opened up. Its frames count from 0.

    Attributes:
        body: All of it.
        order: Of the bytes in words that are summed, ``<`` or ``>``.
        page: Bytes of a page.
        salt: Stands in each frame of this log; others are of an earlier one, which was copied into the state file.
        sum: Of the header.
    """

    body: bytes
    order: str
    page: int
    salt: bytes
    sum: Sum

    def has(self, number: int) -> bool:
        """Whether there is all of a frame, and it is of this log."""
        at = self._place(number)
        return at + FRAME + self.page <= len(self.body) and self.body[at + 8 : at + 16] == self.salt

    def commits(self, number: int) -> bool:
        """Whether a frame is the last one of a commit."""
        at = self._place(number)
        return self.body[at + 4 : at + 8] != bytes(4)

    def stored(self, number: int) -> Sum:
        """Return the checksum that stands in a frame."""
        first, second = struct.unpack_from(">II", self.body, self._place(number) + 16)
        return first, second

    def summed(self, number: int, before: Sum) -> Sum:
        """Return the checksum that should stand in a frame, given that of the one before it."""
        at = self._place(number)
        head = _summed(self.body[at : at + 8], self.order, before)
        return _summed(self.body[at + FRAME : at + FRAME + self.page], self.order, head)

    def _place(self, number: int) -> int:
        return HEADER + number * (FRAME + self.page)


def check_log(path: Path) -> None:
    """Look at the log of a state file, if it has one.

    Raises:
        StateError: It has lost commits that were durable, or can't be read.
    """
    log, index = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    found: str | None = ""
    for look in range(_LOOKS):
        if look:
            time.sleep(_PAUSE)
        try:
            known = _index(_start(index, INDEX))  # before the log: what it counts is then in there
            body = _all(log)
        except OSError as problem:
            raise unusable(path, f"{problem.filename}: {problem.strerror}.") from problem
        found = _lost(body, known)
        if found is None:
            return
    raise damaged(path, found or "")


def _lost(body: bytes | None, index: Index | None) -> str | None:
    """Tell what a log has lost; None where nothing shows that it has."""
    owed = index is not None and index.copied < index.frames
    if body is None:
        return "its write-ahead log (-wal) was removed, which held its last changes" if owed else None
    log = _opened(body)
    if log is None:
        written = len(body) > HEADER and any(body[:HEADER])
        return "its write-ahead log (-wal) doesn't begin as it was written" if owed or written else None
    good, total = 0, log.sum
    while log.has(good) and (found := log.summed(good, total)) == log.stored(good):
        good, total = good + 1, found
    if (index is not None and index.salt == log.salt and index.frames > good) or _goes_on(log, good, total):
        return f"its write-ahead log (-wal) is not as it was written from frame {good + 1} on"
    return None


def _goes_on(log: Log, bad: int, before: Sum) -> bool:
    """Whether behind a bad frame its commit ends and another one begins."""
    if not log.has(bad) and not log.has(bad + 1):
        return False
    for total in (log.stored(bad), log.summed(bad, before)):  # the one if its content was damaged, or else its checksum
        number, ended = bad + 1, log.commits(bad)
        while log.has(number) and (total := log.summed(number, total)) == log.stored(number):
            if ended:
                return True
            number, ended = number + 1, log.commits(number)
    return False


def _opened(body: bytes) -> Log | None:
    """Return what a log holds; None where its header isn't one."""
    if len(body) < HEADER:
        return None
    magic, _, page = struct.unpack_from(">III", body)
    order = ">" if magic & 1 else "<"
    total = _summed(body[:24], order, (0, 0))
    if magic & ~1 != MAGIC or total != struct.unpack_from(">II", body, 24):
        return None
    return Log(body, order, page, body[16:24], total)


def _index(head: bytes) -> Index | None:
    """Return what the header of an index says; None where there is none, or one that isn't whole."""
    if len(head) < INDEX or head[:48] != head[48:96] or not head[12]:
        return None
    order = "<" if sys.byteorder == "little" else ">"
    if _summed(head[:40], order, (0, 0)) != struct.unpack_from("=II", head, 40):
        return None
    (frames,), (copied,) = struct.unpack_from("=I", head, 16), struct.unpack_from("=I", head, 96)
    return Index(head[32:40], frames, copied)


def _summed(part: bytes, order: str, before: Sum) -> Sum:
    """Go on with SQLite's checksum over a part, whose length is a multiple of 8."""
    first, second = before
    words = iter(struct.unpack(f"{order}{len(part) // 4}I", part))
    for one, other in zip(words, words, strict=True):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second


def _start(path: Path, size: int) -> bytes:
    """Return how a file begins; nothing where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        return b""


def _all(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
