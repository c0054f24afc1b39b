"""All the rows of a resource: order, equal keys, limits, files that change."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dsops.manifest.rows import RowReader, write_rows
from dsops.model import DsopsError, RowMode, RowSet
from dsops.providers.geai.rows import Rows
from tests.unit.manifest.rows.conftest import Read, lines, row

CSV = b"input,expectedAnswer\nc,x\nd,x\n"
JSON = b'[{"input": "e", "expectedAnswer": "x"}]'
YAML = b"- {input: f, expectedAnswer: x}\n"


def test_files_in_order_then_rows_of_the_manifest(read: Read) -> None:
    reading = read(
        {"b.jsonl": lines(row("a"), row("b")), "e.jsonl": b"", "a.csv": CSV, "c.json": JSON, "d.yaml": YAML},
        items=[row("g"), row("h")],
    )
    assert reading.said == []
    assert reading.inputs == list("abcdefgh")
    assert reading.places == [
        "b.jsonl:1:1", "b.jsonl:2:1", "a.csv:2:1", "a.csv:3:1", "c.json:1:2", "d.yaml:1:3",
        "a.yaml:10:5", "a.yaml:11:5",
    ]  # fmt: skip
    assert [values[0] for values in reading.reader.values([7, 0, 3, 3, 2, 5, 4, 1])] == list("haddcfeb")


def test_equal_keys_name_both_places(read: Read) -> None:
    reading = read(
        {"a.jsonl": lines(row("a"), row("b"), row("a")), "b.csv": CSV + b"b,y\n"}, items=[row("c"), row("e"), row("d")]
    )
    assert reading.said == [
        "a.jsonl:3:1 The row has the same key as the one at a.jsonl:1:1",
        "b.csv:4:1 The row has the same key as the one at a.jsonl:2:1",
        "a.yaml:10:5 The row has the same key as the one at b.csv:2:1",
        "a.yaml:12:5 The row has the same key as the one at b.csv:3:1",
    ]
    assert reading.diagnostics[0].detail == "Rows are told apart by input, and these two have it alike."
    assert reading.inputs == ["a", "b", "c", "d", "e"]


def test_equal_keys_within_the_rows_of_the_manifest(read: Read) -> None:
    assert read(items=[row("a"), row("a")]).said == ["a.yaml:11:5 The row has the same key as the one at a.yaml:10:5"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("é", "e\u0301"),
        ("a", "A"),
        ("a", "a "),
        ("a", "a\n"),
        ("a\n", "a\r\n"),
        ("ﬁ", "fi"),
        ("a", "a\ufeff"),
        ("", " "),
    ],
)
def test_texts_are_compared_exactly(read: Read, one: str, other: str) -> None:
    assert read({"a.jsonl": lines(row(one), row(other))}).inputs == [one, other]


def test_very_long_keys_differ_by_their_last_character(read: Read) -> None:
    long = "k" * 1_000_000
    assert read({"a.jsonl": lines(row(long + "a"), row(long + "b"))}).said == []


def test_what_is_left_out_is_as_good_as_empty(read: Read) -> None:
    full = row("b", contextDocument="", expectedSources=[], filterVariables=None)
    one, other = read({"a.jsonl": lines(row("a"), full)}).rows
    assert one[1:] == other[1:]


def test_fifty_problems_are_listed_and_the_rest_is_counted(read: Read) -> None:
    reading = read({"a.jsonl": b"oops\n" * 49, "b.jsonl": b"oops\n" * 1234}, items=[row("a"), {"input": 1}])
    assert len(reading.said) == 51
    assert reading.said[48:] == [
        "a.jsonl:49:1 The line is not JSON",
        "b.jsonl:1:1 The line is not JSON",
        "b.jsonl:2:1 1,234 more problems from here on",
    ]
    assert reading.inputs == ["a"]


def test_just_fifty_problems_are_listed_without_a_count(read: Read) -> None:
    assert len(read({"a.jsonl": b"oops\n" * 50}).said) == 50
    assert read({"a.jsonl": b"oops\n" * 51}).said[-1] == "a.jsonl:51:1 1 more problem from here on"


def test_an_empty_file_of_cells_is_told_after_other_problems(read: Read) -> None:
    assert read({"a.jsonl": b"oops", "b.csv": b""}).said[1:] == ["b.csv:1:1 The file has no header line"]


def test_a_file_that_is_gone(read: Read, tmp_path: Path) -> None:
    reader = RowReader(RowSet(RowMode.SYNC, ("input",), ("a.jsonl",)), tmp_path, Rows().declared)
    (only,) = reader.read(lambda _: None)
    assert (str(only.source), only.summary) == ("a.jsonl:1:1", "a.jsonl can't be read")


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def _same_size(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"x", b"y"))
    os.utime(path, (1, 1))


def _another_file(path: Path) -> None:
    os.utime(path, (1, 1))
    new = path.with_name("new")
    new.write_bytes(path.read_bytes())
    new.replace(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.yaml"])
@pytest.mark.parametrize("change", [_append, _same_size, Path.unlink, _another_file])
@pytest.mark.parametrize("used", [False, True])
def test_a_file_that_changed_is_not_read_again(
    read: Read, tmp_path: Path, name: str, change: Callable[[Path], None], used: bool
) -> None:
    content = {"a.jsonl": lines(row("a")), "a.json": JSON, "a.csv": CSV, "a.yaml": YAML}[name]
    reading = read({name: content})
    if not used:
        reading.reader.read(lambda _: None)
    change(tmp_path / name)
    with pytest.raises(DsopsError) as changed:
        list(reading.reader.values([0]))
    (only,) = changed.value.diagnostics
    assert (only.summary, only.hint) == (f"{name} changed since it was read", "Plan again.")


def test_a_file_that_changes_between_two_rows(read: Read, tmp_path: Path) -> None:
    reading = read({"a.jsonl": lines(row("a"), row("b"))})
    values = reading.reader.values([0, 1])
    assert next(values)[0] == "a"
    _append(tmp_path / "a.jsonl")
    with pytest.raises(DsopsError):
        list(values)


def test_no_rows(read: Read) -> None:
    reading = read({"a.jsonl": b""})
    assert len(reading.reader) == 0
    assert list(reading.reader.values([])) == []


def test_what_is_written_reads_back(read: Read) -> None:
    rows = [
        row("a", expectedSources=[{"name": "n", "value": "é\u2028", "extension": ""}]),
        {"expectedAnswer": "\r\n\u0000", "input": "😀"},
    ]
    written = list(write_rows(rows))
    assert [each.count(b"\n") for each in written] == [1, 1]
    assert written[1] == '{"expectedAnswer":"\\r\\n\\u0000","input":"😀"}\n'.encode()
    assert read({"a.jsonl": b"".join(written)}).rows == [Rows().declared(each) for each in rows]
