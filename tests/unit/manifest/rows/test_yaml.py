"""YAML."""

import pytest

from tests.unit.manifest.rows.conftest import Read


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", []),
        ("[]", []),
        ("- {input: a, expectedAnswer: x}\n- input: b\n  expectedAnswer: x\n", ["1:3", "2:3"]),
        ("input: a\nexpectedAnswer: x\n---\ninput: b\nexpectedAnswer: x\n", ["1:1", "4:1"]),
        ("# rows\n---\n- input: a\n  expectedAnswer: x\n---\ninput: b\nexpectedAnswer: x\n", ["3:3", "6:1"]),
        ("- &a {input: a, expectedAnswer: &x x}\n- {input: b, expectedAnswer: *x}\n", ["1:3", "2:3"]),
    ],
)
def test_lists_and_documents(read: Read, text: str, places: list[str]) -> None:
    reading = read({"f.yaml": text})
    assert reading.said == []
    assert reading.places == [f"f.yaml:{each}" for each in places]
    assert reading.inputs == ["a", "b"][: len(places)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {input: 42, expectedAnswer: x}", "1:3 This is no row: input is a number; write it in quotes"),
        ("- {input: 1.5, expectedAnswer: x}", "1:3 This is no row: input is a number; write it in quotes"),
        ("- {input: a, expectedAnswer: x, input: b}", "1:33 The key input is given twice, in line 1 and in line 1"),
        ("- a", "1:3 This is text, and no row"),
        ("just text", "1:1 This is text, and no row"),
        ("- - {}", "1:3 This is a list, and no row"),
        ("- {input: [a", "2:1 A list in [ ] is not closed"),
        ("- !!str a", "1:3 The tag !!str is not allowed"),
    ],
)
def test_what_is_wrong(read: Read, text: str, said: str) -> None:
    assert read({"f.yml": text}).said == [f"f.yml:{said}"]


def test_text_is_no_reference(read: Read) -> None:
    assert read({"f.yaml": "- {input: '${var.x}', expectedAnswer: no}"}).rows[0][:2] == ("${var.x}", "no")


def test_a_row_that_is_none_does_not_stop_the_others(read: Read) -> None:
    text = "- {input: a, expectedAnswer: x}\n- 1\n- {input: b, expectedAnswer: x}\n"
    assert read({"f.yaml": text}).inputs == ["a", "b"]


def test_a_row_above_the_limit(read: Read) -> None:
    text = f"- {{input: {'a' * 100}, expectedAnswer: x}}\n- {{input: b, expectedAnswer: x}}\n"
    reading = read({"f.yaml": text}, largest=100)
    assert reading.said == ["f.yaml:1:3 The row is larger than one upload"]
    assert reading.inputs == ["b"]
