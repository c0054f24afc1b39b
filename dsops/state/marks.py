"""Marks of rows, packed: a million of them are one run of bytes, not a million objects.

entry = key (15 bytes) + flags (1) + content (15; zeros where the row goes)
"""

import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, product

from dsops.model import DIGEST_SIZE, RowMark

ENTRY = 2 * DIGEST_SIZE + 1
SUMMED = ENTRY + 4
"""Bytes of an entry with its checksum behind it."""

_FLAGS = {(False, False): b"\0", (False, True): b"\1", (True, False): b"\2", (True, True): b"\3"}
"""By whether there is content, and whether dsops wrote the row."""
_NO_CONTENT = bytes(DIGEST_SIZE)


def pack(mark: RowMark) -> bytes:
    """Return a mark as one entry.

    Raises:
        ValueError: A digest has another length.
    """
    key, content, written = mark
    entry = key + _FLAGS[content is not None, bool(written)] + (_NO_CONTENT if content is None else content)
    if len(key) != DIGEST_SIZE or len(entry) != ENTRY:
        raise ValueError(f"a digest of a row has {DIGEST_SIZE} bytes: {mark}")
    return entry


def unpack(entry: bytes) -> RowMark:
    """Return the mark of an entry.

    Raises:
        ValueError: It is none.
    """
    if len(entry) != ENTRY or entry[DIGEST_SIZE] >= len(_FLAGS):
        raise ValueError("what should be the mark of a row is none")
    flags = entry[DIGEST_SIZE]
    content = entry[DIGEST_SIZE + 1 :] if flags & 2 else None
    return RowMark(entry[:DIGEST_SIZE], content, bool(flags & 1))


def unpack_all(entries: bytes) -> tuple[RowMark, ...]:
    """Return the marks of entries in a row, without checksums. Raises ValueError."""
    return tuple([unpack(entries[at : at + ENTRY]) for at in range(0, len(entries), ENTRY)])


def pack_summed(marks: Iterable[RowMark], holder: str) -> bytes:
    """Return entries in a row, each with its checksum behind it, which also tells whose row it is."""
    seed = zlib.crc32(holder.encode())
    return b"".join([(entry := pack(mark)) + zlib.crc32(entry, seed).to_bytes(4, "big") for mark in marks])


class Marks(Mapping[bytes, RowMark]):
    """Marks by key; each is checked when it is asked for. A million of them take some 35 MB."""

    def __init__(self, packed: bytes, holder: str, damaged: Callable[[str], Exception]) -> None:
        """Take entries with checksums, sorted by key, whose they are, and what to raise, given a sentence."""
        self._packed = packed
        self._seed = zlib.crc32(holder.encode())
        self._holder = holder
        self._damaged = damaged
        count = len(packed) // SUMMED
        self._prefix = 0 if count <= 64 else 1 if count <= 16384 else 2
        self._starts = _starts(packed, self._prefix)

    def __getitem__(self, key: bytes) -> RowMark:
        at = self._find(key)
        if at < 0:
            raise KeyError(key)
        return self._at(at)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self._find(key) >= 0

    def __iter__(self) -> Iterator[bytes]:
        packed = self._packed
        return (packed[at : at + DIGEST_SIZE] for at in range(0, len(packed), SUMMED))

    def __len__(self) -> int:
        return len(self._packed) // SUMMED

    def _find(self, key: bytes) -> int:
        """Return where the entry of a key begins; -1 if there is none."""
        if len(key) != DIGEST_SIZE:
            return -1
        bucket = int.from_bytes(key[: self._prefix], "big")
        at, end = self._starts[bucket], self._starts[bucket + 1]
        while (at := self._packed.find(key, at, end)) >= 0:
            if at % SUMMED == 0:
                return at
            at += 1  # the same bytes across two entries
        return -1

    def _at(self, at: int) -> RowMark:
        entry = self._packed[at : at + ENTRY]
        if zlib.crc32(entry, self._seed) != int.from_bytes(self._packed[at + ENTRY : at + SUMMED], "big"):
            raise self._damaged(f"a row of {self._holder} is not as it was written")
        return unpack(entry)


def _starts(packed: bytes, size: int) -> "array[int]":
    """Return where the entries of each prefix of ``size`` bytes begin, and last the end of all."""
    if size == 0:
        return array("Q", [0, len(packed)])
    counts = Counter(zip(*(packed[at::SUMMED] for at in range(size)), strict=True))
    ends = accumulate((counts[each] * SUMMED for each in product(range(256), repeat=size)), initial=0)
    return array("Q", ends)
