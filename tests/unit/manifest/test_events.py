"""YAML text to values, with libyaml and without."""

import textwrap
from typing import Any

import pytest

from dsops.manifest import parse
from dsops.manifest.events import DEEPEST, MOST_ALIASES, MOST_EXPANDED
from dsops.manifest.source import LARGEST_FILE

pytestmark = pytest.mark.usefixtures("parser")


def values(text: str | bytes) -> list[Any]:
    parsed = parse(text if isinstance(text, bytes) else textwrap.dedent(text).encode(), "a.yaml")
    assert parsed.diagnostics == ()
    return [each.value for each in parsed.documents]


def errors(text: str | bytes) -> list[str]:
    parsed = parse(text if isinstance(text, bytes) else text.encode(), "a.yaml")
    return [f"{each.source} {each.summary}" for each in parsed.diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: 'no'\nb: \"1\"\nc: |\n  2\n", {"a": "no", "b": "1", "c": "2\n"}),
        ("a:\nb: ~", {"a": None, "b": None}),
        ("a: [1, {b: c}, []]", {"a": [1, {"b": "c"}, []]}),
        ('"8": x\n"null": y', {"8": "x", "null": "y"}),
        ("yes: 1\nno: 2", {"yes": 1, "no": 2}),
        ("? a\n: b", {"a": "b"}),
        ("%YAML 1.2\n---\na: b", {"a": "b"}),
        ("--- {a: b}", {"a": "b"}),
        ("\ufeffa: b", {"a": "b"}),
        ("a: b\r\nc: d\r\n", {"a": "b", "c": "d"}),
        ("a: ${var.x} b", {"a": "${var.x} b"}),
        ("a: '\\ud800'", {"a": "\\ud800"}),
        ("ä: \N{GRINNING FACE}", {"ä": "\N{GRINNING FACE}"}),
    ],
)
def test_one_document(text: str, value: object) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n", "--- ~\n"])
def test_empty_documents_are_nothing(text: str) -> None:
    assert values(text) == []


def test_several_documents() -> None:
    assert values("a: 1\n---\n---\n# c\n---\nb: 2\n...\n---\nc: 3\n") == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_where_documents_begin() -> None:
    parsed = parse(b"# x\na: 1\n---\n# y\n\nb: 2\n--- {c: 3}\n", "a.yaml")
    assert [str(each.source) for each in parsed.documents] == ["a.yaml:2:1", "a.yaml:6:1", "a.yaml:7:5"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}", {"a": 1, "b": 3}),
        ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}", {"a": 1, "b": 3}),
        ("x: [&x {a: 1}, &z {a: 2, c: 3}]\ny: {<<: [*x, *z]}", {"a": 1, "c": 3}),
        ("x: [&x {a: 1}, &z {a: 2, c: 3}]\ny: {<<: *x, <<: *z}", {"a": 1, "c": 3}),
        ('x: &x {a: 1}\ny: {"<<": b}', {"<<": "b"}),
        ("x: &x {a: 1}\ny: {<<: {d: 4}}", {"d": 4}),
        ("x: &x {a: 1}\ny: {<<: []}", {}),
    ],
)
def test_merge_keys(text: str, value: object) -> None:
    assert values(text)[0]["y"] == value


def test_aliases() -> None:
    assert values("a: &a [1, 2]\nb: *a\nc: &k key\n*k : d\n") == [{"a": [1, 2], "b": [1, 2], "c": "key", "key": "d"}]


def test_an_anchor_lives_in_its_document() -> None:
    assert errors("a: &a 1\n---\nb: *a\n") == ["a.yaml:3:4 The alias *a has no anchor"]
    assert values("a: &a 1\n---\nb: &a 2\nc: *a\n")[1] == {"b": 2, "c": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1 The key a is given twice, in line 1 and in line 3"),
        ("x:\n  - {a: 1, a: 2}", "a.yaml:2:12 The key a is given twice, in line 2 and in line 2"),
        ("a: !!str 1", "a.yaml:1:4 The tag !!str is not allowed"),
        ("a: !mine {b: 1}", "a.yaml:1:4 The tag !mine is not allowed"),
        ("a: ! b", "a.yaml:1:4 The tag ! is not allowed"),
        (
            "a: !!python/object/apply:os.system ['true']",
            "a.yaml:1:4 The tag !!python/object/apply:os.system is not allowed",
        ),
        ("8: a", "a.yaml:1:1 The key 8 is not text"),
        ("true: a", "a.yaml:1:1 The key true is not text"),
        ("~: a", "a.yaml:1:1 The key ~ is not text"),
        ("? \n: a", "a.yaml:1:2 A key is missing or is no text"),
        ("? [a]\n: b", "a.yaml:1:3 A key is missing or is no text"),
        ("? {a: b}\n: b", "a.yaml:1:3 A key is missing or is no text"),
        ("&a : b", "a.yaml:1:1 A key is missing or is no text"),
        ("010: a", "a.yaml:1:1 A number begins with a zero: YAML 1.1 reads it as octal, YAML 1.2 as decimal"),
        ("a: 010", "a.yaml:1:4 A number begins with a zero: YAML 1.1 reads it as octal, YAML 1.2 as decimal"),
        ("a: .inf", "a.yaml:1:4 JSON has no such number"),
        ("a: *b", "a.yaml:1:4 The alias *b has no anchor"),
        ("a: &a [*a]", "a.yaml:1:8 The alias *a stands inside the value that it means"),
        ("a: &a 1\nb: &a 2", "a.yaml:2:4 The anchor &a is defined twice in this document"),
        ("a: {<<: 1}", "a.yaml:1:9 << merges maps into this one, and what it names is no map"),
        ("a: {<<: [1]}", "a.yaml:1:9 << merges maps into this one, and what it names is no map"),
    ],
)
def test_a_document_that_breaks_a_rule(text: str, message: str) -> None:
    assert errors(text) == [message]


def test_all_that_is_wrong_at_once() -> None:
    parsed = parse(b"a: !x 1\nb: 010\nb: 2\n---\nc: 1\n", "a.yaml")
    assert [each.source.line for each in parsed.diagnostics if each.source] == [1, 2, 3]
    assert [(each.value, each.sound) for each in parsed.documents] == [({"a": 1, "b": None}, False), ({"c": 1}, True)]


@pytest.mark.parametrize(
    ("text", "place", "summary"),
    [
        ("a:\n\tb: c\n", "a.yaml:2:1", "A tab is used for indentation"),
        ("a: [b\nc: d\n", "a.yaml:2:2", "A list in [ ] is not closed"),
        ("a: {b: c\n", "a.yaml:2:1", "A map in { } is not closed"),
        ("a: b: c\n", "a.yaml:1:5", "A colon stands where no key can be"),
        ("a: 'b\n", "a.yaml:2:1", "A quote or bracket is never closed"),
        ('a: "\\q"\n', "a.yaml:1:5", 'An escape that YAML does not know stands in "..."'),
        ("a: 1\n  b: 2\n", "a.yaml:2:4", "A colon stands where no key can be"),
        ("a:\n  b: 1\n c: 2\n", "a.yaml:3:2", "The indentation does not fit"),
        ("a: @b\n", "a.yaml:1:4", "This is not YAML"),
    ],
)
def test_syntax_errors_in_plain_words(text: str, place: str, summary: str) -> None:
    (only,) = parse(text.encode(), "a.yaml").diagnostics
    assert only.summary == summary
    assert str(only.source).startswith(place.rsplit(":", 1)[0])


def test_a_syntax_error_keeps_the_documents_before_it() -> None:
    parsed = parse(b"a: 1\n---\nb: [\n", "a.yaml")
    assert [each.value for each in parsed.documents] == [{"a": 1}]
    assert len(parsed.diagnostics) == 1


def test_an_unquoted_reference_between_brackets_is_explained() -> None:
    (only,) = parse(b"a: {b: ${var.x}}\n", "a.yaml").diagnostics
    assert '"${var.name}"' in only.hint


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: b\nc: \xff\n", "a.yaml:2:4 The file is not UTF-8"),
        ("a: b\n\ufeffc: d\n".encode(), "a.yaml:2:1 A byte order mark stands inside the file"),
        ("\ufeff\ufeffa: b".encode(), "a.yaml:1:1 A byte order mark stands inside the file"),
        (b"a: b\nc\x00: d\n", "a.yaml:2:2 The file holds a NUL character"),
        ("a: b".encode("utf-16"), "a.yaml:1:1 a.yaml is UTF-16"),
        (b"\xfe\xff\x00a", "a.yaml:1:1 a.yaml is UTF-16"),
        (b"a: b\nc: d\x07\n", "a.yaml:2:5 The file holds a character that YAML does not allow (U+0007)"),
        ("a: b\xe4\nc: \x1b\n".encode(), "a.yaml:2:4 The file holds a character that YAML does not allow (U+001B)"),
    ],
)
def test_bytes_that_are_no_yaml_text(raw: bytes, message: str) -> None:
    assert errors(raw) == [message]


def test_half_a_character_is_refused() -> None:
    (message,) = errors('a: "\\ud800"\n')
    assert message.startswith("a.yaml:1:")


def test_a_file_has_a_largest_size() -> None:
    (message,) = errors(b" " * (LARGEST_FILE + 1))
    assert message == "a.yaml:1:1 a.yaml is too large for a manifest"


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 500])
def test_depth_is_bounded(text: str) -> None:
    (message,) = errors(text)
    assert message.endswith(f"More than {DEEPEST} maps and lists stand inside each other")


def test_the_deepest_that_is_read() -> None:
    assert values("[" * DEEPEST + "]" * DEEPEST)
    assert errors("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))


def test_aliases_do_not_reach_deeper() -> None:
    half = DEEPEST // 2
    text = "a: &a " + "[" * half + "]" * half + "\nb: &b " + "[" * (half - 1) + "*a" + "]" * (half - 1)
    assert values(text)
    assert errors(f"{text}\nc: [*b]\n") == [f"a.yaml:3:5 More than {DEEPEST} maps and lists stand inside each other"]


def test_an_alias_bomb_is_an_error() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (message,) = errors("\n".join(lines))
    assert message.endswith("The aliases of this file stand for too much")


def test_a_merge_bomb_is_an_error() -> None:
    fields = ", ".join(f"k{n}: {n}" for n in range(1000))
    merges = "\n".join(f"m{n}: {{<<: *a}}" for n in range(MOST_EXPANDED // 1000))
    (message,) = errors(f"a: &a {{{fields}}}\n{merges}\n")
    assert message.endswith("The aliases of this file stand for too much")


def test_many_aliases_are_an_error() -> None:
    assert errors("a: &a 1\nb: [" + "*a, " * MOST_ALIASES + "]\n") == []
    (message,) = errors("a: &a 1\nb: [" + "*a, " * (MOST_ALIASES + 1) + "]\n")
    assert message.endswith("The aliases of this file stand for too much")


def test_messages_obey_no_terminal() -> None:
    (only,) = parse(b'"\\e[31m": 1\n"\\e[31m": 2\n', "a.yaml").diagnostics
    assert only.summary == "The key \\x1b[31m is given twice, in line 1 and in line 2"
