"""Comparing live rows with declared ones while they arrive. A row that is as declared leaves one byte behind."""

from array import array
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from orjson import dumps

from dsops.model import DIGEST_SIZE, LiveRow, LiveRows, RowCodec, Values, key_digest
from dsops.planner.rows.index import RowIndex, picker

_Documents = Callable[[], Sequence[Mapping[str, Any]]]
"""What gives the documents of rows that were taken together."""


class LiveMark(NamedTuple):
    """A live row that differs.

    Attributes:
        number: Of the declared row with its key; -1 where none has it.
        key: Digest of its key.
        content: Digest of its values.
        rest: Digest of its values but those of the key; empty where its key is declared.
        remote_id: The provider's identifier.
        kept: Number under which its document is kept.
    """

    number: int
    key: bytes
    content: bytes
    rest: bytes
    remote_id: str
    kept: int


@dataclass(frozen=True, slots=True)
class RowDelta:
    """How live rows differ from declared ones.

    It is the same in whatever order they arrived, but for this: of several rows that are as declared, with one key,
    the first to arrive is the one that is kept.

    Attributes:
        index: The declared rows.
        live: How many live rows there are.
        created: Numbers of the declared rows whose key no live row has, rising.
        changed: Live rows whose key is declared and whose values aren't, by number; one a key.
        removed: Live rows whose key is not declared, by remote id.
        surplus: Further live rows with the key of one that is as declared or changed, by remote id.
    """

    index: RowIndex = field(repr=False, compare=False)
    live: int
    created: Sequence[int]
    changed: tuple[LiveMark, ...]
    removed: tuple[LiveMark, ...]
    surplus: tuple[LiveMark, ...]

    def keys(self) -> Iterator[bytes]:
        """Yield the digests of the keys whose recorded marks a plan needs."""
        yield from map(self.index.key_of, self.created)
        for marks in (self.changed, self.removed, self.surplus):
            for each in marks:
                yield each.key


class RowComparison:
    """Takes the live rows of a dataset whose declared rows have all been read (a ``TextSink``)."""

    def __init__(self, index: RowIndex, codec: RowCodec, kept: LiveRows) -> None:
        """Compare with what ``index`` holds; documents of rows that differ go to ``kept``."""
        self._index = index
        self._codec = codec
        self._kept = kept
        self._others = [place for place, name in enumerate(codec.fields) if name not in index.rows.key]
        self.begin()

    def begin(self) -> None:
        """Forget what was taken."""
        self._live = 0
        self._next = 0
        self._equal = bytearray(len(self._index))
        self._changed: list[LiveMark] = []
        self._removed: list[LiveMark] = []
        self._surplus: list[LiveMark] = []

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Take some rows, as the provider wrote them.

        Raises:
            ValueError: One is no row.
        """
        self._take([self._codec.live(each) for each in documents], lambda: documents)

    def parse(self, text: bytes) -> Sequence[tuple[str, Values]] | None:
        """Read a JSON array of rows; None where one of them is unusual."""
        return self._codec.live_parsed(text)

    def take_parsed(self, rows: Sequence[tuple[str, Values]], text: bytes) -> None:
        """Take what `parse` made of a text, which is parsed again where the document of a row must be kept."""
        documents = cache(lambda: orjson.loads(text))
        self._take(rows, documents)

    def _take(self, rows: Sequence[tuple[str, Values]], documents: _Documents) -> None:
        as_declared, equal = self._index.contents.startswith, self._equal
        number, last = self._next, len(equal)
        for place, row in enumerate(rows):
            content = sha256(dumps(row[1])).digest()[:DIGEST_SIZE]
            # Providers mostly answer in the order in which rows were sent: the next row is tried before its key is
            # looked up. Values hold the key, so that equal content is the same row.
            if number < last and not equal[number] and as_declared(content, DIGEST_SIZE * number):
                equal[number] = 1
                number += 1
            else:
                number = self._place(LiveRow(*row), content, documents, place, number)
        self._next = number
        self._live += len(rows)

    def _place(self, row: LiveRow, content: bytes, documents: _Documents, place: int, expected: int) -> int:
        """Take a row that is not the one expected; return the number that is expected next."""
        key = key_digest(self._index.key_values(row.values))
        number = self._index.numbers.get(key)
        if number is None:
            rest = key_digest([row.values[other] for other in self._others])
            kept = self._kept.keep(documents()[place])
            self._removed.append(LiveMark(-1, key, content, rest, row.remote_id, kept))
            return expected
        as_declared = self._index.contents.startswith(content, DIGEST_SIZE * number)
        if as_declared and not self._equal[number]:
            self._equal[number] = 1
        else:
            kept = self._kept.keep(documents()[place])
            marks = self._surplus if as_declared else self._changed
            marks.append(LiveMark(number, key, content, b"", row.remote_id, kept))
        return number + 1

    def delta(self) -> RowDelta:
        """Return what differs, once all rows were taken.

        Of several live rows with one key one is kept: one that is as declared, else the one with the lowest remote id.
        """
        changed: dict[int, LiveMark] = {}
        surplus = list(self._surplus)
        for mark in sorted(self._changed, key=_by_id):
            if self._equal[mark.number] or mark.number in changed:
                surplus.append(mark)
            else:
                changed[mark.number] = mark
        return RowDelta(
            self._index,
            self._live,
            array("I", (number for number in self._unseen() if number not in changed)),
            tuple(changed[number] for number in sorted(changed)),
            tuple(sorted(self._removed, key=_by_id)),
            tuple(sorted(surplus, key=_by_id)),
        )

    def _unseen(self) -> Iterator[int]:
        find = self._equal.find
        number = find(0)
        while number >= 0:
            yield number
            number = find(0, number + 1)


class ForeignCount:
    """Counts the live rows that dsops never wrote, of a dataset that is to go (a ``RowSink``)."""

    def __init__(self, key: Sequence[str], codec: RowCodec, written: Container[bytes]) -> None:
        """Start at none.

        Args:
            key: Names of the key fields, as recorded.
            codec: Of its kind.
            written: Digests of the keys of the rows that dsops wrote.
        """
        self._pick = picker(key, codec)
        self._codec = codec
        self._written = written
        self.begin()

    def begin(self) -> None:
        """Forget what was taken."""
        self.count = 0
        self._found: set[bytes] = set()

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Take some rows; of several with one key one may be ours.

        Raises:
            ValueError: One is no row.
        """
        for document in documents:
            key = key_digest(self._pick(self._codec.live(document).values))
            if key in self._written and key not in self._found:
                self._found.add(key)
            else:
                self.count += 1


def _by_id(mark: LiveMark) -> str:
    return mark.remote_id
