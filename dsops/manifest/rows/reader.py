"""The declared rows of one resource: all of them once, and then those that are wanted."""

import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from dsops.manifest.rows.base import LARGEST_ROW, Block, Cursor, Document, Format, Located, RowFile
from dsops.manifest.rows.formats import format_of
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import is_row
from dsops.manifest.words import error, listed
from dsops.model import Diagnostic, DsopsError, RowSet, Source, Values

Take = Callable[[Values], int | None]
"""Takes a good row; returns the number of the earlier row that has the same key, or None."""


class _Part:
    """The rows of one file, or those that stand in the manifest.

    Attributes:
        name: How diagnostics call the file.
        first: Number of its first row.
        positions: Where the format finds each row again; for rows of the manifest their index.
        lines: In which line each begins.
        columns: And in which column; empty where that is always the first.
        identity: What the file was like when it was read; None for rows of the manifest.
    """

    __slots__ = ("columns", "file", "first", "form", "identity", "lines", "name", "positions")

    def __init__(self, name: str, first: int, form: Format | None, file: RowFile | None) -> None:
        self.name = name
        self.first = first
        self.form = form
        self.file = file
        self.positions = array("Q")
        self.lines = array("I")
        self.columns = array("I")
        self.identity: tuple[int, ...] | None = None

    def source(self, index: int) -> Source:
        return Source(self.name, self.lines[index], self.columns[index] if self.columns else 1)


class RowReader:
    """Reads declared rows: those of the files in order, then those of the manifest. Implements ``DeclaredRows``."""

    def __init__(
        self,
        rows: RowSet,
        root: Path,
        declared: Callable[[Document], Values],
        *,
        parsed: Callable[[Sequence[bytes]], Sequence[Values] | None] | None = None,
        largest: int = LARGEST_ROW,
    ) -> None:
        """Read nothing yet.

        Args:
            rows: What the manifest says.
            root: The stack folder.
            declared: Takes a row's document (``RowCodec.declared``).
            parsed: Takes the JSON texts of rows, where that is all it takes (``RowCodec.parsed``).
            largest: Bytes that one row may have (``RowCodec.part_size``).
        """
        self._rows = rows
        self._root = root
        self._declared = declared
        self._parsed = parsed
        self._largest = largest
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._count = 0
        self._cursor: tuple[_Part, Cursor] | None = None

    def __len__(self) -> int:
        """Return how many good rows the first pass found."""
        return self._count

    def read(self, take: Take) -> tuple[Diagnostic, ...]:
        """Read all rows, whatever is wrong with some of them.

        Args:
            take: Is given each good row. One whose key an earlier row has is an error and gets no number.

        Returns:
            What is wrong, the first fifty of it and the count of the rest.
        """
        self._parts, self._starts, self._count, self._cursor = [], [], 0, None
        problems = Problems()
        for name in self._rows.files:
            self._read_file(name, take, problems)
        if self._rows.items:
            name = self._rows.items[0].source.file
            self._take(self._part(name, None, None), self._items(name, problems), take, problems, columns=True)
        return problems.listed()

    def values(self, numbers: Iterable[int]) -> Iterator[Values]:
        """Read rows again, in the order asked for; cheapest in rising order.

        Raises:
            DsopsError: A file is not as it was when it was first read.
        """
        part: _Part | None = None
        for number in numbers:
            index = -1 if part is None else number - part.first
            if part is None or not 0 <= index < len(part.positions):
                self._unchanged(part)
                part = self._parts[bisect_right(self._starts, number) - 1]
                self._unchanged(part)
                index = number - part.first
            yield self._again(part, part.positions[index])
        self._unchanged(part)

    def source(self, number: int) -> Source:
        """Return where a row is declared."""
        part = self._parts[bisect_right(self._starts, number) - 1]
        index = number - part.first
        if part.file is None:
            return self._rows.items[part.positions[index]].source
        return part.source(index)

    def _part(self, name: str, form: Format | None, file: RowFile | None) -> _Part:
        part = _Part(name, self._count, form, file)
        self._parts.append(part)
        self._starts.append(part.first)
        return part

    def _read_file(self, name: str, take: Take, problems: Problems) -> None:
        form = format_of(name)
        rows = self._rows
        file = RowFile(
            self._root / name, name, self._declared, rows.encoding, rows.delimiter, self._largest, self._parsed
        )
        part = self._part(name, form, file)
        try:
            with file.path.open("rb", buffering=1 << 18) as handle:
                part.identity = _identity(os.fstat(handle.fileno()))
                self._take(part, form.scan(handle, file, problems), take, problems, columns=form.columns)
                if _identity(os.fstat(handle.fileno())) != part.identity:
                    problems.report(Source(name, 1), f"{name} changed while it was read", hint="Try again.")
        except OSError as failed:
            problems.report(Source(name, 1), f"{name} can't be read", detail=failed.strerror or str(failed))

    def _items(self, name: str, problems: Problems) -> Iterator[Located]:
        file = RowFile(self._root / name, name, self._declared, largest=self._largest)
        for number, item in enumerate(self._rows.items):
            line, column = item.source.line, item.source.column
            if is_row(item.document, file, line, column, problems):
                yield number, line, column, item.document

    def _take(
        self, part: _Part, rows: Iterable[Located | Block], take: Take, problems: Problems, *, columns: bool
    ) -> None:
        # Called once a file, and its loop once a row: a million times. What it needs is at hand.
        declared = self._declared
        add_position, add_line, add_column = part.positions.append, part.lines.append, part.columns.append
        for each in rows:
            if isinstance(each, Block):
                self._take_block(part, each, take, problems)
                continue
            position, line, column, document = each
            try:
                values = declared(document)
            except ValueError as refused:
                problems.row(Source(part.name, line, column), refused)
                continue
            other = take(values)
            if other is None:
                add_position(position)
                add_line(line)
                if columns:
                    add_column(column)
            else:
                self._count = part.first + len(part.positions)
                self._repeated(Source(part.name, line, column), other, problems)
        self._count = part.first + len(part.positions)

    def _take_block(self, part: _Part, block: Block, take: Take, problems: Problems) -> None:
        others = [*map(take, block.rows)]
        if others.count(None) == len(others):
            part.positions.extend(block.positions)
            part.lines.extend(range(block.line, block.line + len(others)))
            return
        for index, other in enumerate(others):
            if other is None:
                part.positions.append(block.positions[index])
                part.lines.append(block.line + index)
            else:
                self._count = part.first + len(part.positions)
                self._repeated(Source(part.name, block.line + index), other, problems)

    def _repeated(self, source: Source, other: int, problems: Problems) -> None:
        key = listed(self._rows.key)
        problems.report(
            source,
            f"The row has the same key as the one at {self.source(other)}",
            detail=f"Rows are told apart by {key}, and these two have it alike.",
            hint="Remove one of them, or give more fields as the key.",
        )

    def _again(self, part: _Part, position: int) -> Values:
        if part.file is None or part.form is None:
            return self._declared(self._rows.items[position].document)
        try:
            if self._cursor is None or self._cursor[0] is not part:
                self._cursor = part, part.form.cursor(part.file)
            document = self._cursor[1].get(position)
            if type(document) is not dict:
                _changed(part.name)
            return self._declared(document)
        except (OSError, ValueError):
            self._cursor = None
            _changed(part.name)

    def _unchanged(self, part: _Part | None) -> None:
        """Check that a file is still the one that was read."""
        if part is None or part.file is None:
            return
        try:
            same = _identity(part.file.path.stat()) == part.identity
        except OSError:
            same = False
        if not same:
            self._cursor = None
            _changed(part.name)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _changed(name: str) -> NoReturn:
    raise DsopsError(error(f"{name} changed since it was read", hint="Plan again.", source=Source(name, 1)))
