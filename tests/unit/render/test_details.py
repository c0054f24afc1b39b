"""Tables of what single pieces of text become."""

import pytest

from dsops.model import (
    Address,
    Event,
    EventKind,
    Reference,
    SecretRef,
    Severity,
    Status,
    Template,
    note,
)
from dsops.render import diagnostics_text, event_json, event_text, json_text
from dsops.render.diagnostics import annotation
from dsops.render.plan_markdown import cell, code, fenced
from dsops.render.style import Style, columns, counted, printable, value_text, width

ADDRESS = Address("uipath", "Dataset", "a")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, with ümlauts and 紛争", "plain text, with ümlauts and 紛争"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r\n\tand a tab", "two\\nlines\\r\\n\\tand a tab"),
        ("\x9b31m", "\\x9b31m"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("abc\u202efdp.exe", "abc\\u202efdp.exe"),
        ("no\u00a0break", "no\\xa0break"),
        ("\U000e0041", "\\U000e0041"),
        ("👍", "👍"),
    ],
)
def test_what_is_not_seen_is_escaped(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (100.0, "100"),
        (0.37, "0.37"),
        ("a\nb", '"a\\nb"'),
        ("\x9b", '"\\x9b"'),
        ({"b": 1, "a": [1, 2]}, '{"a":[1,2],"b":1}'),
        (Reference(ADDRESS), "(known after apply)"),
        (Template(("x-", Reference(ADDRESS))), "(known after apply)"),
        (SecretRef("env", "TOKEN"), "${env:TOKEN}"),
        ({"k": SecretRef("file", "t.txt")}, '{"k":"${file:t.txt}"}'),
    ],
)
def test_a_value_on_one_line(value: object, shown: str) -> None:
    assert value_text(value) == shown


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("紛争", 4), ("e\u0301", 1), ("", 0)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_align_what_is_wide() -> None:
    assert list(columns([("a", "1", ""), ("紛争", "2", "x")], gap="  ")) == ["a     1", "紛争  2  x"]
    assert list(columns([])) == []


@pytest.mark.parametrize(("number", "told"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (12345, "12,345 calls")])
def test_counted(number: int, told: str) -> None:
    assert counted(number, "call") == told


def test_style_without_colour_leaves_text_alone() -> None:
    assert Style()("text", "red", "bold") == "text"
    assert Style(colour=True)("text", "red", "bold") == "\x1b[31;1mtext\x1b[0m"
    assert Style(colour=True)("", "red") == ""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a\\nb`")],
)
def test_inline_code(raw: str, shown: str) -> None:
    assert code(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<b>x</b>", "\\<b\\>x\\</b\\>"),
        ("[x](y)", "\\[x\\]\\(y\\)"),
        ("a|b", "a\\|b"),
        ("@somebody", "<span>@</span>somebody"),
        ("see #12", "see <span>#</span>12"),
        ("www.evil.test", "www\\.evil.test"),
        ("a\nb", "a\\\\nb"),
    ],
)
def test_prose_in_a_cell_is_no_markup(raw: str, shown: str) -> None:
    assert cell(raw) == shown


def test_a_fence_is_longer_than_any_inside() -> None:
    assert fenced("```\nx") == "````\n```\nx\n````"


def test_annotations_escape_what_ends_them() -> None:
    told = annotation(Severity.ERROR, "a:b,c", "50%\r\n::error::x", file="x:y,z%.yaml", line=3, column=4)
    assert told == "::error file=x%3Ay%2Cz%25.yaml,line=3,col=4,title=a%3Ab%2Cc::50%25%0D%0A::error::x"
    assert annotation(Severity.INFO, "t", "m") == "::notice title=t::m"


def test_json_keeps_its_meaning_and_its_order() -> None:
    assert json_text({"b": "\x9b\u202e", "a": 1}, compact=True) == '{"b":"\\u009b\\u202e","a":1}'
    assert json_text({"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}'


def test_equal_diagnostics_are_told_once() -> None:
    assert diagnostics_text([note("x"), note("x")]) == "note: x"


@pytest.mark.parametrize(
    ("event", "text", "json"),
    [
        (
            Event(EventKind.FINISHED, "", ADDRESS, Status.SUCCEEDED),
            "succeeded uipath/Dataset/a",
            '{"event":"finished","address":"uipath/Dataset/a","status":"succeeded","total":0,"text":""}',
        ),
        (
            Event(EventKind.RETRIED, "429\x1b", ADDRESS),
            "retried uipath/Dataset/a: 429\\x1b",
            '{"event":"retried","address":"uipath/Dataset/a","status":null,"total":0,"text":"429\\u001b"}',
        ),
        (
            Event(EventKind.PLANNED, total=3),
            "planned",
            '{"event":"planned","address":null,"status":null,"total":3,"text":""}',
        ),
    ],
)
def test_events(event: Event, text: str, json: str) -> None:
    assert event_text(event) == text
    assert event_json(event) == json
