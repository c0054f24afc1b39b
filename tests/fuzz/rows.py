"""Readers of row files, in every format; good rows are read a second time."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from dsops.manifest.rows import RowReader
from dsops.model import RowMode, RowSet, canonical
from dsops.providers import provider
from dsops.render import diagnostics_text
from tests.fuzz.hostile import Chance, bytes_of, damaged, text_of, worsened
from tests.fuzz.manifests import stack_text
from tests.fuzz.reader import Read, Reader, from_bytes

_ROWS = (
    {
        "input": "What?",
        "expectedAnswer": "That.",
        "contextDocument": "",
        "expectedSources": [{"name": "a", "value": "b"}],
    },
    {
        "input": "Who?",
        "expectedAnswer": "He.",
        "filterVariables": [{"metadataType": "V", "key": "k", "operator": "=", "value": "v"}],
    },
    {"dataSetRowInput": "Why?", "dataSetRowExpectedAnswer": "So."},
)


def _make_row_list(chance: Chance) -> bytes:
    return bytes_of(worsened([*_ROWS] if chance.random() < 0.5 else {"name": "x", "rows": [*_ROWS]}, chance), chance)


def _make_row_lines(chance: Chance) -> bytes:
    at = chance.randrange(len(_ROWS))
    lines = [text_of(worsened(row, chance) if number == at else row) for number, row in enumerate(_ROWS)]
    content = chance.choice(("\n", "\r\n", "\n\n")).join(lines).encode(errors="surrogatepass")
    return damaged(content, chance) if chance.random() < 0.5 else content


def _make_row_yaml(chance: Chance) -> bytes:
    return damaged(stack_text([worsened([*_ROWS], chance)], chance), chance)


def _make_row_cells(chance: Chance) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice(",;\t|"))
    writer.writerow(["input", "expectedAnswer", "contextDocument", "expectedSources.0.name", "expectedSources.0.value"])
    for number in range(3):
        writer.writerow([f"q{number}", 'an "answer"\nof two lines', "", "n", "v,;"])
    content = text.getvalue().encode(chance.choice(("utf-8", "utf-8", "utf-16", "utf-8-sig")))
    return damaged(content, chance)


def _parquet() -> bytes:

    rows = {
        "input": ["a", "b"],
        "expectedAnswer": ["c", None],
        "expectedSources": [[{"name": "n", "value": "v"}], []],
    }
    out = io.BytesIO()
    parquet.write_table(pa.table(rows), out)
    return out.getvalue()


def rows_of(suffix: str) -> Read:
    """Return what reads rows of a format: all of them, and those that are good a second time."""

    def read(content: bytes, folder: Path) -> object:
        (folder / f"rows{suffix}").write_bytes(content)
        codec = provider("geai").kinds["Dataset"].rows
        assert codec is not None
        found = RowSet(RowMode.SYNC, ("input",), (f"rows{suffix}",))
        reader = RowReader(found, folder, codec.declared, parsed=codec.parsed, largest=200_000)
        seen: dict[Any, int] = {}

        def take(values: Any) -> int | None:
            canonical(codec.document(values))
            canonical(codec.manifest(values))
            if values[0] in seen:
                return seen[values[0]]
            seen[values[0]] = len(seen)
            return None

        problems = reader.read(take)
        diagnostics_text(problems).encode()
        again = list(reader.values(range(len(reader))))
        assert [each[0] for each in again] == list(seen)
        return [reader.source(number) for number in range(len(reader))]

    return read


READERS = (
    Reader("rows as JSON", _make_row_list, rows_of(".json")),
    Reader("rows as JSONL", _make_row_lines, rows_of(".jsonl"), 250),
    Reader("rows as YAML", _make_row_yaml, rows_of(".yaml")),
    Reader("rows as CSV", _make_row_cells, rows_of(".csv"), 250),
    Reader("rows as Parquet", from_bytes(_parquet()), rows_of(".parquet"), 100),
)
