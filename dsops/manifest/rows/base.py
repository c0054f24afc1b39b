"""What every format of row files offers."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from dsops.manifest.rows.problems import Problems
from dsops.model import Source, Values

LARGEST_ROW: Final = 8_000_000
"""Bytes in one row: what is sent in one upload."""

LARGEST_WHOLE: Final = 1024 * 1024 * 1024
"""Bytes in a file whose format is read whole: it takes some two and a half times as much memory."""

Document = Mapping[str, Any]

Located = tuple[int, int, int, Any]
"""A row in its file: the position at which its format finds it again, its line and column, and its document."""


class Block(NamedTuple):
    """Rows that stand one below the other, of which the text alone told the values.

    Attributes:
        positions: At which the format finds each again.
        line: Of the first; each of the others stands on the next line.
        rows: Their values.
    """

    positions: Sequence[int]
    line: int
    rows: Sequence[Values]


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows.

    Attributes:
        path: Where it lies.
        name: How diagnostics call it.
        declared: Takes a row's document, or says what is wrong with it (``RowCodec.declared``).
        encoding: Of a file of cells; None to detect it.
        delimiter: Of a file of cells; None to detect it.
        largest: Bytes that one row may have.
        parsed: Takes the JSON texts of rows, where that is all it takes (``RowCodec.parsed``).
    """

    path: Path
    name: str
    declared: Callable[[Document], Values]
    encoding: str | None = None
    delimiter: str | None = None
    largest: int = LARGEST_ROW
    parsed: Callable[[Sequence[bytes]], Sequence[Values] | None] | None = None

    def source(self, line: int, column: int = 1) -> Source:
        """Return a place in the file."""
        return Source(self.name, line, column)

    def fits(self, handle: BinaryIO, problems: Problems) -> bool:
        """Whether the file can be read whole. Reports why not."""
        if os.fstat(handle.fileno()).st_size <= LARGEST_WHOLE:
            return True
        problems.report(
            self.source(1),
            f"{self.name} is too large for its format, which is read whole",
            detail=f"The limit is {LARGEST_WHOLE >> 20:,} MiB.",
            hint="Write the rows as JSONL in UTF-8, which may have any size, or split the file.",
        )
        return False

    def too_large(self, problems: Problems, line: int, column: int = 1) -> None:
        """Report a row above the limit."""
        problems.report(
            self.source(line, column),
            "The row is larger than one upload",
            detail=f"A row has at most {self.largest:,} bytes.",
            hint="Split it into several rows, or shorten its texts.",
        )


class Cursor(Protocol):
    """Finds rows again in one file."""

    def get(self, position: int) -> Any:
        """Return the document of the row at a position, cheapest in rising order.

        Raises:
            ValueError: There is none; the file is not as it was.
            OSError: The file can't be read.
        """
        ...


class Format(Protocol):
    """A format of row files.

    Attributes:
        columns: Whether rows may begin elsewhere than in the first column.
    """

    columns: bool

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located | Block]:
        """Yield the rows of a file in order; report what is none.

        Args:
            handle: The file, open at its beginning.
            file: What is known of it.
            problems: Takes what is wrong.
        """
        ...

    def cursor(self, file: RowFile) -> Cursor:
        """Open a file again.

        Raises:
            OSError: It can't be read.
        """
        ...
