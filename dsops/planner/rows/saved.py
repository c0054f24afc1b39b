"""Declared rows inside a saved plan: those that its calls send, so that applying it needs no files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import DeclaredRows, Source, Values


@dataclass(frozen=True, slots=True)
class SavedRows:
    """Some of the declared rows of one resource (``DeclaredRows``).

    Attributes:
        count: How many rows were declared.
        rows: Number to values.
        sources: Number to where the row was declared.
    """

    count: int
    rows: Mapping[int, Values]
    sources: Mapping[int, Source]

    @classmethod
    def read(cls, declared: DeclaredRows, numbers: Sequence[int]) -> "SavedRows":
        """Read the rows of some numbers, rising.

        Raises:
            DsopsError: A file is not as it was when it was first read.
        """
        rows = dict(zip(numbers, declared.values(numbers), strict=True))
        return cls(len(declared), rows, {number: declared.source(number) for number in numbers})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "SavedRows":
        """Read what ``document`` wrote.

        Raises:
            ValueError, TypeError, KeyError: It is something else.
        """
        numbers = document["numbers"]
        values = (tuple(each) for each in document["values"])
        sources = [Source(file, line, column) for file, line, column in document["sources"]]
        if {*map(type, numbers), type(document["count"])} != {int}:
            raise TypeError("a row has a number that is none")
        if not {*map(_form, sources)} <= {(str, int, int)}:
            raise TypeError("a row has a source that is none")
        return cls(document["count"], dict(zip(numbers, values, strict=True)), dict(zip(numbers, sources, strict=True)))

    def document(self) -> dict[str, Any]:
        """Return the rows as JSON content."""
        places = (self.sources[number] for number in self.rows)
        return {
            "count": self.count,
            "numbers": list(self.rows),
            "values": list(self.rows.values()),
            "sources": [[each.file, each.line, each.column] for each in places],
        }

    def __len__(self) -> int:
        return self.count

    def values(self, numbers: Iterable[int]) -> Iterator[Values]:
        """Return rows in the order asked for."""
        return (self.rows[number] for number in numbers)

    def source(self, number: int) -> Source:
        """Return where a row was declared."""
        return self.sources[number]


def _form(source: Source) -> tuple[type, type, type]:
    return type(source.file), type(source.line), type(source.column)
