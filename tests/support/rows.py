"""Rows in memory: what the planner is given of declared and live ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dsops.model import RowCodec, RowMark, RowMode, RowSet, Source, Values
from dsops.planner import DeclaredSide, RowComparison, RowDelta, RowIndex

Document = Mapping[str, Any]


class Declared:
    """Declared rows, held in memory; each stands on its own line of one file. Counts what is read of them."""

    def __init__(self, rows: Sequence[Values]) -> None:
        """Keep them."""
        self.rows = rows
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, numbers: Iterable[int]) -> Iterator[Values]:
        """Yield those asked for."""
        for number in numbers:
            self.read.append(number)
            yield self.rows[number]

    def source(self, number: int) -> Source:
        """Return its line."""
        return Source("rows.jsonl", number + 1)


class Kept:
    """Documents of live rows, held in memory."""

    def __init__(self) -> None:
        """Hold none."""
        self.documents: list[Document] = []

    def keep(self, document: Document) -> int:
        """Keep one."""
        self.documents.append(document)
        return len(self.documents) - 1

    def get(self, number: int) -> Document:
        """Return one."""
        return self.documents[number]


def compared(
    codec: RowCodec,
    rows: RowSet,
    declared: Sequence[Document],
    live: Sequence[Document],
    recorded: Mapping[bytes, RowMark] | None = None,
) -> tuple[RowDelta, DeclaredSide]:
    """Read declared rows and then live ones, as a plan does.

    Args:
        codec: Of the kind.
        rows: Mode and key.
        declared: Rows as in a manifest.
        live: Rows as in an answer.
        recorded: Marks by key digest, of rows of any kind.
    """
    index = RowIndex(rows, codec)
    values = [codec.declared(each) for each in declared]
    for each in values:
        assert index.add(each) is None, "two rows have one key"
    kept = Kept()
    comparison = RowComparison(index, codec, kept)
    comparison.begin()
    for start in range(0, len(live), 2):
        comparison.take(live[start : start + 2])
    delta = comparison.delta()
    wanted = set(delta.keys())
    marks = {key: mark for key, mark in (recorded or {}).items() if key in wanted}
    return delta, DeclaredSide(index, Declared(values), kept, marks)


def marks_of(
    codec: RowCodec, rows: RowSet, declared: Sequence[Document], *, written: bool = True
) -> dict[bytes, RowMark]:
    """Return what the state holds once these rows were applied."""
    index = RowIndex(rows, codec)
    for each in declared:
        index.add(codec.declared(each))
    return {mark.key: mark for mark in index.marks(written=written)}


def keyed(mode: RowMode, *key: str) -> RowSet:
    """Return rows of a mode with a key."""
    return RowSet(mode, key or ("input",))
