"""Saved plans with rows, and rows that change between the plan and its apply: nothing is sent that wasn't approved."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from dsops import engine
from dsops.engine import Applied, Options
from dsops.model import DsopsError, Plan
from tests.conformance.evaluations import FAQ, Evaluations, at, evaluation
from tests.conformance.stage import CANARY, Json, Stage, same_calls, statuses

BEFORE = [["same", "a"], ["edited", "a"], ["gone", "a"], ["old", "x"]]
AFTER = [["same", "a"], ["edited", "b"], ["new", "x"], ["made 1", "c"], ["made 2", "c"]]
CALLS = ["DELETE dataSetRow", "POST dataSetRow/FileUpload 2", "PUT dataSetRow", "PUT dataSetRow"]


@pytest.fixture
def evals(stage: Stage) -> Evaluations:
    """Return a stack that was applied, with other rows declared by now, and a second dataset that is new."""
    evals = at(stage.folder, stage.emulator).begin(BEFORE)
    evals.apply()
    evals.declare(evaluation(), evaluation("other", file="rows/other.jsonl"))
    evals.write(AFTER).write([["q", "a"]], "rows/other.jsonl")
    return evals


@pytest.fixture
def saved(evals: Evaluations) -> Evaluations:
    evals.plan("--save", "it.plan")
    return evals


def applies(evals: Evaluations, code: int = 0) -> tuple[Json, list[str]]:
    """Apply the plan; return the report, and what was sent but for the second dataset."""
    since = len(evals.writes())
    report = evals.run("apply", "it.plan", "--format", "json", code=code).json
    return report, [each for each in evals.sent(since) if each != "POST FileUpload 1"]


def test_it_needs_no_manifest_and_no_file(evals: Evaluations, tmp_path: Path) -> None:
    plan = evals.plan("--save", "it.plan")
    shown = evals.run("show", "it.plan", "--format", "json").json
    assert shown == plan
    kept = {path: path.read_bytes() for path in (evals.folder / "rows").iterdir()}
    shutil.rmtree(evals.folder / "rows")
    (evals.folder / "resources.yaml").rename(tmp_path / "resources.yaml")
    since = len(evals.writes())
    evals.run("apply", "it.plan")
    same_calls(plan, evals.writes()[since:])
    assert evals.answers() == dict(AFTER)
    (tmp_path / "resources.yaml").rename(evals.folder / "resources.yaml")
    (evals.folder / "rows").mkdir()
    for path, content in kept.items():
        path.write_bytes(content)
    evals.settled()


def test_it_sends_what_was_saved_whatever_the_file_says_now(saved: Evaluations) -> None:
    saved.write([["same", "something else"]])
    assert applies(saved)[1] == CALLS
    assert saved.answers() == dict(AFTER)


def test_it_is_applied_once(saved: Evaluations) -> None:
    applies(saved)
    since = len(saved.writes())
    assert "already been applied" in saved.run("apply", "it.plan", code=1).err
    assert len(saved.writes()) == since


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (("PUT", "edited", {"dataSetRowExpectedAnswer": "theirs"}), "changed since"),
        (("PUT", "gone", {"dataSetRowContextDocument": "theirs"}), "changed since"),
        (("PUT", "old", {"filterVariables": []}), ""),
        (("DELETE", "edited", None), "is gone since"),
        (("DELETE", "old", None), "is gone since"),
        (("ADD", "made 1", None), "are there now"),
    ],
    ids=["edited", "to-go", "put-without-effect", "edited-is-gone", "renamed-is-gone", "to-be-made"],
)
def test_it_is_refused_where_a_touched_row_changed_since(
    saved: Evaluations, act: tuple[str, str, Json], reason: str
) -> None:
    method, row, body = act
    if method == "ADD":
        saved.add([row, "theirs"])
    else:
        saved.meddle(method, f"/dataSet/{{faq}}/dataSetRow/{{faq/{row}}}", body)
    there = saved.rows()
    report, sent = applies(saved, 3 if reason else 0)
    assert statuses(report) == {"Dataset/faq": "failed" if reason else "succeeded", "Dataset/other": "succeeded"}
    if reason:
        assert reason in report["outcomes"][0]["reason"]
        assert sent == []
        assert saved.rows() == there
    saved.apply()
    assert saved.answers() == dict(AFTER)


def test_rows_that_it_does_not_touch_may_change(saved: Evaluations) -> None:
    saved.meddle("PUT", "/dataSet/{faq}/dataSetRow/{faq/same}", {"dataSetRowExpectedAnswer": "theirs"})
    saved.add(["theirs", "t"])
    assert applies(saved)[1] == CALLS
    assert saved.answers() == {**dict(AFTER), "same": "theirs", "theirs": "t"}
    saved.apply()
    assert saved.answers() == dict(AFTER)


def test_rows_at_their_target_are_skipped(saved: Evaluations) -> None:
    saved.meddle("PUT", "/dataSet/{faq}/dataSetRow/{faq/edited}", {"dataSetRowExpectedAnswer": "b"})
    saved.meddle("DELETE", "/dataSet/{faq}/dataSetRow/{faq/gone}")
    saved.add(["made 1", "c"], ["made 2", "c"])
    report, sent = applies(saved)
    assert set(statuses(report).values()) == {"succeeded"}
    assert sent == ["PUT dataSetRow"]
    assert saved.answers() == dict(AFTER)
    saved.settled()


def test_a_dataset_that_is_gone_or_another_one_is_refused(saved: Evaluations) -> None:
    saved.meddle("DELETE", "/dataSet/{faq}")
    saved.meddle("POST", "/dataSet", {"dataSetName": "faq"})
    report, sent = applies(saved, 3)
    assert (statuses(report)["Dataset/faq"], sent) == ("failed", [])


def test_one_that_was_made_meanwhile_is_not_taken_for_ours(saved: Evaluations) -> None:
    saved.meddle("POST", "/dataSet", {"dataSetName": "other"})
    report, _ = applies(saved, 3)
    assert statuses(report) == {"Dataset/faq": "succeeded", "Dataset/other": "failed"}
    assert saved.rows("other") == []


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "{faq/edited}"), ("POST", "FileUpload"), ("DELETE", "{faq/gone}")]
)
def test_applied_again_it_does_the_rest(saved: Evaluations, method: str, path: str) -> None:
    known = saved.ids()
    path = path.replace("{faq/edited}", known["faq/edited"]).replace("{faq/gone}", known["faq/gone"])
    path = "dataSetRow/FileUpload$" if method == "POST" else path
    saved.emulator.fault("error_before", method=method, path=path, status=422)
    assert len(applies(saved, 3)[1]) == len(CALLS)
    shutil.rmtree(saved.folder / "rows")
    assert [each.partition(" ")[0] for each in applies(saved)[1]] == [method]
    assert saved.answers() == dict(AFTER)


# -- while somebody is asked


def asked(evals: Evaluations, meanwhile: Callable[[], object]) -> Applied:
    """Apply as somebody would who looks at the plan while ``meanwhile`` happens, and says yes."""

    def approve(plan: Plan) -> bool:
        assert plan.changes
        meanwhile()
        return True

    with patch.dict(os.environ, {"CM_TOKEN": CANARY}):
        return asyncio.run(engine.apply(evals.workspace(), Options("dsops apply"), lambda _: None, approve))


def reasons(applied: Applied) -> dict[str, str]:
    """Return why changes were not done, by name."""
    assert applied.report is not None
    return {each.address.name: each.reason for each in applied.report.outcomes if each.reason}


def test_nothing_happens_meanwhile(evals: Evaluations) -> None:
    assert reasons(asked(evals, lambda: None)) == {}
    assert evals.answers() == dict(AFTER)
    evals.settled()


def test_a_row_changes_meanwhile(evals: Evaluations) -> None:
    def change() -> None:
        evals.meddle("PUT", "/dataSet/{faq}/dataSetRow/{faq/edited}", {"dataSetRowExpectedAnswer": "theirs"})

    assert "changed since the plan was made" in reasons(asked(evals, change))["faq"]
    assert evals.answers() == {**dict(BEFORE), "edited": "theirs"}
    assert evals.answers("other") == {"q": "a"}


def rewritten(evals: Evaluations) -> None:
    """Write other rows; the new file is as long as the old one, and as old."""
    path = evals.folder / FAQ
    was, content = path.stat(), path.read_text(encoding="utf-8")
    path.write_text(content.replace('"b"', '"B"').replace('"c"', '"C"').replace('"x"', '"X"'), encoding="utf-8")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        rewritten,
        lambda evals: evals.write([*AFTER, ["more", "a"]]),
        lambda evals: evals.write([]),
        lambda evals: (evals.folder / FAQ).unlink(),
    ],
    ids=["rewritten", "longer", "emptied", "removed"],
)
def test_a_file_changes_meanwhile(evals: Evaluations, change: Callable[[Evaluations], object]) -> None:
    """Nothing of the file is sent; what was approved and needs none of it may be: a row that goes."""
    since = len(evals.writes())
    try:
        why = reasons(asked(evals, lambda: change(evals)))
    except DsopsError as refused:
        why = {"faq": str(refused)}
        assert len(evals.writes()) == since, "refused before anything was sent"
    assert f"{FAQ} changed since" in why["faq"]
    assert {**evals.answers(), "gone": "a"} == dict(BEFORE)
    evals.write(AFTER).apply()
    assert evals.answers() == dict(AFTER)
    evals.settled()


def test_a_file_changes_between_its_two_readings(evals: Evaluations) -> None:
    """Rows are read to be compared, and those that differ again to be hashed: it changes while live ones are read."""
    folder, since = evals.folder, len(evals.writes())
    evals.emulator.fault("hold", method="GET", path=f"/dataSet/{evals.ids()['faq']}$")
    with patch.dict(os.environ, {"CM_TOKEN": CANARY}):
        workspace = evals.workspace()

        async def plan_meanwhile() -> None:
            planning = asyncio.create_task(engine.plan(workspace, Options("dsops plan"), lambda _: None))
            await asyncio.to_thread(evals.emulator.wait_until_held)
            (folder / FAQ).write_text("", encoding="utf-8")
            await asyncio.to_thread(evals.emulator.release)
            await planning

        with pytest.raises(DsopsError, match=f"{FAQ} changed"):
            asyncio.run(plan_meanwhile())
    assert len(evals.writes()) == since
