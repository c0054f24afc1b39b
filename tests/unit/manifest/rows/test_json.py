"""JSON documents."""

# ruff: noqa: E501 - tables, a line a case

import json
from typing import Any

import pytest

from tests.unit.manifest.rows.conftest import Read, row

EXPORT = {
    "dataSetId": "1", "dataSetName": "faq", "rows": [
        {"dataSetRowId": "2", "dataSetRowInput": "a", "dataSetRowExpectedAnswer": "x", "expectedSources": []},
        {"dataSetRowId": "3", "dataSetRowInput": "b", "dataSetRowExpectedAnswer": "x"},
    ], "dataSetActive": True,
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("document", [[row("a"), row("b")], EXPORT, {"rows": [row("a"), row("b")]}])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_list_or_an_object_that_has_it(read: Read, document: Any, indent: int | None, mark: bytes) -> None:
    reading = read({"f.json": mark + json.dumps(document, indent=indent).encode()})
    assert reading.said == []
    assert reading.inputs == ["a", "b"]


def test_the_places_of_rows(read: Read) -> None:
    text = '[\n  {"input": "ä",\n   "expectedAnswer": "x"}, {"input": "b", "expectedAnswer": "x"}\n\n,{"input":"c","expectedAnswer":""}]'
    assert read({"f.json": text}).places == ["f.json:2:3", "f.json:3:28", "f.json:5:2"]


@pytest.mark.parametrize("text", ["[]", " [ ] \n", '{"rows": []}', '{"dataSetName": "x", "rows": [], "a": [[]]}'])
def test_no_rows(read: Read, text: str) -> None:
    reading = read({"f.json": text})
    assert (reading.said, reading.rows) == ([], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1 The file is empty"),
        ("  \n ", "2:2 The file is empty"),
        ('"a"', "1:1 The file holds no rows"),
        ("{}", "1:1 The object has no list called rows"),
        ('\n{"a": [\n\n]}', "2:1 The object has no list called rows"),
        ('{"rows": {}}', "1:1 The object has no list called rows"),
        ('{"rows": [], "rows": []}', "1:22 The object gives rows twice"),
        ('{"rows": [],}', "1:13 The file is not JSON"),
        ('{"rows": []', "1:12 The object is not closed"),
        ('{"a" 1}', "1:6 A name with a colon is missing here"),
        ("{1: 2}", "1:3 A name with a colon is missing here"),
        ('{"a": 1 "b": 2}', "1:9 A comma is missing here"),
        ("[{}", "1:4 The list of rows is not closed"),
        ("[{} {}]", "1:5 A comma is missing here"),
        ("[,]", "1:2 The file is not JSON"),
        ("[1,]", "1:4 The file is not JSON"),
        ('[{"a": NaN}]', "1:2 JSON has no number NaN"),
        ('[{"a": 1, "a": 2}]', "1:2 An object gives a twice"),
        ("[] []", "1:4 Something follows the end of the document"),
        ('[{"a": "\x01"}]', "1:9 The file is not JSON"),
        ("[" * 100_000, "1:2 Too many lists and objects stand inside each other"),
        ("[" + "9" * 5000 + "]", "1:2 Exceeds the limit"),
    ],
)
def test_what_is_wrong_with_a_document(read: Read, text: str, said: str) -> None:
    first, *_ = sorted(read({"f.json": text}).said, key=lambda each: not each.startswith(f"f.json:{said}"))
    assert first.startswith(f"f.json:{said}")


def test_a_row_that_is_none_does_not_stop_the_others(read: Read) -> None:
    rows = [row("a"), 1, [], {"input": 42, "expectedAnswer": "x"}, {"input": 2**70}, row("\ud800"), row("b")]
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    reading = read({"f.json": json.dumps([*rows, {"input": deep}], separators=(",\n", ":"))})
    assert [each.split(" ", 1)[1] for each in reading.said] == [
        "This is a number, and no row",
        "This is a list, and no row",
        "This is no row: input is a number; write it in quotes",
        "The row holds what JSON can't",
        "The row holds what JSON can't",
        "The row holds what JSON can't",
    ]
    assert reading.inputs == ["a", "b"]


def test_rows_before_a_mistake_are_checked_too(read: Read) -> None:
    assert len(read({"f.json": '[{"input": 1}, {"input": 2}, {]'}).said) == 3


def test_a_row_above_the_limit(read: Read) -> None:
    reading = read({"f.json": json.dumps([row("a"), row("b" * 200), row("c")])}, largest=100)
    assert reading.said == ["f.json:1:41 The row is larger than one upload"]
    assert reading.inputs == ["a", "c"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("[]".encode("utf-16"), "f.json:1:1 f.json is UTF-16"),
        (b'[\n{"a": "\xff"}]', "f.json:2:8 The file is not UTF-8"),
        (b"\xef\xbb\xbf\xff", "f.json:1:1 The file is not UTF-8"),
    ],
)  # fmt: skip
def test_encodings(read: Read, raw: bytes, said: str) -> None:
    assert read({"f.json": raw}).said == [said]


def test_an_invisible_character_inside_a_text_stays(read: Read) -> None:
    assert read({"f.json": '[{"input": "a\ufeffb", "expectedAnswer": ""}]'}).inputs == ["a\ufeffb"]
