"""What is rendered, word for word: golden/ holds it.

After a wanted change: UPDATE_GOLDEN=1 pytest tests/unit/render, and read the diff.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dsops.model import Plan
from dsops.render import (
    diagnostics_github,
    diagnostics_json,
    diagnostics_text,
    drift_github,
    drift_json,
    drift_markdown,
    drift_text,
    plan_json,
    plan_markdown,
    plan_text,
    report_json,
    report_text,
)
from tests.unit.render import samples, samples_rows

GOLDEN = Path(__file__).parent / "golden"

CASES: dict[str, Callable[[], str]] = {
    "plan.txt": partial(plan_text, samples.EVERYTHING),
    "plan-colour.ansi": partial(plan_text, samples.EVERYTHING, colour=True),
    "plan-full.txt": partial(plan_text, samples.ONLY_CREATES, full=True),
    "plan-nothing.txt": partial(plan_text, samples.NOTHING),
    "plan.json": partial(plan_json, samples.EVERYTHING),
    "plan.md": partial(plan_markdown, samples.EVERYTHING),
    "plan-nothing.md": partial(plan_markdown, samples.NOTHING),
    "drift.txt": partial(drift_text, samples.DRIFT),
    "drift-none.txt": partial(drift_text, samples.IN_SYNC),
    "drift.json": partial(drift_json, samples.DRIFT),
    "drift.md": partial(drift_markdown, samples.DRIFT),
    "drift.github": partial(drift_github, samples.DRIFT),
    "report.txt": partial(report_text, samples.REPORT),
    "report-done.txt": partial(report_text, samples.DONE),
    "report.json": partial(report_json, samples.EVERYTHING, samples.REPORT),
    "rows.txt": partial(plan_text, samples_rows.PLAN),
    "rows-colour.ansi": partial(plan_text, samples_rows.PLAN, colour=True),
    "rows-nothing.txt": partial(plan_text, samples_rows.NOTHING),
    "rows.md": partial(plan_markdown, samples_rows.PLAN),
    "rows-drift.txt": partial(drift_text, samples_rows.DRIFT),
    "rows-drift.json": partial(drift_json, samples_rows.DRIFT),
    "rows-drift.md": partial(drift_markdown, samples_rows.DRIFT),
    "rows-drift.github": partial(drift_github, samples_rows.DRIFT),
    "rows-report.txt": partial(report_text, samples_rows.REPORT),
    "diagnostics.txt": partial(diagnostics_text, samples.DIAGNOSTICS),
    "diagnostics-colour.ansi": partial(diagnostics_text, samples.DIAGNOSTICS, colour=True),
    "diagnostics.json": partial(diagnostics_json, samples.DIAGNOSTICS),
    "diagnostics.github": partial(diagnostics_github, samples.DIAGNOSTICS, folder="stacks/mail"),
}


@pytest.mark.parametrize("name", CASES)
def test_is_rendered_word_for_word(name: str) -> None:
    told = CASES[name]() + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(told, encoding="utf-8")
    assert told == (GOLDEN / name).read_text(encoding="utf-8")


def test_golden_holds_nothing_else() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith(".ansi")])
def test_nothing_a_terminal_would_obey_is_printed(name: str) -> None:
    told = CASES[name]()
    assert all(each.isprintable() or each == "\n" for each in told)
    assert all(line == line.rstrip() for line in told.splitlines())


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".json")])
def test_json_is_json(name: str) -> None:
    assert json.loads(CASES[name]())


@pytest.mark.parametrize("plan", [samples.EVERYTHING, samples_rows.PLAN])
def test_colour_changes_nothing_but_colour(plan: Plan) -> None:
    coloured = plan_text(plan, colour=True)
    for code in ("0", "1", "2", "31", "32", "33", "35", "36", "31;1", "32;1", "33;1", "35;1", "36;1", "2;1"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plan_text(plan)
