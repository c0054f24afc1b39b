"""CSV and TSV: a header line with field names, then a row a record. Every cell is text; an empty one is absent."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Final

import orjson

from dsops.manifest.rows.base import Forward, Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import BOM, UTF16, is_list, is_row, unknown_names

_DELIMITERS: Final = ",;\t|"
_QUOTING: Final = "Quote a cell that holds the delimiter, a quote or a line break, and double the quotes in it."
_STOPPED: Final = "The rest of the file is not looked at."


class Cells:
    """Records of cells, quoted as RFC 4180 has it: line breaks inside quotes stay as they are."""

    columns = False

    def __init__(self, delimiter: str = "") -> None:
        """Take what stands between cells where the manifest doesn't say; nothing to detect it."""
        self._delimiter = delimiter

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located]:
        """Yield the rows, numbered."""
        encoding = _encoding(handle, file.encoding)
        text = io.TextIOWrapper(handle, encoding, errors="surrogateescape", newline="")
        try:
            yield from self._rows(text, encoding, file, problems)
        except _TooLong as long:
            file.too_large(problems, long.line)
        except UnicodeError as failed:
            problems.report(
                file.source(1), f"The file is not {_called(encoding)}", detail=f"{failed}.", hint=_declare(encoding)
            )
        finally:
            text.detach()

    def cursor(self, file: RowFile) -> Forward:
        """Open a file again."""
        return Forward(self, file)

    def _rows(self, text: io.TextIOWrapper, encoding: str, file: RowFile, problems: Problems) -> Iterator[Located]:
        lines = _lines(text, file.largest)
        first = next(lines, "")
        if "\0" in first:
            problems.report(file.source(1), "The file holds a NUL character", hint=_declare(encoding))
            return
        delimiter = file.delimiter or self._delimiter or max(_DELIMITERS, key=_outside_quotes(first).count)
        records = _records(chain([first], lines), delimiter, file, problems)
        line, header = next(records, (1, []))
        columns = _columns(header, line, first, file, problems)
        for number, (at, cells) in enumerate(records):
            if len(cells) != len(columns):
                summary = f"The row has {len(cells)} cells, and the header {len(columns)}"
                problems.report(file.source(at), summary, hint=_QUOTING)
            elif _is_broken(cells):
                summary = f"The row holds a byte that is no {_called(encoding)}"
                problems.report(file.source(at), summary, hint=_declare(encoding))
            else:
                document = _document(columns, cells, file, at, problems)
                if document is not None and is_row(document, file, at, 1, problems):
                    yield number, at, 1, document


class _TooLong(Exception):
    """A line is above the limit."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__()


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


def _encoding(handle: BinaryIO, declared: str | None) -> str:
    first = handle.read(len(BOM))
    handle.seek(0)
    if declared == "utf-8" or (declared is None and not first.startswith(UTF16)):
        return "utf-8-sig"
    return declared or "utf-16"


def _called(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()


def _declare(encoding: str) -> str:
    said = "Save the file as UTF-8, or declare what it is as rows.format.encoding"
    return f"{said}: windows-1252 for what Excel writes in Western Europe." if encoding == "utf-8-sig" else f"{said}."


def _lines(text: io.TextIOWrapper, largest: int) -> Iterator[str]:
    number = 0
    while line := text.readline(largest + 1):
        number += 1
        if len(line) > largest and not line.endswith(("\n", "\r")):
            raise _TooLong(number)
        yield line


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _records(
    lines: Iterator[str], delimiter: str, file: RowFile, problems: Problems
) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the records that aren't blank, each with the line in which it begins."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        # The limit is one of the whole process; others keep theirs.
        before = csv.field_size_limit(file.largest)
        try:
            cells = next(reader, None)
        except csv.Error as failed:
            _unreadable(str(failed), file, line, problems)
            return
        finally:
            csv.field_size_limit(before)
        if cells is None:
            return
        if any(cells):
            yield line, cells


def _unreadable(said: str, file: RowFile, line: int, problems: Problems) -> None:
    if "field limit" in said:
        file.too_large(problems, line)
    elif "unexpected end" in said:
        problems.report(file.source(line), "A quote of this row is never closed", hint=_QUOTING)
    else:
        problems.report(
            file.source(line),
            "The quotes of this row don't fit",
            detail=f"The parser says: {said}. {_STOPPED}",
            hint=_QUOTING,
        )


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


def _columns(header: Sequence[str], line: int, first: str, file: RowFile, problems: Problems) -> list[_Column]:
    if not header:
        problems.report(file.source(1), "The file has no header line", hint="Its first line names the fields.")
        return []
    names = [name.strip() for name in header]
    counts = Counter(names)
    columns = [_column(name, file) for name in names]
    whole = {column.name for column in columns if column.is_json}
    at = 1
    for number, (name, column) in enumerate(zip(names, columns, strict=True)):
        source = file.source(line, at)
        at += 0 if '"' in first else len(header[number]) + 1
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


def _document(
    columns: Sequence[_Column], cells: Sequence[str], file: RowFile, line: int, problems: Problems
) -> dict[str, Any] | None:
    """Return the row that cells are; None, with the reason reported, if they are none."""
    document: dict[str, Any] = {}
    entries: dict[str, dict[int, dict[str, str]]] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell or not column.path:
            continue
        if len(column.path) > 1:
            field, number, inner = column.path
            entries.setdefault(field, {}).setdefault(int(number), {})[inner] = cell
        elif not column.is_json:
            document[column.name] = cell
        else:
            try:
                document[column.name] = orjson.loads(cell)
            except orjson.JSONDecodeError as failed:
                problems.report(file.source(line), f"The cell in column {column.name} is not JSON",
                                detail=f"The parser says: {failed.msg}.",
                                hint=f"Write a list, or use columns such as {column.name}.0.name.")  # fmt: skip
                return None
    for field, numbered in entries.items():
        document[field] = [numbered[number] for number in sorted(numbered)]
    return document
