"""The law of the plain reader: what it reads it reads as the parser does, and to what it can't read it says nothing."""

# ruff: noqa: E501 - pools of values

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsops.manifest import plain
from dsops.manifest.events import parse_events
from dsops.manifest.places import walk

_KEYS = [
    "a",
    "b",
    "name",
    "on",
    "null",
    "x y",
    "Dispute > Valuation",
    "a-b",
    "a/b.c",
    "é",
    '"q"',
    "'s t'",
    '"no"',
    "<<",
    "1",
]
_VALUES = [
    "x", "no", "true", "null", "~", "1", "-1", "0.5", "1e3", "010", ".5", "+1", "1:30", "2024-01-01", "a b", "a  b", "a:b",
    "http://x/y", "a#b", "a,b", "$x", "${var.x}", "${env:X}", "(x)", "é", '"q"', '"a: b # c"', "'s'", "'a: b'", '""', "''", "'a''b'",
    '"a\\nb"', "...", "---", "- x", "-x", "--", "?", "? x", "*x", "&x y", "!t x", "|", ">", "@x", "%x", "`x", "a: b", "a #b", "a :b", "a:",
    "[]", "{}", "[a, b]", "[a, [b, 1]]", "{x: y}", '{"x": 1, y: [no, ~]}', "{x: {y: z}}", "[a,b]", "[a, ]", "{a}", "{a: }", "{a: b, a: c}", "[a b, c-d]",
    "{x:y}", '{"x":1}', "[a: b]", "[a", "[a]]", "[a] b", "{x: y} # c", "[http://x]", "[#a]", "[-1, - 1]", "{x: a:b}", "[a:, b]", "[?, b]", "{, a: b}",
    "010", "0x1F", ".inf", "99999999999999999999", "x # c", "x  #c", "#", "# c", "x#",
]  # fmt: skip
_ENDS = ["", " ", "  ", " # c", " #", "#", "\t", "\r"]

_fields = st.builds("{}{}{}{}".format, st.sampled_from(_KEYS), st.sampled_from([": ", ":", ":  ", " : "]),
                    st.sampled_from(["", *_VALUES]), st.sampled_from(_ENDS))  # fmt: skip
_items = st.builds(
    "-{}{}{}".format, st.sampled_from([" ", "", "  "]), st.sampled_from(["", *_VALUES]), st.sampled_from(_ENDS)
)
_others = st.sampled_from(
    [
        "",
        "  ",
        "# c",
        "  # c",
        "---",
        "--- ",
        "--- # c",
        "--- x",
        "---x",
        "...",
        "%YAML 1.2",
        "x",
        "é",
        "\ufeff",
        "\x85",
        "\u2028",
    ]
)
_indents = st.sampled_from(["", "", "", "  ", "  ", "    ", " ", "      "])
_lines = st.builds("{}{}".format, _indents, _fields | _fields | _items | _others)
_mixed = st.lists(_lines, max_size=12).map("\n".join)

# Lines that hold nothing a plain reader refuses, at indentations that mostly fit: many of these are read to their end.
_calm = st.builds(
    "{}{}: {}".format, st.sampled_from(["", "", "  ", "  ", "    "]), st.sampled_from(["a", "b", "c d", "e", "f", "'g'"]),
    st.sampled_from(["", "", "", "x", "1", "no", "[a, 0.5]", "{x: {y: z}}", '"q"', "a b"]),
)  # fmt: skip
_calm_texts = st.lists(
    _calm | st.sampled_from(["---", "# c", "", "- x", "  - y", "- [z]", "    - 1"]), max_size=14
).map("\n".join)


def _agrees(text: str) -> bool:
    """Compare the two readers; return whether the plain one read the text."""
    found = plain.read(text, "f.yaml")
    if found is None:
        return False
    parsed = parse_events(text, "f.yaml")
    assert parsed.diagnostics == ()
    assert [repr(value) for value, _ in found] == [repr(each.value) for each in parsed.documents]
    for (_, places), document in zip(found, parsed.documents, strict=True):
        assert places.start == document.source
        assert list(walk(places.outline)) == list(walk(document.places.outline))
    return True


@given(_mixed)
@example("a: x\n  b: y")
@example("a: x\n  y")
@example("a:\n- x\nb: y")
@example("a:\n  b:\n- x")
@example("a:\n- x\n- y\n  z: 1")
@example("a:\n- x\n  - y")
@example("# c\n\na: 1\n---\n---\n# c\n---\n\nb:\n")
@example("a:\n  - ''\n  - ''")
@example("a: [" * 40 + "]" * 40)
def test_what_is_read_without_a_parser_is_what_a_parser_reads(text: str) -> None:
    _agrees(text)


@given(_calm_texts)
def test_calm_texts_too(text: str) -> None:
    _agrees(text)


@pytest.mark.parametrize("value", _VALUES)
@pytest.mark.parametrize(
    "shape", ["a: {}", "a:\n- {}", "a: {} # c", "a: {}\nb: 1", "a:\n  b: {}\n---\nc: 1", "a: [{}, x]", "a: {{k: {}}}"]
)
def test_every_value_in_every_place(shape: str, value: str) -> None:
    _agrees(shape.format(value))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb:\n  c: x y\n  d: [a, {e: f}]\n# c\ng:\n- x\n- 'y'\nh: \"i: j\"",
        "---\na: 1\n---\n\nb: http://x:1/y # c\n",
        "Dispute > Valuation: 0.41\n'string:Country': {oneOf: [uk, de, no]}",
    ],
)
def test_what_manifests_are_made_of_is_read(text: str) -> None:
    assert _agrees(text)


def test_the_streams_of_the_example_are_plain(root: Path) -> None:
    files = list((root / "examples" / "support-mail" / "streams").glob("*.yaml"))
    assert files
    assert [each.name for each in files if not _agrees(each.read_text(encoding="utf-8"))] == []
