"""JSONL."""

# ruff: noqa: E501 - tables, a line a case

import pytest

from tests.unit.manifest.rows.conftest import Read, lines, row

A, B = lines(row("a")).strip(), lines(row("b")).strip()


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b"", []),
        (b"\n\n", []),
        (A, ["f.jsonl:1:1"]),
        (A + b"\n", ["f.jsonl:1:1"]),
        (A + b"\n" + B, ["f.jsonl:1:1", "f.jsonl:2:1"]),
        (A + b"\r\n" + B + b"\r\n", ["f.jsonl:1:1", "f.jsonl:2:1"]),
        (b"\xef\xbb\xbf" + A + b"\n" + B, ["f.jsonl:1:1", "f.jsonl:2:1"]),
        (b"\xef\xbb\xbf\n" + A, ["f.jsonl:2:1"]),
        (b"\n \t\r\n" + A + b"\n\n\n" + B + b"\n\n", ["f.jsonl:3:1", "f.jsonl:6:1"]),
        (b"  " + A + b"  \n", ["f.jsonl:1:1"]),
    ],
)
def test_lines(read: Read, content: bytes, places: list[str]) -> None:
    reading = read({"f.jsonl": content})
    assert reading.said == []
    assert reading.places == places
    assert reading.inputs == ["a", "b"][: len(places)]


def test_many_lines_among_them_blank_ones_and_some_that_are_no_rows(read: Read) -> None:
    content = [lines(row(f"q{number}")) for number in range(100)]
    content[20], content[40], content[41], content[70] = b"\n", b"{\n", lines(row("q39")), lines(row("q3"))
    reading = read({"f.jsonl": b"".join(content)})
    assert [each.split(":")[1] for each in reading.said] == ["41", "42", "71"]
    assert reading.places == [f"f.jsonl:{number + 1}:1" for number in range(100) if number not in (20, 40, 41, 70)]


def test_names_of_the_vendor(read: Read) -> None:
    vendor = {
        "dataSetRowId": "7", "dataSetRowInput": "a", "dataSetRowExpectedAnswer": "b", "dataSetRowContextDocument": None,
        "expectedSources": [
            {"dataSetExpectedSourceId": "1", "dataSetExpectedSourceName": "n", "dataSetExpectedSourceValue": "v",
             "dataSetexpectedSourceExtention": "txt"},
            {"dataSetExpectedSourceName": "m", "dataSetExpectedSourceValue": "v", "dataSetExpectedSourceExtension": "md"},
        ],
    }  # fmt: skip
    ours = row("c", expectedSources=[{"name": "n", "value": "v", "extension": "txt"}])
    assert read({"f.ndjson": lines(vendor, ours)}).rows == [
        ("a", "b", "", [["m", "v", "md"], ["n", "v", "txt"]], []),
        ("c", "x", "", [["n", "v", "txt"]], []),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"[1, 2]", "f.jsonl:2:1 This line is a list, and no row"),
        (b'"a"', "f.jsonl:2:1 This line is text, and no row"),
        (b"null", "f.jsonl:2:1 This line is nothing, and no row"),
        (b"{", "f.jsonl:2:3 The line is not JSON"),
        (b'{"input": NaN}', "f.jsonl:2:11 The line is not JSON"),
        (b'{"input": "a\\ud800"}', "f.jsonl:2:14 The line is not JSON"),
        (b"{} {}", "f.jsonl:2:4 The line is not JSON"),
        (b'{"a": "\xff"}', "f.jsonl:2:8 The file is not UTF-8"),
        (b'{"\xc3\xa4\xc3\xa4": "\xff"}', "f.jsonl:2:9 The file is not UTF-8"),
        (b"\xef\xbb\xbf{}", "f.jsonl:2:1 A byte order mark stands inside the file"),
        (b"[" * 100_000, "f.jsonl:2:1 The line is not JSON"),
        (b'{"input": "b", "expectedAnswer": 42}', "f.jsonl:2:1 This is no row: expectedAnswer is a number; write it in quotes"),
        (b'{"inptu": "b", "expectedAnswer": "x"}', "f.jsonl:2:1 This is no row: inptu is no field of a row: did you mean input?"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_row_does_not_stop_the_others(read: Read, line: bytes, said: str) -> None:
    reading = read({"f.jsonl": A + b"\n" + line + b"\n" + B})
    (only,) = reading.said
    assert only.split(" ", 1)[1] == said.split(" ", 1)[1]
    assert only.split(":")[1] == "2"
    assert reading.places == ["f.jsonl:1:1", "f.jsonl:3:1"]


def test_the_column_of_what_is_wrong(read: Read) -> None:
    reading = read({"f.jsonl": b'{"input": NaN}\n{"\xc3\xa4": "\xff"}\n'})
    assert [each.split(" ")[0] for each in reading.said] == ["f.jsonl:1:11", "f.jsonl:2:8"]


def test_utf16_is_told(read: Read) -> None:
    reading = read({"f.jsonl": A.decode().encode("utf-16")})
    assert reading.said == ["f.jsonl:1:1 f.jsonl is UTF-16"]


def test_a_row_above_the_limit_is_passed_over(read: Read) -> None:
    long = lines(row("l" * 300))
    reading = read({"f.jsonl": long + A + b"\n" + long * 2 + B + b"\n" + long[:-1]}, largest=200)
    assert reading.said == [f"f.jsonl:{line}:1 The row is larger than one upload" for line in (1, 3, 4, 6)]
    assert reading.places == ["f.jsonl:2:1", "f.jsonl:5:1"]


def test_a_row_of_just_the_limit_is_read(read: Read) -> None:
    at_most = lines(row("a" * 100))
    for content in (at_most, at_most[:-1], at_most[:-1] + b"\r\n"):
        assert read({"f.jsonl": content}, largest=len(at_most) - 1).said == []
    assert len(read({"f.jsonl": at_most}, largest=len(at_most) - 4).said) == 1


def test_a_long_row_is_fine(read: Read) -> None:
    assert read({"f.jsonl": lines(row("k" * 7_000_000), row("k" * 6_999_999))}).said == []


def test_of_a_name_given_twice_the_last_one_counts(read: Read) -> None:
    assert read({"f.jsonl": b'{"input": "a", "expectedAnswer": "x", "input": "b"}'}).inputs == ["b"]
