"""What must never happen by accident: deletes, replaces, adoptions, one object twice."""

import json
import shutil
from typing import Any

import pytest

from tests.conformance.stage import Json, Stage, actions, change, dataset, same_calls, statuses, stream

ALLOWED = {"replace": "allowed"}
PROTECTED = {"protect": True}


def many(count: int, **spec: Any) -> list[Json]:
    return [dataset(f"d{number}", **spec) for number in range(count)]


def guards(plan: Json) -> list[str]:
    return [each["name"] for each in plan["guards"]]


def confirmed(stage: Stage, plan: Json, code: int = 0) -> None:
    """Apply is refused, refused with a wrong id, and done with the right one."""
    before = len(stage.writes())
    refused = stage.run("apply", "--auto-approve", code=1)
    assert plan["planId"] in refused.out
    for each in plan["guards"]:
        assert each["name"] in refused.err
    wrong = stage.run("apply", "--auto-approve", "--confirm", "0" * 64, code=1)
    assert plan["planId"] in wrong.err
    assert len(stage.writes()) == before
    stage.apply("--confirm", plan["planId"], code=code)
    same_calls(plan, stage.writes()[before:])


# --- guards -----------------------------------------------------------------------------------------------------------


def test_more_deletes_than_max_deletes(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 2, "maxDeletePercent": 100}
    stage.declare(*many(5)).apply()
    stage.declare(*many(3)).apply()
    stage.declare(*many(5)).apply()
    plan = stage.declare(*many(2)).plan()
    assert guards(plan) == ["maxDeletes"]
    assert "--confirm" in plan["guards"][0]["hint"]
    confirmed(stage, plan)
    assert len(stage.emulator.datasets()) == 2


def test_a_replace_counts_as_a_delete(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 0}
    stage.declare(dataset(meta=ALLOWED, hasSentiment=True)).apply()
    plan = stage.declare(dataset(meta=ALLOWED, hasSentiment=False)).plan()
    assert guards(plan) == ["maxDeletes"]
    confirmed(stage, plan)
    assert stage.dataset("project1/collateral")["has_sentiment"] is False


def test_percentages_count_from_ten_objects_on(stage: Stage) -> None:
    stage.declare(*many(9, title="A")).apply()
    assert guards(stage.declare(*many(9, title="B")).plan()) == []
    assert guards(stage.declare(*many(5, title="A")).plan()) == []
    stage.declare(*many(10, title="A")).apply()
    assert guards(stage.declare(*many(7, title="A")).plan()) == []
    assert guards(stage.declare(*many(6, title="A")).plan()) == ["maxDeletePercent"]
    assert guards(stage.declare(*many(3, title="B"), *many(10, title="A")[3:]).plan()) == []
    plan = stage.declare(*many(4, title="B"), *many(10, title="A")[4:]).plan()
    assert guards(plan) == ["maxUpdatePercent"]
    confirmed(stage, plan)


def test_adopting_and_forgetting_do_not_count(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 0, "maxDeletePercent": 0, "maxUpdatePercent": 0}
    for number in range(10):
        stage.put(f"project1/d{number}", {"dataset": {"title": "theirs"}})
    plan = stage.declare(*many(10, title="ours", meta={"policy": ["update"]})).plan()
    assert (plan["summary"]["adopt"], guards(plan)) == (10, [])
    stage.apply()
    plan = stage.declare(*many(1, title="ours", meta={"policy": ["update"]})).plan()
    assert (plan["summary"]["forget"], guards(plan)) == (9, [])


def test_nothing_declared(stage: Stage) -> None:
    stage.declare(dataset()).apply()
    plan = stage.declare().plan()
    assert guards(plan) == ["nothingDeclared"]
    confirmed(stage, plan)
    assert stage.emulator.datasets() == []


def test_a_moved_endpoint(stage: Stage) -> None:
    stage.declare(dataset()).apply()
    stage.endpoint = stage.emulator.url.replace("127.0.0.1", "localhost")
    plan = stage.declare(dataset(), dataset("other")).plan()
    assert guards(plan) == ["endpointChanged"]
    confirmed(stage, plan)
    stage.settled()


def test_a_guarded_plan_can_be_saved_and_needs_its_id(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 0}
    stage.declare(dataset(), dataset("other")).apply()
    plan = stage.declare(dataset()).plan("--save", "it.plan")
    for args in ((), ("--confirm", "0" * 64)):
        assert stage.run("apply", "it.plan", *args, code=1).err != ""
    assert len(stage.emulator.datasets()) == 2
    stage.run("apply", "it.plan", "--confirm", plan["planId"])
    assert len(stage.emulator.datasets()) == 1


# --- what goes along --------------------------------------------------------------------------------------------------


def test_a_replace_says_what_is_lost_and_takes_the_streams_along(stage: Stage) -> None:
    declared = dataset(meta=ALLOWED, hasSentiment=True), stream(), stream("margin-call")
    stage.declare(*declared).apply()
    text = stage.declare(dataset(meta=ALLOWED, hasSentiment=False), *declared[1:]).run("plan").out
    assert "annotations" in text
    assert "position in the queue" in text
    plan = stage.plan()
    assert actions(plan) == {
        "Dataset/collateral": "replace create_only",
        "Stream/dispute": "replace parent_replaced",
        "Stream/margin-call": "replace parent_replaced",
    }
    assert any("uipath/Stream/dispute" in note for note in change(plan, "Dataset/collateral")["notes"])
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    stage.settled()


def test_a_replace_of_a_dataset_with_a_strangers_streams_names_them(stage: Stage) -> None:
    stage.declare(dataset(meta=ALLOWED, hasSentiment=True)).apply()
    stage.put("project1/collateral/streams", {"stream": {"name": "theirs"}})
    plan = stage.declare(dataset(meta=ALLOWED, hasSentiment=False)).plan()
    assert any("theirs" in note for note in change(plan, "Dataset/collateral")["notes"])
    stage.declare(dataset(hasSentiment=False))
    assert actions(stage.plan()) == {"Dataset/collateral": "blocked create_only"}


def test_a_dataset_that_holds_a_strangers_stream_is_deleted_when_confirmed(stage: Stage) -> None:
    stage.declare(dataset(), stream(), dataset("other")).apply()
    stage.put("project1/collateral/streams", {"stream": {"name": "theirs"}})
    plan = stage.declare(dataset("other")).plan()
    assert actions(plan) == {
        "Dataset/collateral": "blocked holds_unrecorded",
        "Stream/dispute": "delete undeclared",
    }
    notes = " ".join(change(plan, "Dataset/collateral")["notes"])
    assert "project1/collateral/theirs" in notes
    assert "--confirm" in notes
    assert "DELETE /api/v1/datasets/project1/collateral" in notes
    stage.apply(code=3)
    assert stage.stream("project1/collateral/theirs")
    plan = stage.plan()
    stage.run("apply", "--auto-approve", "--confirm", "0" * 64, code=1)
    stage.plan("--save", "it.plan")
    saved = stage.run("apply", "it.plan", "--confirm", plan["planId"], code=1)
    assert "a saved plan holds no calls for what it blocks" in saved.err
    assert statuses(stage.apply("--confirm", plan["planId"])) == {"Dataset/collateral": "succeeded"}
    assert [each["name"] for each in stage.emulator.datasets()] == ["other"]


def test_confirming_passes_no_guard_that_the_quoted_plan_did_not_show(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 0}
    stage.declare(dataset(), dataset("other")).apply()
    stage.put("project1/collateral/streams", {"stream": {"name": "theirs"}})
    plan = stage.declare(dataset("other")).plan()
    assert guards(plan) == []
    refused = stage.run("apply", "--auto-approve", "--confirm", plan["planId"], code=1)
    assert "maxDeletes, with what is confirmed" in refused.err
    assert stage.stream("project1/collateral/theirs")


def test_a_protected_stream_keeps_its_dataset(stage: Stage) -> None:
    stage.declare(dataset(), stream(meta=PROTECTED), stream("free"), dataset("other")).apply()
    assert actions(stage.declare(dataset("other")).plan()) == {
        "Dataset/collateral": "blocked holds_children",
        "Stream/dispute": "blocked protected",
        "Stream/free": "delete undeclared",
    }
    stage.apply(code=3)
    changed = dataset(meta=ALLOWED, hasSentiment=False)
    plan = stage.declare(changed, stream(meta=PROTECTED), dataset("other")).plan()
    assert actions(plan)["Dataset/collateral"] == "blocked holds_children"
    stage.apply(code=3)
    assert stage.stream("project1/collateral/dispute")


# --- destroy ----------------------------------------------------------------------------------------------------------


def test_destroy_deletes_children_first_and_is_not_counted(stage: Stage) -> None:
    stage.safety = {"maxDeletes": 0, "maxDeletePercent": 0}
    stage.declare(dataset(), stream(), *many(9)).apply()
    plan = stage.plan("--destroy")
    assert guards(plan) == []
    before = len(stage.writes())
    stage.process("destroy", "--auto-approve")
    same_calls(plan, stage.writes()[before:])
    assert stage.recorded() == []
    assert "No changes" in stage.run("plan", "--destroy").out


def test_destroy_leaves_what_is_protected(stage: Stage) -> None:
    stage.declare(dataset(meta=PROTECTED), stream(), dataset("other", meta={"policy": ["create"]})).apply()
    done = stage.run("destroy", "--auto-approve", code=3)
    assert "protect" in done.out
    assert stage.recorded() == ["uipath/Dataset/collateral"]
    assert {each["name"] for each in stage.emulator.datasets()} == {"collateral", "other"}


def test_destroy_of_a_target(stage: Stage) -> None:
    stage.declare(dataset(), stream(), stream("free"), dataset("other")).apply()
    stage.run("destroy", "--auto-approve", "--target", "uipath/Stream/free")
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Dataset/other", "uipath/Stream/dispute"]
    stage.run("destroy", "--auto-approve", "--target", "uipath/Dataset/collateral")
    assert stage.recorded() == ["uipath/Dataset/other"]
    assert [each["name"] for each in stage.emulator.datasets()] == ["other"]


# --- one object, one address ------------------------------------------------------------------------------------------


def test_two_documents_that_name_one_object(stage: Stage) -> None:
    stage.declare(dataset(), dataset("again", name="collateral"))
    for command in (("plan",), ("apply", "--auto-approve"), ("drift",)):
        done = stage.run(*command, code=1)
        assert done.out == ""
        assert "uipath/Dataset/again" in done.err
        assert "uipath/Dataset/collateral" in done.err
    assert stage.emulator.requests() == []


def test_a_renamed_address_is_adopted_without_a_call(stage: Stage) -> None:
    stage.declare(dataset(), stream()).apply()
    before = len(stage.writes())
    renamed = dataset("mail", name="collateral"), stream("disputes", name="dispute", dataset="mail")
    plan = stage.declare(*renamed).plan()
    assert actions(plan) == {"Dataset/mail": "adopt moved", "Stream/disputes": "adopt moved"}
    assert plan["summary"]["calls"] == 0
    assert "renamed, was uipath/Dataset/collateral" in stage.run("plan").out
    stage.apply()
    assert len(stage.writes()) == before
    assert stage.recorded() == ["uipath/Dataset/mail", "uipath/Stream/disputes"]
    stage.settled()


def test_a_renamed_address_with_a_new_title_is_one_call(stage: Stage) -> None:
    stage.declare(dataset(title="A"), stream()).apply()
    before = len(stage.writes())
    plan = stage.declare(dataset("mail", name="collateral", title="B"), stream(dataset="mail")).plan()
    assert actions(plan)["Dataset/mail"] == "adopt moved"
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    assert stage.recorded() == ["uipath/Dataset/mail", "uipath/Stream/dispute"]
    stage.settled()


def test_a_protected_object_may_be_renamed(stage: Stage) -> None:
    stage.declare(dataset(meta=PROTECTED)).apply()
    assert actions(stage.declare(dataset("mail", name="collateral", meta=PROTECTED)).plan()) == {
        "Dataset/mail": "adopt moved"
    }
    stage.apply()
    stage.declare(dataset("other"))
    assert actions(stage.plan())["Dataset/mail"] == "blocked protected"


# --- what exists ------------------------------------------------------------------------------------------------------


def test_adopting_shows_what_differs_and_the_calls(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {"title": "Theirs", "description": "Same"}})
    plan = stage.declare(dataset(title="Ours", description="Same")).plan()
    assert actions(plan) == {"Dataset/collateral": "adopt exists"}
    found = change(plan, "Dataset/collateral")
    assert [(each["path"], each["before"], each["after"]) for each in found["fields"]] == [("title", "Theirs", "Ours")]
    assert [each["body"] for each in found["calls"]] == [{"dataset": {"title": "Ours"}}]
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    stage.settled()


def test_on_exists_fail_adopts_nothing(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {"title": "Theirs"}})
    stage.declare(dataset(title="Ours"), dataset("other"))
    assert actions(stage.plan("--on-exists", "fail")) == {
        "Dataset/collateral": "blocked exists",
        "Dataset/other": "create not_recorded",
    }
    assert statuses(stage.apply("--on-exists", "fail", code=3)) == {
        "Dataset/collateral": "skipped",
        "Dataset/other": "succeeded",
    }
    assert stage.dataset("project1/collateral")["title"] == "Theirs"
    assert stage.recorded() == ["uipath/Dataset/other"]


def test_what_differs_in_what_cannot_be_changed_is_not_adopted(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {"model_family": "german"}})
    plan = stage.declare(dataset(meta=ALLOWED, modelFamily="english"), stream()).plan()
    assert actions(plan)["Dataset/collateral"] == "blocked create_only"
    stage.apply(code=3)
    assert stage.dataset("project1/collateral")["model_family"] == "german"


def test_unmanaged_objects_are_listed_by_drift_and_never_touched(stage: Stage) -> None:
    stage.put("project1/theirs", {"dataset": {}})
    stage.declare(dataset(), stream()).apply()
    stage.put("project1/collateral/streams", {"stream": {"name": "theirs"}})
    stage.settled()
    drift = stage.run("drift", "--format", "json").json
    assert drift["unmanaged"] == ["uipath/Dataset project1/theirs", "uipath/Stream project1/collateral/theirs"]
    assert stage.plan(code=0)["changes"] == []
    stage.run("destroy", "--auto-approve", code=3)
    assert stage.stream("project1/collateral/theirs")
    assert stage.dataset("project1/theirs")


# --- other stacks, other environments ---------------------------------------------------------------------------------


def test_environments_are_apart(stage: Stage) -> None:
    stage.declare(dataset(title="Base"))
    (stage.folder / "env").mkdir()
    overlay = {"apiVersion": "uipath/v1", "kind": "Dataset", "metadata": {"name": "collateral"}}
    overlay["spec"] = {"name": "collateral-prod", "title": "Prod"}
    further = dataset("only-prod")
    text = "\n---\n".join(map(json.dumps, (overlay, further)))
    (stage.folder / "env" / "prod.yaml").write_text(text, encoding="utf-8")
    stage.apply()
    assert actions(stage.plan("--env", "prod")) == {
        "Dataset/collateral": "create not_recorded",
        "Dataset/only-prod": "create not_recorded",
    }
    assert stage.apply("--env", "prod")["env"] == "prod"
    assert sorted(path.name for path in (stage.folder / ".dsops").glob("*.db")) == ["default.db", "prod.db"]
    assert stage.dataset("project1/collateral-prod")["title"] == "Prod"
    stage.settled()
    stage.run("destroy", "--env", "prod", "--auto-approve")
    assert [each["name"] for each in stage.emulator.datasets()] == ["collateral"]


def test_anothers_state_is_refused(stage: Stage) -> None:
    stage.declare(dataset()).apply()
    shutil.copy(stage.folder / ".dsops" / "default.db", stage.folder / ".dsops" / "prod.db")
    stage.name = "other"
    for args in ((), ("--env", "prod")):
        if args:
            stage.name = "mail"
            (stage.folder / "env").mkdir()
            (stage.folder / "env" / "prod.yaml").write_text("")
        stage.declare(dataset(title="New"))
        for command in (("plan",), ("apply", "--auto-approve"), ("destroy", "--auto-approve"), ("drift",)):
            done = stage.run(*command, *args, code=1)
            assert done.out == ""
            assert "mail" in done.err
    assert len(stage.writes()) == 1


# --- an incomplete reading --------------------------------------------------------------------------------------------

COMMANDS = (("plan",), ("plan", "--detailed-exitcode"), ("apply", "--auto-approve"), ("drift",))


@pytest.mark.parametrize("path", ["/datasets$", "/streams$"])
def test_a_refused_listing_concludes_nothing(stage: Stage, path: str) -> None:
    stage.declare(dataset(), stream()).apply()
    before = len(stage.writes())
    stage.emulator.fault(
        "error_before", method="GET", path=path, status=404 if path == "/datasets$" else 403, times=None
    )
    for command in (*COMMANDS, ("destroy", "--auto-approve")):
        done = stage.run(*command, code=1)
        assert done.out == ""
        assert done.err.startswith("error: ")
    assert len(stage.writes()) == before
    assert len(stage.recorded()) == 2
