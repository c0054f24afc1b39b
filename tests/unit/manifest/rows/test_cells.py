"""CSV and TSV."""

import csv
import io
from typing import Any

import orjson
import pytest

from tests.unit.manifest.rows.conftest import Read

HEAD = "input,expectedAnswer\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (HEAD, []),
        (HEAD + "a,b\nc,d\n", [("a", "b"), ("c", "d")]),
        (HEAD + "a,b\nc,d", [("a", "b"), ("c", "d")]),
        (HEAD.strip() + "\r\na,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
        (HEAD.strip() + "\ra,b\rc,d", [("a", "b"), ("c", "d")]),
        (HEAD.strip() + "\ra,b\rc,d\r", [("a", "b"), ("c", "d")]),
        (HEAD + "a,b\rc,d\r\ne,f", [("a", "b"), ("c", "d"), ("e", "f")]),
        (HEAD + "\na,b\n\n,\nc,d\n\n", [("a", "b"), ("c", "d")]),
        ("\n" + HEAD + "a,b\n", [("a", "b")]),
        (HEAD + '"a,""x""","b\nb"\n', [('a,"x"', "b\nb")]),
        (HEAD + '"a\r\nb","c\rd"\r\n', [("a\r\nb", "c\rd")]),
        (HEAD + "42,1.0\ntrue,null\n=1+1,2024-01-01\n", [("42", "1.0"), ("true", "null"), ("=1+1", "2024-01-01")]),
        (HEAD + " a , b \n", [(" a ", " b ")]),
        (" input , expectedAnswer\na,b\n", [("a", "b")]),
        ("expectedAnswer,input\na,b\n", [("b", "a")]),
        ("dataSetRowInput,dataSetRowId,dataSetRowExpectedAnswer\na,7,b\n", [("a", "b")]),
        ('"input","expectedAnswer"\na,b\n', [("a", "b")]),
    ],
)
def test_records(read: Read, text: str, rows: list[tuple[str, str]]) -> None:
    reading = read({"f.csv": text})
    assert reading.said == []
    assert [values[:2] for values in reading.rows] == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["f.csv", "f.CSV"])
def test_the_delimiter_is_detected(read: Read, delimiter: str, name: str) -> None:
    text = f"input{delimiter}expectedAnswer{delimiter}contextDocument\na{delimiter}b{delimiter}\n"
    assert read({name: text}).rows == [("a", "b", "", [], [])]


def test_the_delimiter_of_tsv_is_a_tab(read: Read) -> None:
    assert read({"f.tsv": "input\texpectedAnswer\na,b\tc,d\n"}).rows[0][:2] == ("a,b", "c,d")


def test_a_declared_delimiter_counts(read: Read) -> None:
    text = 'input;expectedAnswer;"a,b,c"\n'
    assert read({"f.csv": text}, delimiter=",").said != read({"f.csv": text}, delimiter=";").said
    assert read({"f.tsv": "input|expectedAnswer\na|b"}, delimiter="|").rows[0][:2] == ("a", "b")


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"),
        ("windows-1252", "windows-1252"), ("iso-8859-1", "iso-8859-1"),
    ],
)  # fmt: skip
def test_encodings(read: Read, raw: str, declared: str | None) -> None:
    reading = read({"f.csv": (HEAD + "é,ü\n").encode(raw)}, encoding=declared)
    assert (reading.said, reading.inputs) == ([], ["é"])


def test_a_byte_that_is_no_utf8_is_an_error_in_its_row(read: Read) -> None:
    reading = read({"f.csv": HEAD.encode() + b"a,b\n\xe9,c\nd,e\n"})
    assert reading.said == ["f.csv:3:1 The row holds a byte that is no UTF-8"]
    assert "windows-1252" in reading.diagnostics[0].hint
    assert reading.inputs == ["a", "d"]


def test_utf16_without_a_mark_is_told(read: Read) -> None:
    reading = read({"f.csv": HEAD.encode("utf-16-le")})
    assert reading.said == ["f.csv:1:1 The file holds a NUL character"]


def test_half_a_character_of_utf16(read: Read) -> None:
    reading = read({"f.csv": (HEAD + "a,b\n").encode("utf-16") + b"\x00"})
    assert reading.said == ["f.csv:1:1 The file is not UTF-16"]


@pytest.mark.parametrize(
    "header",
    [
        "input,expectedAnswer,expectedSources",
        "input,expectedAnswer,expectedSources.0.name,expectedSources.0.value,expectedSources.1.name,expectedSources.1.value",
        "input,expectedAnswer,expectedSources.0.dataSetExpectedSourceName,expectedSources.0.dataSetExpectedSourceValue,expectedSources.1.dataSetExpectedSourceName,expectedSources.1.dataSetExpectedSourceValue",
    ],
)
@pytest.mark.parametrize("sources", [[], [("n", "v")], [("n", "v"), ("m", "[1]")]])
def test_nested_parts(read: Read, header: str, sources: list[tuple[str, str]]) -> None:
    if header.endswith("Sources"):
        cells = [orjson.dumps([{"name": name, "value": value} for name, value in sources]).decode() if sources else ""]
    else:
        cells = [part for source in [*sources, ("", ""), ("", "")][:2] for part in source]
    text = io.StringIO()
    csv.writer(text).writerow(["a", "b", *cells])
    reading = read({"f.csv": f"{header}\n{text.getvalue()}"})
    assert reading.said == []
    assert reading.rows == [("a", "b", "", sorted([name, value, ""] for name, value in sources), [])]


def test_entries_may_leave_numbers_out(read: Read) -> None:
    header = "input,expectedAnswer," + ",".join(f"expectedSources.{n}.{f}" for n in (0, 7) for f in ("name", "value"))
    assert read({"f.csv": f"{header}\na,b,,,n,v\n"}).rows[0][3] == [["n", "v", ""]]


HEADERS: list[tuple[str, Any]] = [
    ("", ["1:1 The file has no header line"]),
    ("inptu,expectedAnswer\na,b\nc,d\n",
     ["1:1 The column inptu is unknown", "1:1 A column is missing: input is missing; it may be empty text"]),
    ("input,expectedAnswer,foo,bar", ["1:22 The column foo is unknown", "1:26 The column bar is unknown"]),
    ("input,expectedAnswer,input", ["1:1 The column input is there twice", "1:22 The column input is there twice"]),
    ("input,,expectedAnswer", ["1:7 Column 2 has no name"]),
    ("input,expectedAnswer,expectedSources.0.nam", ["1:22 The column expectedSources.0.nam is unknown"]),
    ("input,expectedAnswer,expectedSources.x.name", ["1:22 The column expectedSources.x.name is unknown"]),
    ("input,expectedAnswer,input.0.name", ["1:22 The column input.0.name is unknown"]),
    ("input,expectedAnswer,expectedSources.0", ["1:22 The column expectedSources.0 is unknown"]),
    ("expectedSources,input,expectedAnswer,expectedSources.0.name",
     ["1:38 expectedSources is there as a column of its own and in expectedSources.0.name"]),
]  # fmt: skip


@pytest.mark.parametrize(("header", "said"), HEADERS)
def test_a_header_is_checked(read: Read, header: str, said: list[str]) -> None:
    assert read({"f.csv": header}).said == [f"f.csv:{each}" for each in said]


def test_an_unknown_column_is_said_once_with_the_nearest_name(read: Read) -> None:
    reading = read({"f.csv": "input,expectedAnswer,contextDocment\na,b,c\nd,e,f\n"})
    (only,) = reading.diagnostics
    assert "did you mean contextDocument?" in only.detail
    assert reading.inputs == ["a", "d"]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ("a\n", ["2:1 The row has 1 cells, and the header 2"]),
        ("a,b,c\n", ["2:1 The row has 3 cells, and the header 2"]),
        ('a,"b\n', ["2:1 A quote of this row is never closed"]),
        ('a,"b"c\n', ["2:1 The quotes of this row don't fit"]),
        ("a,\n", ["2:1 This is no row: expectedAnswer is missing; it may be empty text"]),
        ('"x\ny",b\na\n', ["4:1 The row has 1 cells, and the header 2"]),
    ],
)
def test_rows_that_are_none(read: Read, records: str, said: list[str]) -> None:
    assert read({"f.csv": HEAD + records}).said == [f"f.csv:{each}" for each in said]


def test_a_cell_that_must_be_json(read: Read) -> None:
    header = "input,expectedAnswer,filterVariables\n"
    reading = read({"f.csv": header + "a,b,oops\nc,d,{}\ne,f,[]\n"})
    assert reading.said == [
        "f.csv:2:1 The cell in column filterVariables is not JSON",
        "f.csv:3:1 This is no row: filterVariables is an object, and must be a list",
    ]
    assert reading.inputs == ["e"]


def test_long_cells_and_rows_above_the_limit(read: Read) -> None:
    before = csv.field_size_limit()
    assert read({"f.csv": HEAD + "a" * 3_000_000 + ",b\n"}).said == []
    assert csv.field_size_limit() == before
    long = "x" * 60
    assert read({"f.csv": HEAD + f"{long},{long}\na,b\n"}, largest=100).said == [
        "f.csv:2:1 The row is larger than one upload"
    ]
    quoted = "\n".join(["x" * 50] * 3)
    reading = read({"f.csv": HEAD + f'a,b\n"{quoted}",b\n'}, largest=100)
    assert reading.said == ["f.csv:3:1 The row is larger than one upload"]
    assert reading.inputs == ["a"]
