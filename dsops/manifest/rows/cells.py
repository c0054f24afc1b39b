"""CSV and TSV: a header line with field names, then a row a record. Every cell is text; an empty one is absent."""

import csv
import io
import re
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import orjson

from dsops.manifest.rows.base import Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import BOM, UTF16, is_list, is_row, lacks_columns, unknown_names

_DELIMITERS: Final = ",;\t|"
_QUOTING: Final = "Quote a cell that holds the delimiter, a quote or a line break, and double the quotes in it."
_STOPPED: Final = "The rest of the file is not looked at."
_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Cells:
    """Records of cells, quoted as RFC 4180 has it: line breaks inside quotes stay as they are."""

    columns = False

    def __init__(self, delimiter: str = "") -> None:
        """Take what stands between cells where the manifest doesn't say; nothing to detect it."""
        self._delimiter = delimiter

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located]:
        """Yield the rows with their offsets."""
        try:
            table = _opened(handle, file, self._delimiter, problems)
        except UnicodeError as failed:
            problems.report(file.source(1), "The file is not UTF-16", detail=f"{failed}.", hint=_declare("utf-16"))
            return
        for offset, line, cells in table.records(problems) if table else ():
            document = table.document(cells, line, problems) if table else None
            if document is not None and is_row(document, file, line, 1, problems):
                yield offset, line, 1, document

    def cursor(self, file: RowFile) -> "CellsCursor":
        """Open a file again."""
        return CellsCursor(file, self._delimiter)


class CellsCursor:
    """Seeks."""

    def __init__(self, file: RowFile, delimiter: str) -> None:
        """Open the file and read its header; it is closed when nobody uses the cursor any more."""
        handle = file.path.open("rb")
        weakref.finalize(self, handle.close)
        self._table = _opened(handle, file, delimiter, Problems())

    def get(self, position: int) -> Any:
        """Return the document of the record at an offset."""
        problems = Problems()
        if self._table is not None:
            self._table.lines.go_to(position)
            for _, line, cells in self._table.records(problems):
                return self._table.document(cells, line, problems)
        raise ValueError("there is no such row any more")


class _TooLong(Exception):
    """A line is above the limit."""


class _Lines:
    """The lines of a file as text, and how far they were read.

    A byte that can't be decoded becomes half a surrogate pair, so that its row is told and not just its file.
    """

    def __init__(self, handle: BinaryIO, encoding: str, largest: int) -> None:
        self._handle = handle
        self._encoding = encoding
        self._limit = largest + 1
        self._more: list[bytes] = []
        self.offset = 0

    def go_to(self, offset: int) -> None:
        self._handle.seek(offset)
        self._more = []
        self.offset = offset

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if not self._more:
            raw = self._handle.readline(self._limit)
            if not raw:
                raise StopIteration
            if len(raw) == self._limit and not raw.endswith(b"\n"):
                raise _TooLong
            # A line may hold others that end in a lone carriage return.
            is_one = b"\r" not in raw.removesuffix(b"\r\n")[:-1]
            self._more = [raw] if is_one else _LINE.findall(raw)[-2::-1]
        raw = self._more.pop()
        self.offset += len(raw)
        return raw.decode(self._encoding, "surrogateescape")


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds.

    Attributes:
        name: As the header says.
        path: Field; or field, number of the entry, field of the entry; nothing where the column is refused.
        is_json: Whether a cell is a list, written as JSON.
    """

    name: str
    path: tuple[str, ...]
    is_json: bool = False


@dataclass(slots=True)
class _Table:
    """A file whose header was read."""

    file: RowFile
    lines: _Lines
    encoding: str
    delimiter: str
    columns: list[_Column] = field(default_factory=list)
    line: int = 0

    def records(self, problems: Problems) -> Iterator[tuple[int, int, list[str]]]:
        """Yield the records that aren't blank from here on: offset, line, cells."""
        reader = csv.reader(self.lines, delimiter=self.delimiter, strict=True)
        before = self.line
        while True:
            offset, line = self.lines.offset, before + reader.line_num + 1
            # The limit is one of the whole process; others keep theirs.
            limit = csv.field_size_limit(self.file.largest)
            try:
                cells = next(reader, None)
            except csv.Error as failed:
                self._unreadable(str(failed), line, problems)
                return
            except _TooLong:
                self.file.too_large(problems, line)
                return
            finally:
                csv.field_size_limit(limit)
            if cells is None:
                return
            self.line = before + reader.line_num
            if any(cells):
                yield offset, line, cells

    def document(self, cells: Sequence[str], line: int, problems: Problems) -> dict[str, Any] | None:
        """Return the row that cells are; None, with the reason reported, if they are none."""
        if len(cells) != len(self.columns):
            summary = f"The row has {len(cells)} cells, and the header {len(self.columns)}"
            problems.report(self.file.source(line), summary, hint=_QUOTING)
            return None
        if _is_broken(cells):
            summary = f"The row holds a byte that is no {self.encoding.upper()}"
            problems.report(self.file.source(line), summary, hint=_declare(self.encoding))
            return None
        try:
            return _document(self.columns, cells)
        except _NotJson as refused:
            problems.report(self.file.source(line), f"The cell in column {refused.column} is not JSON",
                            detail=f"The parser says: {refused.said}.",
                            hint=f"Write a list, or use columns such as {refused.column}.0.name.")  # fmt: skip
            return None

    def _unreadable(self, said: str, line: int, problems: Problems) -> None:
        if "field limit" in said:
            self.file.too_large(problems, line)
        elif "unexpected end" in said:
            problems.report(self.file.source(line), "A quote of this row is never closed", hint=_QUOTING)
        else:
            problems.report(
                self.file.source(line),
                "The quotes of this row don't fit",
                detail=f"The parser says: {said}. {_STOPPED}",
                hint=_QUOTING,
            )


def _opened(handle: BinaryIO, file: RowFile, delimiter: str, problems: Problems) -> _Table | None:
    """Read the header; None, with the reason reported, if there is none.

    Raises:
        UnicodeError: It should be UTF-16 and isn't.
    """
    known = problems.count
    first = handle.read(len(BOM))
    encoding = file.encoding or ("utf-16" if first.startswith(UTF16) else "utf-8")
    handle.seek(0)
    if encoding == "utf-16" and not file.fits(handle, problems):
        return None
    if encoding == "utf-16":
        # Its lines don't end in a byte of their own. What is written in it is small.
        handle = io.BytesIO(handle.read().decode(encoding).encode())
        lines = _Lines(handle, "utf-8", file.largest)
    else:
        lines = _Lines(handle, encoding, file.largest)
        if encoding == "utf-8" and first == BOM:
            lines.go_to(len(BOM))
    begin = lines.offset
    try:
        head = next(lines, "")
    except _TooLong:
        file.too_large(problems, 1)
        return None
    if "\0" in head:
        problems.report(file.source(1), "The file holds a NUL character", hint=_declare(encoding))
        return None
    lines.go_to(begin)
    delimiter = file.delimiter or delimiter or max(_DELIMITERS, key="".join(head.split('"')[::2]).count)
    table = _Table(file, lines, encoding, delimiter)
    for _, line, cells in table.records(problems):
        table.columns = _columns(cells, line, head, file, problems)
        named = [column.path[0] for column in table.columns if column.path]
        return None if lacks_columns(file, named, line, problems) else table
    if problems.count == known:
        problems.report(file.source(1), "The file has no header line", hint="Its first line names the fields.")
    return None


def _declare(encoding: str) -> str:
    said = "Save the file as UTF-8, or declare what it is as rows.format.encoding"
    return f"{said}: windows-1252 for what Excel writes in Western Europe." if encoding == "utf-8" else f"{said}."


def _is_broken(cells: Sequence[str]) -> bool:
    """Whether a byte could not be decoded: it stands there as half a surrogate pair."""
    text = "".join(cells)
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _columns(header: Sequence[str], line: int, head: str, file: RowFile, problems: Problems) -> list[_Column]:
    names = [name.strip() for name in header]
    counts = Counter(names)
    columns = [_column(name, file) for name in names]
    whole = {column.name for column in columns if column.is_json}
    at = 1
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        source = file.source(line, at)
        at += 0 if '"' in head else len(header[number]) + 1
        if not name:
            problems.report(source, f"Column {number + 1} has no name", hint="Name the field, or remove the column.")
        elif counts[name] > 1:
            problems.report(source, f"The column {name} is there twice", hint="Remove one of them.")
        elif not column.path:
            problems.report(
                source, f"The column {_shown(name)} is unknown", detail="; ".join(unknown_names(file, name))
            )
        elif len(column.path) > 1 and column.path[0] in whole:
            problems.report(source, f"{column.path[0]} is there as a column of its own and in {name}",
                            hint="Keep one of the two.")  # fmt: skip
    return columns


def _shown(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."


def _column(name: str, file: RowFile) -> _Column:
    parts = tuple(name.split("."))
    if not name or _is_broken([name]) or unknown_names(file, name):
        return _Column(name, ())
    if len(parts) == 1:
        return _Column(name, parts, is_list(file, name))
    is_entry = len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) <= 4
    return _Column(name, parts if is_entry and is_list(file, parts[0]) else ())


class _NotJson(Exception):
    """A cell should be JSON and isn't."""

    def __init__(self, column: str, said: str) -> None:
        self.column = column
        self.said = said
        super().__init__()


def _document(columns: Sequence[_Column], cells: Sequence[str]) -> dict[str, Any]:
    """Return the row that cells are.

    Raises:
        _NotJson: A cell that must be JSON is none.
    """
    document: dict[str, Any] = {}
    entries: dict[str, dict[int, dict[str, str]]] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell or not column.path:
            continue
        if len(column.path) > 1:
            name, number, inner = column.path
            entries.setdefault(name, {}).setdefault(int(number), {})[inner] = cell
        elif not column.is_json:
            document[column.name] = cell
        else:
            try:
                document[column.name] = orjson.loads(cell)
            except orjson.JSONDecodeError as failed:
                raise _NotJson(column.name, failed.msg) from None
    for name, numbered in entries.items():
        document[name] = [numbered[number] for number in sorted(numbered)]
    return document
