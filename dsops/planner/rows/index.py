"""Declared rows, remembered by the digests of their keys and of their values: about 140 bytes each."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import orjson

from dsops.model import DIGEST_SIZE, RowCodec, RowMark, RowSet, Values

_CHUNK = 65536 * DIGEST_SIZE
_MODULUS = (1 << 8 * DIGEST_SIZE) - 1


class RowIndex:
    """The declared rows of one dataset, numbered from 0 in the order in which they are read."""

    __slots__ = ("_contents", "_keys", "_numbers", "_pick", "rows")

    def __init__(self, rows: RowSet, codec: RowCodec) -> None:
        """Start empty.

        Args:
            rows: What the resource says of its rows.
            codec: Of its kind.
        """
        self.rows = rows
        self._pick = picker(rows.key, codec)
        self._numbers: dict[bytes, int] = {}
        self._contents = bytearray()
        self._keys: list[bytes] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, values: Values) -> int | None:
        """Give a row the next number; where an earlier one has the same key, return that one's number instead."""
        # Called once a row: what `key_digest` and `content_digest` say, without their frames.
        key = hashlib.sha256(orjson.dumps(self._pick(values))).digest()[:DIGEST_SIZE]
        numbers = self._numbers
        number = len(numbers)
        earlier = numbers.setdefault(key, number)
        if earlier != number:
            return earlier
        self._contents += hashlib.sha256(orjson.dumps(values)).digest()[:DIGEST_SIZE]
        return None

    @property
    def numbers(self) -> dict[bytes, int]:
        """Key digest to number. To be read only."""
        return self._numbers

    @property
    def contents(self) -> bytearray:
        """The content digests of all rows, one behind the other. To be read only."""
        return self._contents

    @property
    def digest(self) -> str:
        """What tells these rows, in whatever order, from other ones; in hex.

        It is the sum of the content digests, and values hold the key's. As digits to the base 2**120 the digests are
        one long number, and a number leaves the same remainder by base - 1 as the sum of its digits: no loop needed.
        """
        total = 0
        for start in range(0, len(self._contents), _CHUNK):
            total += int.from_bytes(self._contents[start : start + _CHUNK], "big") % _MODULUS
        return f"{total % _MODULUS:0{2 * DIGEST_SIZE}x}"

    def content(self, number: int) -> bytes:
        """Return the digest of a row's values."""
        return bytes(self._contents[DIGEST_SIZE * number : DIGEST_SIZE * (number + 1)])

    def key_of(self, number: int) -> bytes:
        """Return the digest of a row's key."""
        if len(self._keys) != len(self._numbers):
            self._keys = list(self._numbers)
        return self._keys[number]

    def key_values(self, values: Values) -> tuple[Any, ...]:
        """Return the values of a row's key fields."""
        return self._pick(values)

    def marks(self, *, written: bool) -> Iterator[RowMark]:
        """Yield what the state is to hold of each row, by number."""
        contents = self._contents
        for number, key in enumerate(self._numbers):
            start = DIGEST_SIZE * number
            yield RowMark(key, bytes(contents[start : start + DIGEST_SIZE]), written)

    def pairs(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """Yield key and content digest of some rows, joined."""
        if len(numbers) == len(self):
            contents = self._contents
            for number, key in enumerate(self._numbers):
                start = DIGEST_SIZE * number
                yield key + contents[start : start + DIGEST_SIZE]
            return
        for number in numbers:
            yield self.key_of(number) + self.content(number)


def picker(key: Sequence[str], codec: RowCodec) -> Callable[[Values], tuple[Any, ...]]:
    """Return what takes the values of the key fields out of a row's values."""
    places = [codec.fields.index(name) for name in key]
    if len(places) == 1:
        place = slice(places[0], places[0] + 1)
        return itemgetter(place)
    return itemgetter(*places)
