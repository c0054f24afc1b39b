"""JSON lines as CSV, in two passes: which columns there are, then the rows. Only the names of columns are held."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from dsops.model import Column

Cells = Callable[[Mapping[str, Any]], Mapping[Column, Any]]

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes a text for a formula by, when it begins with it."""


def write_sheet(lines: Path, sheet: Path, cells: Cells) -> int:
    """Write a file of JSON documents, one a line, as CSV; returns the number of its columns.

    Args:
        lines: The documents.
        sheet: The file to write: UTF-8, commas, quotes doubled, lines ended by CR LF (RFC 4180), a line of names first.
        cells: Flattens a document.

    Raises:
        OSError: It can't be written.
    """
    found: set[Column] = set()
    for document in _documents(lines):
        found.update(cells(document))
    columns = sorted(found)
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([shown(name) for _, name in columns])
        for document in _documents(lines):
            row = cells(document)
            writer.writerow([shown(row.get(column)) for column in columns])
    return len(columns)


def shown(value: Any) -> str:
    """Write one cell: a number as JSON writes it, a text that a spreadsheet would run behind an apostrophe."""
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(_RUN) else value
        case _:
            return orjson.dumps(value).decode()


def _documents(lines: Path) -> Iterator[Mapping[str, Any]]:
    with lines.open("rb") as file:
        for line in file:
            yield orjson.loads(line)
