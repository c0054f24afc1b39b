"""Saved plans: made, shown, applied once, and only to what is still as it was read."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conformance.stage import Stage, actions, dataset, same_calls, statuses, stream
from tests.support import run_dsops


def test_saved_shown_applied(stage: Stage, tmp_path: Path) -> None:
    stage.declare(dataset(title="A"), stream(description="${uipath/Dataset/collateral.id}"))
    saved = stage.process("plan", "--save", "it.plan", "--format", "json")
    away = tmp_path / "away"
    away.mkdir()
    shutil.move(stage.folder / "it.plan", away / "it.plan")
    assert run_dsops("show", "it.plan", "--format", "json", cwd=away).ok().out == saved.out
    for form in ("text", "markdown"):
        assert (
            run_dsops("show", "it.plan", "--format", form, cwd=away).ok().out == stage.run("plan", "--format", form).out
        )
    stage.process("apply", away / "it.plan")
    same_calls(saved.json, stage.writes())
    stage.settled()


def test_the_same_plan_is_the_same_bytes(stage: Stage) -> None:
    stage.declare(
        dataset(title="A", sourceIds=["ffffffffffffffff", "0000000000000000"]), *(stream(f"s{n}") for n in range(9))
    )
    first, second = (stage.process("plan", "--format", "json", "--save", f"{n}.plan") for n in (1, 2))
    assert first.out == second.out
    assert (stage.folder / "1.plan").read_bytes() == (stage.folder / "2.plan").read_bytes()
    stage.apply()
    stage.declare(dataset(title="B"))
    first, second = (stage.process("plan", "--format", "json") for _ in range(2))
    assert first.out == second.out


def test_a_plan_is_applied_once(stage: Stage) -> None:
    stage.declare(dataset()).plan("--save", "it.plan")
    stage.run("apply", "it.plan")
    stage.delete("project1/collateral")
    before = len(stage.writes())
    assert stage.run("apply", "it.plan", code=1).out.count("succeeded") == 0
    assert len(stage.writes()) == before


def test_a_plan_of_another_serial_is_refused(stage: Stage) -> None:
    stage.declare(dataset()).plan("--save", "first.plan")
    stage.declare(dataset(), dataset("other")).apply()
    assert "another state" in stage.run("apply", "first.plan", code=1).err
    stage.declare(dataset(title="A"), dataset("other")).plan("--save", "second.plan")
    stage.declare(dataset(), dataset("other", title="B")).apply()
    assert "another state" in stage.run("apply", "second.plan", code=1).err
    assert stage.dataset("project1/collateral")["title"] == ""


def test_what_changed_since_is_refused_and_the_rest_done(stage: Stage) -> None:
    stage.declare(dataset(), dataset("other"), dataset("third")).apply()
    changed = [dataset(title="A"), dataset("other", title="B"), dataset("third", title="C"), dataset("fourth")]
    stage.declare(*changed).plan("--save", "it.plan")
    stage.post("project1/collateral", {"dataset": {"title": "Theirs"}})
    stage.post("project1/third", {"dataset": {"title": "C"}})
    stage.put("project1/fourth", {"dataset": {}})
    before = len(stage.writes())
    report = stage.run("apply", "it.plan", "--format", "json", code=3).json
    assert statuses(report) == {
        "Dataset/collateral": "failed",
        "Dataset/fourth": "failed",
        "Dataset/other": "succeeded",
        "Dataset/third": "succeeded",
    }
    reasons = {each["address"]: each["reason"] for each in report["outcomes"]}
    assert reasons["uipath/Dataset/collateral"] == "it changed since the plan was made"
    assert "exists now" in reasons["uipath/Dataset/fourth"]
    assert "uipath/Dataset/fourth" not in stage.recorded()
    assert [each["path"] for each in stage.writes()[before:]] == ["/api/v1/datasets/project1/other"]
    assert stage.dataset("project1/collateral")["title"] == "Theirs"


def test_on_error_stop_begins_nothing_where_a_change_is_refused(stage: Stage) -> None:
    stage.declare(dataset(), dataset("other")).apply()
    stage.declare(dataset(title="A"), dataset("other", title="B")).plan("--save", "it.plan")
    stage.post("project1/collateral", {"dataset": {"title": "Theirs"}})
    before = len(stage.writes())
    stop = ("apply", "it.plan", "--on-error", "stop", "--format", "json")
    report = stage.run(*stop, code=3).json
    assert statuses(report) == {"Dataset/collateral": "failed", "Dataset/other": "skipped"}
    assert stage.writes()[before:] == []


def test_a_plan_that_is_applied_again_does_the_rest(stage: Stage) -> None:
    stage.declare(dataset(), dataset("other")).plan("--save", "it.plan")
    stage.emulator.fault("error_before", method="PUT", path="/other$", status=422)
    stage.run("apply", "it.plan", code=3)
    stage.run("apply", "it.plan", code=0)
    assert [each["name"] for each in stage.emulator.datasets()] == ["collateral", "other"]
    stage.settled()


def test_a_plan_to_destroy_can_be_saved(stage: Stage) -> None:
    stage.declare(dataset(), stream()).apply()
    plan = stage.plan("--destroy", "--save", "it.plan")
    assert actions(plan) == {"Dataset/collateral": "delete undeclared", "Stream/dispute": "delete undeclared"}
    stage.run("apply", "it.plan")
    assert stage.emulator.datasets() == []


def test_an_empty_plan_can_be_saved_and_applied(stage: Stage) -> None:
    stage.declare(dataset()).apply()
    stage.plan("--save", "it.plan", code=0)
    assert "No changes" in stage.run("apply", "it.plan").out


@pytest.mark.parametrize("damage", ["cut", "edited"])
def test_a_damaged_plan_is_refused(stage: Stage, damage: str) -> None:
    stage.declare(dataset(title="Safe")).plan("--save", "it.plan")
    path = stage.folder / "it.plan"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-20] if damage == "cut" else text.replace("Safe", "Evil"), encoding="utf-8")
    for command in ("show", "apply"):
        done = stage.run(command, "it.plan", code=1)
        assert done.out == ""
        assert "this saved plan can't be used" in done.err
    assert stage.writes() == []


def test_a_plan_of_another_environment_stays_there(stage: Stage) -> None:
    stage.declare(dataset())
    (stage.folder / "env").mkdir()
    (stage.folder / "env" / "prod.yaml").write_text(
        json.dumps(
            {
                "apiVersion": "uipath/v1",
                "kind": "Dataset",
                "metadata": {"name": "collateral"},
                "spec": {"title": "Prod"},
            }
        )
    )
    stage.plan("--env", "prod", "--save", "prod.plan")
    stage.run("apply", "prod.plan")
    assert stage.recorded() == []
    assert stage.run("state", "list", "--env", "prod").out.startswith("uipath/Dataset/collateral")
