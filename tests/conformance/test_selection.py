"""Which resources a plan is about, which account they live on, and what trades places."""

import json

import pytest

from tests.conformance.stage import Document, Stage, actions, change, dataset, same_calls, statuses, stream
from tests.support import RunningEmulator

ALLOWED = {"replace": "allowed"}


# --- --target, --exclude ----------------------------------------------------------------------------------------------


def test_a_target_takes_along_what_it_needs_and_an_exclusion_what_needs_it(stage: Stage) -> None:
    stage.declare(dataset(), stream(), stream("free"), dataset("other"))
    both = {"Dataset/collateral": "create not_recorded", "Stream/dispute": "create not_recorded"}
    assert actions(stage.plan("--target", "uipath/Stream/dis*")) == both
    assert actions(stage.plan("--exclude", "uipath/Dataset/collateral")) == {"Dataset/other": "create not_recorded"}
    assert actions(stage.plan("--target", "*", "--exclude", "*/free", "--exclude", "*/other")) == both
    stage.apply("--target", "uipath/Stream/dis*")
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Stream/dispute"]
    assert "did you mean uipath/Stream/dispute?" in stage.run("plan", "--target", "uipath/Stream/dispite", code=1).err


def test_a_parent_does_not_go_while_its_child_is_kept_out(stage: Stage) -> None:
    stage.declare(dataset(), stream(), dataset("other")).apply()
    stage.declare(dataset("other"))
    assert stage.plan("--exclude", "uipath/Stream/dispute", code=0)["changes"] == []
    assert actions(stage.plan("--target", "uipath/Stream/dispute")) == {"Stream/dispute": "delete undeclared"}
    assert actions(stage.plan("--target", "uipath/Dataset/collateral")) == {
        "Dataset/collateral": "delete undeclared",
        "Stream/dispute": "delete undeclared",
    }


def test_a_replace_waits_for_children_that_are_no_target(stage: Stage) -> None:
    stage.declare(dataset(meta=ALLOWED, hasSentiment=True), stream()).apply()
    stage.declare(dataset(meta=ALLOWED, hasSentiment=False), stream())
    assert actions(stage.plan("--target", "uipath/Dataset/collateral")) == {
        "Dataset/collateral": "blocked holds_children"
    }
    stage.apply("--target", "uipath/Dataset/collateral", code=3)
    assert stage.stream("project1/collateral/dispute")


# --- places -----------------------------------------------------------------------------------------------------------


def test_a_stream_does_not_move_to_another_dataset(stage: Stage) -> None:
    there = dataset(), dataset("other")
    stage.declare(*there, stream()).apply()
    plan = stage.declare(*there, stream(dataset="other")).plan()
    assert actions(plan) == {"Stream/dispute": "blocked create_only"}
    assert [(each["path"], each["before"], each["after"]) for each in change(plan, "Stream/dispute")["fields"]] == [
        ("dataset", "project1/collateral", "project1/other")
    ]
    plan = stage.declare(*there, stream(dataset="other", meta=ALLOWED)).plan()
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    assert stage.emulator.streams("project1/collateral") == []
    stage.settled()


def test_two_that_trade_names(stage: Stage) -> None:
    stage.declare(dataset("a", name="x"), dataset("b", name="y")).apply()
    assert actions(stage.declare(dataset("a", name="y"), dataset("b", name="x")).plan()) == {
        "Dataset/a": "blocked create_only",
        "Dataset/b": "blocked create_only",
    }
    plan = stage.declare(dataset("a", name="y", meta=ALLOWED), dataset("b", name="x", meta=ALLOWED)).plan()
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    stage.settled()


def test_a_new_address_for_an_object_that_another_keeps(stage: Stage) -> None:
    stage.declare(dataset("a", name="x", title="A")).apply()
    stage.declare(dataset("b", name="x"), dataset("a", name="z"))
    assert {each.split()[0] for each in actions(stage.plan()).values()} == {"blocked"}
    assert set(statuses(stage.apply(code=3)).values()) == {"skipped"}
    assert stage.dataset("project1/x")["title"] == "A"


def test_what_others_refer_to_goes_after_they_stopped_to(stage: Stage) -> None:
    stage.declare(dataset(), dataset("other", description="${uipath/Dataset/collateral.id}")).apply()
    plan = stage.declare(dataset("other", description="none")).plan()
    [update], [delete] = (change(plan, address)["calls"] for address in ("Dataset/other", "Dataset/collateral"))
    assert delete["after"] == [update["id"]]
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])


# --- connections ------------------------------------------------------------------------------------------------------


@pytest.fixture
def second(emulator: RunningEmulator) -> str:
    """Another address of the same account is enough to be another connection."""
    return emulator.url.replace("127.0.0.1", "localhost")


def connect(stage: Stage, endpoints: dict[str, str], *documents: Document) -> Stage:
    """Declare documents in a stack with these connections."""
    stage.declare(*documents)
    content = stage.stack_document()
    [only] = content["spec"]["connections"].values()
    content["spec"]["connections"] = {name: {**only, "endpoint": url} for name, url in endpoints.items()}
    (stage.folder / "dsops.yaml").write_text(json.dumps(content), encoding="utf-8")
    return stage


def on(connection: str, name: str = "collateral") -> Document:
    return dataset(name, meta={"connection": connection})


def test_of_several_connections_one_is_named(stage: Stage, second: str) -> None:
    both = {"one": stage.emulator.url, "two": second}
    refused = connect(stage, both, dataset()).run("plan", code=1)
    assert "The stack has one, two." in refused.err
    plan = connect(stage, both, on("one"), stream(), on("two", "other"), stream("s", dataset="other")).plan()
    assert {each["address"]: each["calls"][0]["connection"] for each in plan["changes"]} == {
        "uipath/Dataset/collateral": "one",
        "uipath/Stream/dispute": "one",
        "uipath/Dataset/other": "two",
        "uipath/Stream/s": "two",
    }
    stage.apply()
    stage.settled()


def test_an_object_does_not_change_its_connection(stage: Stage, second: str) -> None:
    both = {"one": stage.emulator.url, "two": second}
    connect(stage, both, on("one")).apply()
    plan = connect(stage, both, on("two")).plan()
    assert actions(plan) == {"Dataset/collateral": "blocked create_only"}
    assert change(plan, "Dataset/collateral")["fields"][0]["path"] == "metadata.connection"


def test_a_renamed_connection_is_the_same_account(stage: Stage, second: str) -> None:
    connect(stage, {"one": stage.emulator.url, "two": second}, on("one"), stream()).apply()
    connect(stage, {"main": stage.emulator.url, "two": second}, on("main"), stream()).settled()
    stage.apply()
    records = stage.run("state", "show", "uipath/Stream/dispute", "--format", "json").json
    assert records["connection"] == "main"
    refused = connect(stage, {"two": second}, on("two", "other")).run("plan", code=1)
    assert "2 recorded objects live on connection" in refused.err
