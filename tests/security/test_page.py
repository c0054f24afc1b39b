"""SECURITY.md names the test of each promise; here it is seen that there are such tests."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_promise_has_a_test_that_is_there() -> None:
    rows = [
        line.rsplit("|", 2)[1] for line in PAGE.split("## What is not promised")[0].splitlines() if line.count("|") == 3
    ]
    kept = [re.findall("`([^`]+)`", row) for row in rows if "kept by" not in row and "---" not in row]
    assert len(kept) > 15
    for names in kept:
        assert names
        for name in names:
            assert any((ROOT / folder / name).exists() for folder in ("", "tests/security")), name


def test_every_module_here_is_named() -> None:
    for path in Path(__file__).parent.glob("test_*.py"):
        assert path.name == Path(__file__).name or f"`{path.name}`" in PAGE, path.name
