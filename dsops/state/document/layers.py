"""Rows in layers: each save of rows adds a pack of what it changes, and small packs are folded into one.

pack = entries with checksums (`dsops.state.marks`), sorted by key; an entry without content says that the row went.
A later layer has the last word. A new layer that is at least half as large as the one below is folded with it, so a
million rows lie in some twenty packs at most, and a save writes on average a few times what it changes.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dsops.model import DIGEST_SIZE, RowMark
from dsops.state.marks import SUMMED, pack_summed

CHUNK = 50_000
"""Marks that are objects at one time."""

_HAS_CONTENT = 2
"""The flag in an entry that a row has content; without it the row goes."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One pack of a holder's rows.

    Attributes:
        name: Where it lies.
        size: Its bytes.
    """

    name: str
    size: int


def packed(marks: Iterable[RowMark], holder: str) -> bytes:
    """Return marks as one pack; of one key the last counts. They are read once."""
    rest = iter(marks)
    chunks: list[bytes] = []
    while some := {mark.key: mark for mark in islice(rest, CHUNK)}:
        chunks.append(pack_summed((some[key] for key in sorted(some)), holder))
    return fold(chunks)


def fold(packs: Sequence[bytes], *, bottom: bool = False) -> bytes:
    """Return packs, the latest last, as one; at the ``bottom`` there is nothing that a row could go from."""
    if len(packs) == 1 and not bottom:
        return packs[0]
    result = bytearray()
    last = b""
    for key, _, entry in heapq.merge(*(_entries(pack, -place) for place, pack in enumerate(packs))):
        if key != last:  # the latest comes first
            last = key
            if not bottom or entry[DIGEST_SIZE] & _HAS_CONTENT:
                result += entry
    return bytes(result)


def chosen(pack: bytes, keys: Iterable[bytes]) -> bytes:
    """Return the entries of a pack that have one of these keys.

    Raises:
        ValueError: One is no digest.
    """
    wanted = set(keys)
    if any(len(key) != DIGEST_SIZE for key in wanted):
        raise ValueError(f"a digest of a key has {DIGEST_SIZE} bytes")
    return b"".join(entry for key, _, entry in _entries(pack, 0) if key in wanted)


def _entries(pack: bytes, place: int) -> Iterator[tuple[bytes, int, bytes]]:
    return ((pack[at : at + DIGEST_SIZE], place, pack[at : at + SUMMED]) for at in range(0, len(pack), SUMMED))
