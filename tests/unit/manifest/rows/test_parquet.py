"""Parquet."""

import datetime as dt
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.unit.manifest.rows.conftest import Read


def table(**columns: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


def test_columns_are_fields_and_lists_of_structs_are_nested(read: Read) -> None:
    sources = [[{"name": "n", "value": "v", "extension": None}], None, []]
    raw = table(
        input=["a", "b", "c"], expectedAnswer=["x", "", "x"], contextDocument=[None, "d", ""], expectedSources=sources
    )
    reading = read({"f.parquet": raw})
    assert reading.said == []
    assert reading.places == ["f.parquet:1:1", "f.parquet:2:1", "f.parquet:3:1"]
    assert reading.rows == [
        ("a", "x", "", [["n", "v", ""]], []),
        ("b", "", "d", [], []),
        ("c", "x", "", [], []),
    ]


def test_more_than_one_batch(read: Read) -> None:
    names = [f"q{number}" for number in range(1000)]
    assert read({"f.parquet": table(input=names, expectedAnswer=names)}).inputs == names


def test_names_of_the_vendor_and_unknown_ones(read: Read) -> None:
    raw = table(dataSetRowInput=["a"], dataSetRowExpectedAnswer=["x"], contextDocment=["c"])
    reading = read({"f.parquet": raw})
    assert reading.said == ["f.parquet:1:1 The column contextDocment is unknown"]
    assert "did you mean contextDocument?" in reading.diagnostics[0].detail
    assert reading.inputs == ["a"]
    reading = read({"f.parquet": table(x=["a"])})
    assert reading.said == [
        "f.parquet:1:1 The column x is unknown",
        "f.parquet:1:1 A column is missing: input is missing; it may be empty text",
    ]
    assert reading.diagnostics[1].detail == "expectedAnswer is missing; it may be empty text"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (42, "This is no row: input is a number; write it in quotes"),
        (b"a", "The row holds what JSON can't"),
        (dt.date(2024, 1, 1), "The row holds what JSON can't"),
        (None, "This is no row: input is missing; it may be empty text"),
    ],
)
def test_values_that_are_no_text(read: Read, value: Any, said: str) -> None:
    reading = read({"f.parquet": table(input=[value], expectedAnswer=["x"])})
    assert reading.said == [f"f.parquet:1:1 {said}"]


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1", b"input,expectedAnswer\n"])
def test_no_parquet(read: Read, raw: bytes) -> None:
    assert read({"f.parquet": raw}).said == ["f.parquet:1:1 f.parquet is no Parquet file that can be read"]


CODE = """
import sys
from pathlib import Path
sys.modules["pyarrow"] = None
from dsops.manifest.rows import RowReader
from dsops.model import RowMode, RowSet
rows = RowSet(RowMode.SYNC, ("input",), ("f.parquet",))
(only,) = RowReader(rows, Path(sys.argv[1]), tuple).read(lambda values: None)
print(only.summary, only.hint)
"""


def test_without_the_extra(tmp_path: Path, root: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(table(input=["a"]))
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("Parquet can't be read: the library for it is not installed")
    assert "dsops[parquet]" in done.stdout
