"""Laws of the readers of rows: all formats read the same rows; whatever the bytes, there are rows or diagnostics."""

# ruff: noqa: E501 - pools of values

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from dsops.manifest import write_documents
from dsops.manifest.rows import RowReader, write_rows
from dsops.manifest.rows.formats import SUFFIXES
from dsops.manifest.schema import Schema
from dsops.model import Diagnostic, RowItem, RowMode, RowSet, Source, Values
from dsops.model.assets import asset
from dsops.providers.geai.rows import Rows

CODEC = Rows()
SOURCE, VARIABLE = ("name", "value", "extension"), ("metadataType", "key", "operator", "value")

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["", "42", "1.0", "null", "no", "a,b", "a;b", '"', '""', "\n", "\r\n", "\r", " a ", "é", "e\u0301", "[]", "{}", "${var.x}", "=", "\ufeff", "\u2028"]
)  # fmt: skip


def entries(fields: Iterable[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(st.fixed_dictionaries(dict.fromkeys(fields, texts)), max_size=2)


rows = st.fixed_dictionaries(
    {"input": texts, "expectedAnswer": texts},
    optional={"contextDocument": texts, "expectedSources": entries(SOURCE), "filterVariables": entries(VARIABLE)},
)


def read(name: str, raw: bytes, **settings: Any) -> tuple[list[Values], tuple[Diagnostic, ...]]:
    """Read a file, and read it again from behind."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(raw)
        found: list[Values] = []
        reader = RowReader(
            RowSet(RowMode.SYNC, ("input",), (name,), **settings), Path(folder), CODEC.declared, largest=4096
        )
        said = reader.read(found.append)
        assert len(reader) == len(found)
        assert list(reader.values(reversed(range(len(found))))) == found[::-1]
        for number in range(len(found)):
            source = reader.source(number)
            assert source.file == name
            assert source.line >= 1
            assert source.column >= 1
    for each in said:
        assert each.is_error
        assert each.source is not None
        assert each.summary.isprintable()
    return found, said


def as_jsonl(given: list[dict[str, Any]]) -> bytes:
    return b"".join(write_rows(given))


def as_csv(given: list[dict[str, Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(CODEC.fields)
    for row in given:
        nested = {name: orjson.dumps(row[name]).decode() for name in CODEC.nested if name in row}
        writer.writerow([(row | nested).get(name, "") for name in CODEC.fields])
    return file.getvalue().encode()


def as_numbered_csv(given: list[dict[str, Any]]) -> bytes:
    file = io.StringIO(newline="")
    fields = {"expectedSources": SOURCE, "filterVariables": VARIABLE}
    columns = [(name, number, field) for name in fields for number in (0, 1) for field in fields[name]]
    writer = csv.writer(file, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    texts = ("input", "expectedAnswer", "contextDocument")
    writer.writerow([*texts, *(f"{name}.{number}.{field}" for name, number, field in columns)])
    for row in given:
        cells = [row.get(name, [])[number : number + 1] for name, number, _ in columns]
        nested = [entry[0][field] if entry else "" for entry, (_, _, field) in zip(cells, columns, strict=True)]
        writer.writerow([*(row.get(name, "") for name in texts), *nested])
    return file.getvalue().encode()


def as_parquet(given: list[dict[str, Any]]) -> bytes:
    text = pa.string()
    schema = pa.schema(
        [
            *((name, text) for name in ("input", "expectedAnswer", "contextDocument")),
            ("expectedSources", pa.list_(pa.struct([(name, text) for name in SOURCE]))),
            ("filterVariables", pa.list_(pa.struct([(name, text) for name in VARIABLE]))),
        ]
    )
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(given, schema), file)
    return file.getvalue()


WRITERS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "a.jsonl": as_jsonl,
    "a.json": orjson.dumps,
    "b.json": lambda given: json.dumps({"dataSetName": "x", "rows": given, "y": [1]}, indent=1).encode(),
    "a.yaml": lambda given: write_documents(given).replace("$${", "${").encode(),
    "a.parquet": as_parquet,
    "a.csv": as_csv,
    "b.csv": as_numbered_csv,
}


@pytest.mark.parametrize("name", WRITERS)
@given(st.lists(rows, max_size=4))
@settings(max_examples=60)
def test_every_format_reads_the_rows_that_were_written(name: str, given: list[dict[str, Any]]) -> None:
    if name.endswith(".yaml"):  # a byte order mark has no place in YAML, and its parsers differ on line separators
        given = orjson.loads(orjson.dumps(given).replace("\ufeff".encode(), b"").replace("\u2028".encode(), b""))
    if name.endswith(".csv"):  # an empty cell is absent, and some fields must be there
        given = [row for row in given if _filled(row)]
    found, said = read(name, WRITERS[name](given))
    assert said == ()
    assert found == [CODEC.declared(row) for row in given]


def _filled(row: dict[str, Any]) -> bool:
    inside = [entry for name in CODEC.nested for entry in row.get(name, [])]
    return bool(row["input"] and row["expectedAnswer"]) and all(all(entry.values()) for entry in inside)


pieces = st.sampled_from(
    [b'{"input": "a", "expectedAnswer": "b"}', b"input,expectedAnswer", b"a,b", b"\n", b"\r\n", b"\r", b"[", b"]", b"{", b"}", b",", b";", b"\t", b'"',
     b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\x00", b"\xc3\xa9", b"\xed\xa0\x80", b'"rows": ', b"- ", b"input: a", b"expectedAnswer: 1", b"---\n", b"&x ", b"*x",
     b"!!t ", b"<<: ", b"1e999", b"NaN", b"\\ud800", b'"\\ud800"', b"expectedSources.0.name", b"expectedSources", b"[" * 300, b"9" * 5000, b"x" * 5000, b" "]
)  # fmt: skip
blobs = st.lists(pieces | st.binary(max_size=6), max_size=25).map(b"".join)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(blobs, st.sampled_from([None, "utf-16", "windows-1252", "shift_jis", "gb18030"]), st.sampled_from([None, ";"]))
@example(b"[" * 100_000, None, None)
@example(b'{"a":' * 100_000, None, None)
@settings(max_examples=150)
def test_whatever_the_bytes_there_are_rows_or_diagnostics(
    suffix: str, raw: bytes, encoding: str | None, delimiter: str | None
) -> None:
    read(f"a{suffix}", raw, encoding=encoding, delimiter=delimiter)


@given(st.data())
@settings(max_examples=100)
def test_a_damaged_parquet_file_gives_rows_or_diagnostics(data: st.DataObject) -> None:
    raw = bytearray(as_parquet([{"input": "a", "expectedAnswer": "b"}] * 3))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read("a.parquet", bytes(raw))


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | texts,
    lambda inside: (
        st.lists(inside, max_size=2)
        | st.dictionaries(st.sampled_from([*SOURCE, *VARIABLE, *CODEC.fields, "dataSetRowInput"]), inside, max_size=3)
    ),
    max_leaves=8,
)


@given(rows | st.dictionaries(st.sampled_from([*CODEC.fields, "dataSetRowInput", "x"]), values, max_size=5))
@settings(max_examples=300)
def test_the_schema_refuses_no_row_that_the_codec_takes(row: dict[str, Any]) -> None:
    document = {
        "apiVersion": "geai/v1", "kind": "Dataset", "metadata": {"name": "a"}, "spec": {"rows": {"items": [row]}},
    }  # fmt: skip
    try:
        CODEC.declared(row)
    except ValueError:
        return
    assert Schema(asset("schemas", "geai", "Dataset.json")).accepts(document)


@given(st.lists(st.dictionaries(texts, values, max_size=3) | rows, max_size=5))
def test_rows_of_a_manifest_are_rows_or_diagnostics(given: list[dict[str, Any]]) -> None:
    items = tuple(RowItem(each, Source("a.yaml", number + 1)) for number, each in enumerate(given))
    reader = RowReader(RowSet(RowMode.SYNC, ("input",), (), items), Path(), CODEC.declared)
    said = reader.read(lambda _: None)
    assert len(reader) + len(said) == len(given)


def test_the_schema_names_the_fields_of_the_codec() -> None:
    definitions = Schema(asset("schemas", "geai", "Dataset.json")).document["$defs"]
    assert tuple(definitions["field"]["enum"]) == CODEC.fields
    assert tuple(definitions["row"]["properties"]) == CODEC.fields
    assert tuple(definitions["row"]["properties"]["expectedSources"]["items"]["properties"]) == SOURCE
    assert tuple(definitions["row"]["properties"]["filterVariables"]["items"]["properties"]) == VARIABLE
