"""CSV: columns found first, numbers as numbers, nothing that a spreadsheet would run."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.engine.sheet import shown, write_sheet
from dsops.model import Column


def plain(document: Mapping[str, Any]) -> dict[Column, Any]:
    return {(0, name): value for name, value in document.items()}


def sheet_of(folder: Path, *documents: Mapping[str, Any]) -> list[list[str]]:
    lines, sheet = folder / "lines", folder / "sheet"
    lines.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in documents))
    write_sheet(lines, sheet, plain)
    with sheet.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_columns_are_those_of_all_lines_and_a_missing_cell_is_empty(tmp_path: Path) -> None:
    assert sheet_of(tmp_path, {"b": 1}, {"a": "x", "b": None}) == [["a", "b"], ["", "1"], ["x", ""]]


def test_nothing_is_a_line_of_no_names(tmp_path: Path) -> None:
    assert sheet_of(tmp_path) == [[]]


@pytest.mark.parametrize("run", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_text_that_a_spreadsheet_would_run_is_defused_in_cells_and_in_titles(tmp_path: Path, run: str) -> None:
    titles, row = sheet_of(tmp_path, {run: run})
    assert titles == row == [f"'{run}"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(-1.5, "-1.5"), (-3, "-3"), (0.1, "0.1"), (100.0, "100.0"), (True, "true"), (None, ""), ("", ""), ("a=b", "a=b")],
)
def test_numbers_stay_numbers(value: Any, written: str) -> None:
    assert shown(value) == written


@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=5), st.text() | st.integers(-99, 99)), min_size=1))
def test_every_text_comes_back_and_none_of_it_runs(
    tmp_path_factory: pytest.TempPathFactory, documents: list[dict[str, Any]]
) -> None:
    titles, *rows = sheet_of(tmp_path_factory.mktemp("sheet"), *documents)
    names = sorted({name for each in documents for name in each})
    assert titles == [shown(name) for name in names]
    for document, row in zip(documents, rows, strict=True):
        for name, cell in zip(names, row, strict=True):
            value = document.get(name)
            if isinstance(value, int):
                assert cell == str(value)
            else:
                assert cell in {value or "", f"'{value}"}
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
