"""Files of rows, read with the codec of geai."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from dsops.manifest.rows import RowReader
from dsops.manifest.rows.base import LARGEST_ROW
from dsops.model import Diagnostic, RowItem, RowMode, RowSet, Source, Values
from dsops.providers.geai.rows import Rows


@dataclass
class Reading:
    """What a first pass found: the rows, and what is wrong."""

    reader: RowReader
    diagnostics: tuple[Diagnostic, ...] = ()
    rows: list[Values] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        return [f"{each.source} {each.summary}" for each in self.diagnostics]

    @property
    def places(self) -> list[str]:
        return [str(self.reader.source(number)) for number in range(len(self.reader))]

    @property
    def inputs(self) -> list[str]:
        return [row[0] for row in self.rows]


Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read files, and rows of a manifest, in order; rows are told apart by their input."""

    def read(
        files: dict[str, bytes | str] | None = None,
        *,
        items: list[Any] | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        largest: int | None = None,
    ) -> Reading:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        rows = RowSet(
            RowMode.SYNC,
            ("input",),
            tuple(files or ()),
            tuple(RowItem(item, Source("a.yaml", number + 10, 5)) for number, item in enumerate(items or [])),
            encoding,
            delimiter,
        )
        codec, at_most = Rows(), largest or LARGEST_ROW
        reading = first_pass(RowReader(rows, tmp_path, codec.declared, largest=at_most))
        # What is read twice is the same both times, in whatever order.
        numbers = range(len(reading.rows))
        assert list(reading.reader.values(numbers)) == reading.rows
        assert list(reading.reader.values(reversed(numbers))) == reading.rows[::-1]
        quick = first_pass(RowReader(rows, tmp_path, codec.declared, parsed=codec.parsed, largest=at_most))
        assert (quick.rows, quick.places, quick.diagnostics) == (reading.rows, reading.places, reading.diagnostics)
        return quick

    return read


def first_pass(reader: RowReader) -> Reading:
    """Read all rows, told apart by their input."""
    reading = Reading(reader)
    known: dict[str, int] = {}

    def take(values: Values) -> int | None:
        number = known.setdefault(values[0], len(known))
        if number != len(reading.rows):
            return number
        reading.rows.append(values)
        return None

    reading.diagnostics = reader.read(take)
    assert len(reader) == len(reading.rows)
    return reading


def row(name: str, **fields: Any) -> dict[str, Any]:
    """Return a row with that input."""
    return {"input": name, "expectedAnswer": "x", **fields}


def lines(*rows: Any) -> bytes:
    """Return rows as JSONL."""
    return b"".join(orjson.dumps(each) + b"\n" for each in rows)
