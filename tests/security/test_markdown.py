"""What is pasted into a pull request can't be broken out of: read as GitHub reads it, it has only what we put there."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dsops.model import Severity
from dsops.render.diagnostics import annotation
from dsops.render.plan_markdown import cell, code, fenced
from dsops.render.style import printable
from tests.security.house import House, house, of

NASTY = (
    "a|b", "a\\|b", "a\\\\|b", "|", "\\", "`", "``` x", "`|`\\|", "<img src=x onerror=alert(1)>", "<!-- x",
    "</details>", "</code>", "[x](http://evil.test)", "![x](http://evil.test)", "http://evil.test", "www.evil.test",
    "a@evil.test", "@somebody", "#1", "x\n\n# title\n\n| a |\n|---|", "\n```\n<b>", "&lt;&#x3c;&quot;", "*a* _b_ ~~c~~",
    "- [ ] x", "", " ", "\t", "~~~", "---", "a  \nb", "\x1b[31m", "<script>", ":rocket:", "$(id)", "{{x}}",
)  # fmt: skip
OURS = {"<details>", "<summary>", "</summary>", "</details>", "<br>", "<code>", "</code>", "<span>", "</span>"}
# How cmark-gfm divides a row: a backslash goes with whatever sign follows it; a bar that is left ends the cell.
_CELL = re.compile(r"(?:\\[!-/:-@\[-`{-~]|[^|\\]|\\)*")
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def parts(tokens: Sequence[Token]) -> Iterator[Token]:
    for each in tokens:
        yield each
        yield from parts(each.children or [])


def cells(row: str) -> int:
    """Count the cells of a row as GitHub does."""
    inside = row.strip().removeprefix("|").removesuffix("|")
    count, at = 1, 0
    while (at := _CELL.match(inside, at).end()) < len(inside):  # type: ignore[union-attr]
        count, at = count + 1, at + 1
    return count


def tame(markdown: str) -> None:
    """Check that there is no link, picture, title or tag but ours, and that every row has the cells of its table."""
    for token in parts(READER.parse(markdown)):
        assert token.type not in {"link_open", "image", "em_open", "strong_open_", "s_open"}, token
        if token.type in {"html_inline", "html_block"}:
            assert set(re.findall(r"<[^>]*>?", token.content)) <= OURS, token.content
        if token.type == "heading_open":
            assert token.map == [0, 1], token
    expected = 0
    for line in re.sub(r"(?ms)^(`{3,})[^\n]*\n.*?^\1$", "", markdown).split("\n"):
        if line.startswith("|"):
            expected = expected or cells(line)
            assert cells(line) == expected, line
        else:
            expected = 0


def test_the_reader_sees_what_is_wrong() -> None:
    for markdown in ("[a](b)", "![a](b)", "<img>", "x\n\n# a", "| a |\n|---|\n| a | b |", "| a |\n|---|\n| a\\\\|b |"):
        with pytest.raises(AssertionError):
            tame(markdown)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text(st.sampled_from("|\\`<>[]()!*_~&;#@:/.\n\r\x1b\u202e ab-="), max_size=12))
@example("a\\|b")
@example("`\\|")
def test_one_cell_is_one_cell(text: str) -> None:
    for shown in (code(text), cell(text)):
        table = f"| a | b |\n|---|---|\n| {shown} | end |"
        tame(table)
        assert "\n" not in shown
    inside = [token.content for token in parts(READER.parse(f"x {code(text)} y")) if token.type == "code_inline"]
    if text.strip(" ") and "|" not in text and "\n" not in text:
        assert inside == [printable(text)] or inside == [printable(text).strip(" ")]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.text(st.sampled_from("`~<>\n |-ab"), max_size=30))
def test_one_block_is_one_block(text: str) -> None:
    tokens = READER.parse(f"{fenced(text)}\n\nend")
    assert [each.type for each in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content == f"{text}\n"


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
@example("a,line=2::b", "::error::x\n::stop-commands::y")
@example("%0A::error::x", "%25\r::x")
def test_one_annotation_is_one_annotation(file: str, message: str) -> None:
    line = annotation(Severity.ERROR, "dsops", message, file=file, line=1)
    assert line.isprintable()
    found = re.fullmatch(r"::error (?P<properties>[^:]*)::(?P<message>.*)", line)
    assert found is not None
    properties = dict(each.split("=", 1) for each in found["properties"].split(","))
    assert set(properties) == ({"file"} if file else set()) | {"line", "title"}
    told = found["message"].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert told == "".join(each if each in "\r\n" else printable(each) for each in message)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        made.stack()
        yield made


def test_plans_and_drift(home: House) -> None:
    """The real documents, with everything nasty in every place."""

    def declare(extra: str) -> None:
        rows = [{"input": f"{number} {each}", "expectedAnswer": f"{extra}{each}"} for number, each in enumerate(NASTY)]
        home.write(
            "all.yaml",
            *(
                of("uipath", "Dataset", f"d{number}", project="p", title=f"{extra}{each}" or "-", description=each)
                for number, each in enumerate(NASTY)
            ),
            of(
                "geai", "Dataset", "faq", type="E", active=True, description=extra, rows={"key": "input", "items": rows}
            ),
        )

    declare("")
    tame(home.run("plan", "--format", "markdown", "--full").out)
    home.run("apply", "--auto-approve")
    declare("more ")
    tame(home.run("plan", "--format", "markdown", "--full").out)
    tame(home.run("drift", "--format", "markdown", "--full", code=(0, 2)).out)
    tame(home.run("dataset", "list", "--connection", "cm", "--format", "markdown").out)
    tame(home.run("dataset", "get", "d1", "--format", "markdown").out)
    home.run("state", "rm", "uipath/Dataset/d0", "geai/Dataset/faq")
    (home.folder / "all.yaml").unlink()
    tame(home.run("plan", "--format", "markdown", "--full").out)
    tame(home.run("drift", "--format", "markdown", "--full", code=(0, 2)).out)
