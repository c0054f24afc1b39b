"""Pages don't rot: links lead somewhere, files that are named exist, decisions are listed and have their four parts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(path for folder in ("specs", "examples") for path in (ROOT / folder).rglob("*.md"))]
DECISIONS = sorted((ROOT / "specs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
OURS = re.compile(r"`((?:dsops|schemas|specs|tests|examples)/[\w./-]+)`")


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", sorted(paths), ids=lambda page: str(page.relative_to(ROOT)))


@named(PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    links = {link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()}
    assert links == set()


@named(PAGES)
def test_files_that_are_named_exist(page: Path) -> None:
    assert {name for name in OURS.findall(page.read_text()) if not (ROOT / name).exists()} == set()


@named(DECISIONS)
def test_a_decision_has_its_four_parts_and_is_listed(page: Path) -> None:
    text = page.read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert re.search(r"^Status: (accepted|replaced by \[\d+\]\(\d{4}-[\w-]+\.md\))$", text, re.MULTILINE)
    assert f"({page.name})" in (page.parent / "README.md").read_text()
    assert text.startswith(f"# {int(page.name[:4])}. ")
