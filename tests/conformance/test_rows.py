"""Rows of evaluation datasets: what each mode leaves alone, what guards stop, whose rows they are."""

import json

import pytest

from dsops import engine
from dsops.model import rows_holder
from tests.conformance.evaluations import Evaluations, at, evaluation
from tests.conformance.stage import Json, Stage, actions, change

FAQ = "Dataset/faq"


@pytest.fixture
def evals(stage: Stage) -> Evaluations:
    return at(stage.folder, stage.emulator)


def numbered(count: int, answer: str = "a", first: int = 0) -> list[list[str]]:
    return [[f"q{number:03}", answer] for number in range(first, first + count)]


def guards(plan: Json) -> list[str]:
    return [each["name"] for each in plan["guards"]]


def refused(stage: Evaluations, *args: str) -> None:
    """Check that apply of a plan that trips a guard sends nothing, and passes when it is confirmed."""
    since = len(stage.writes())
    plan = stage.plan(*args)
    assert guards(plan)
    done = stage.run("apply", "--auto-approve", *args, code=1)
    assert "Nothing was applied" in done.err
    assert len(stage.writes()) == since
    stage.apply("--confirm", plan["planId"], *args)
    stage.settled()


# -- guards


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (numbered(90), []),
        (numbered(89), ["maxDeletes"]),
        ([*numbered(69), *numbered(10, first=200)], ["maxDeletes", "maxDeletePercent"]),
        ([*numbered(30, "b"), *numbered(70, first=30)], []),
        ([*numbered(31, "b"), *numbered(69, first=31)], ["maxUpdatePercent"]),
        ([*numbered(100), *numbered(900, first=200)], []),
        ([], ["maxDeletes", "maxDeletePercent", "rowsEmptied"]),
    ],
    ids=["10-deletes", "11-deletes", "31%-deleted", "30%-changed", "31%-changed", "many-new", "none"],
)
def test_guards_count_live_rows(evals: Evaluations, rows: list[list[str]], names: list[str]) -> None:
    evals.begin(numbered(100)).apply()
    plan = evals.begin(rows).plan()
    assert guards(plan) == names
    if names:
        refused(evals)
    else:
        evals.apply()
    assert evals.answers() == dict(rows)


def test_a_few_rows_may_all_change(evals: Evaluations) -> None:
    evals.begin(numbered(9)).apply()
    assert guards(evals.begin(numbered(9, "b")).plan()) == []


def test_the_last_row_is_guarded_too(evals: Evaluations) -> None:
    evals.begin([["q", "a"]]).apply()
    evals.begin([])
    refused(evals)
    assert evals.rows() == []


def test_no_rows_in_upsert_empty_nothing(evals: Evaluations) -> None:
    evals.begin([["q", "a"]], mode="upsert").apply()
    assert evals.begin([], mode="upsert").sends() == []
    assert evals.answers() == {"q": "a"}


def test_limits_are_the_stacks(evals: Evaluations) -> None:
    evals.safety = {"maxDeletes": 100, "maxDeletePercent": 100}
    evals.begin(numbered(100)).apply()
    assert guards(evals.begin(numbered(10)).plan()) == []


# -- whose rows they are


def test_sync_deletes_strangers_rows_and_marks_them(evals: Evaluations) -> None:
    evals.begin([["mine", "a"], ["gone", "a"], ["other", "x"]]).apply()
    evals.add(["theirs", "b"], ["mine", "c"])
    plan = evals.begin([["mine", "a"], ["other", "x"]]).plan()
    deleted = {each["key"]: (each["foreign"], each["note"] != "") for each in change(plan, FAQ)["rows"]["delete"]}
    assert deleted["gone"] == (False, False)
    assert deleted["theirs"] == (True, False)
    assert len(change(plan, FAQ)["rows"]["delete"]) == 3
    assert change(plan, FAQ)["rows"]["counts"]["foreign"] == 1
    assert evals.sends() == ["DELETE dataSetRow"] * 3
    assert evals.answers() == {"mine": "a", "other": "x"}


def test_rows_that_were_found_stay_foreign_until_they_are_written(evals: Evaluations) -> None:
    evals.meddle("POST", "/dataSet", {"dataSetName": "faq"})
    evals.add(["found", "a"], ["changed", "a"])
    evals.begin([["found", "a"], ["changed", "b"], ["made", "c"]]).apply()
    plan = evals.begin([]).plan()
    foreign = {each["key"]: each["foreign"] for each in change(plan, FAQ)["rows"]["delete"]}
    assert foreign == {"found": True, "changed": False, "made": False}


@pytest.mark.parametrize("mode", ["upsert", "insert"])
def test_a_dataset_with_rows_we_never_wrote_is_not_destroyed_unasked(evals: Evaluations, mode: str) -> None:
    evals.begin([["mine", "a"], ["equal", "b"]], mode=mode).apply()
    evals.add(["theirs", "c"])
    plan = evals.plan("--destroy")
    assert actions(plan) == {FAQ: "blocked holds_unrecorded"}
    evals.run("destroy", "--auto-approve", code=3)
    assert set(evals.answers()) == {"mine", "equal", "theirs"}
    evals.run("destroy", "--auto-approve", "--confirm", plan["planId"])
    assert evals.held() == {}
    assert evals.recorded() == []


def test_a_dataset_taken_out_of_the_manifests_is_treated_alike(evals: Evaluations) -> None:
    evals.begin([["mine", "a"]], mode="upsert").apply()
    evals.add(["theirs", "c"])
    evals.declare(evaluation("other", file="rows/faq.jsonl"))
    plan = evals.plan()
    assert actions(plan) == {FAQ: "blocked holds_unrecorded", "Dataset/other": "create not_recorded"}
    evals.apply(code=3)
    assert "faq" in evals.held()


@pytest.mark.parametrize("mode", ["upsert", "insert"])
def test_a_dataset_with_rows_that_are_all_ours_is_destroyed(evals: Evaluations, mode: str) -> None:
    evals.begin([["mine", "a"], ["released", "b"]], mode=mode).apply()
    evals.begin([["mine", "a"], ["later", "c"]], mode=mode).apply()
    assert len(evals.rows()) == 3
    assert actions(evals.plan("--destroy")) == {FAQ: "delete undeclared"}
    evals.run("destroy", "--auto-approve")
    assert evals.held() == {}


def test_rows_that_were_there_before_are_theirs(evals: Evaluations) -> None:
    evals.meddle("POST", "/dataSet", {"dataSetName": "faq"})
    evals.add(["equal", "a"])
    assert evals.begin([["equal", "a"]], mode="upsert").sends() == []
    assert actions(evals.plan("--destroy")) == {FAQ: "blocked holds_unrecorded"}


def test_an_equal_row_of_somebody_elses_that_comes_first_stays_theirs(evals: Evaluations) -> None:
    evals.begin([["mine", "a"]], mode="upsert").apply()
    evals.add(["later", "b"])
    assert evals.begin([["mine", "a"], ["later", "b"], ["made", "c"]], mode="upsert").sends() == ["POST dataSetRow"]
    assert actions(evals.plan("--destroy")) == {FAQ: "blocked holds_unrecorded"}
    evals.meddle("PUT", "/dataSet/{faq}/dataSetRow/{faq/later}", {"dataSetRowExpectedAnswer": "changed"})
    found = evals.run("drift", "--format", "json", code=2).json
    assert [each["cause"] for each in found["items"][0]["rows"]["update"]] == ["drift"]


def test_a_sync_dataset_goes_with_whatever_is_in_it(evals: Evaluations) -> None:
    evals.begin([["mine", "a"]]).apply()
    evals.add(["theirs", "c"])
    evals.run("destroy", "--auto-approve")
    assert evals.held() == {}


# -- what else may stand in the way


def test_a_dataset_that_exists_is_left_alone_when_asked_to(evals: Evaluations) -> None:
    evals.meddle("POST", "/dataSet", {"dataSetName": "faq"})
    evals.begin([["q", "a"]])
    assert actions(evals.plan("--on-exists", "fail")) == {FAQ: "blocked exists"}
    assert evals.sends("--on-exists", "fail", code=3) == []


def test_rows_of_what_is_left_out_are_not_read(evals: Evaluations) -> None:
    evals.declare(evaluation(), evaluation("other", file="rows/other.jsonl"))
    evals.write([["q", "a"]]).write([["q", "a"]], "rows/other.jsonl")
    (evals.folder / "rows" / "other.jsonl").write_text("nonsense\n", encoding="utf-8")
    assert actions(evals.plan("--target", "geai/Dataset/faq")) == {FAQ: "create not_recorded"}
    evals.apply("--target", "geai/Dataset/faq")
    assert list(evals.held()) == ["faq"]
    assert "rows/other.jsonl:1" in evals.run("plan", code=1).err


def test_one_refused_row_stops_no_other(evals: Evaluations) -> None:
    evals.begin(numbered(5)).apply()
    ids = evals.ids()
    evals.emulator.fault("error_before", method="PUT", path=ids["faq/q001"], status=422)
    report = evals.begin([*numbered(3, "b"), *numbered(2, first=3)]).apply(code=3)
    assert [each["status"] for each in report["outcomes"]] == ["failed"]
    assert evals.answers() == {"q000": "b", "q001": "a", "q002": "b", "q003": "a", "q004": "a"}
    assert evals.sends() == ["PUT dataSetRow"]
    evals.settled()


def test_a_dataset_that_cannot_be_written_gets_no_rows(evals: Evaluations) -> None:
    evals.begin(numbered(3)).apply()
    evals.emulator.fault("error_before", method="PUT", path=f"{evals.ids()['faq']}$", status=422)
    evals.begin(numbered(4, "b"), description="D")
    assert evals.sends("--parallelism", "1", code=3) == ["PUT dataSet"]
    assert len(evals.sends()) == 5
    evals.settled()


def test_a_row_that_goes_while_it_is_written_is_told(evals: Evaluations) -> None:
    evals.begin([["q", "a"]]).apply()
    evals.begin([["q", "b"]])
    evals.emulator.fault("error_before", method="PUT", path="/dataSetRow/", status=404)
    report = evals.apply(code=3)
    assert report["outcomes"][0]["status"] == "failed"
    evals.apply()
    assert evals.answers() == {"q": "b"}


def test_two_datasets_of_two_connections_do_not_meet(evals: Evaluations) -> None:
    """Projects are told apart by a header; both have a dataset of this name, with other rows."""
    document = evals.stack_document()
    connection = document["spec"]["connections"].pop("cm")
    document["spec"]["connections"] = {name: {**connection, "project": name} for name in ("one", "two")}
    datasets = [
        evaluation(name, file=f"rows/{name}.jsonl", name="faq", meta={"connection": name}) for name in ("one", "two")
    ]
    evals.declare(*datasets)
    (evals.folder / "dsops.yaml").write_text(json.dumps(document), encoding="utf-8")
    evals.write([["q", "1"]], "rows/one.jsonl").write([["q", "2"]], "rows/two.jsonl")
    evals.apply()
    evals.settled()
    found = [evals.emulator.evaluations(name)[0]["rows"][0]["dataSetRowExpectedAnswer"] for name in ("one", "two")]
    assert found == ["1", "2"]


# -- what the state holds of rows


def recorded(evals: Evaluations) -> int:
    """Return how many rows the state holds."""
    state = evals.state()
    (record,) = state.records.values()
    holder = rows_holder(record.address.type, record.endpoint, record.remote_id)
    return len(engine.store_of(evals.workspace().stack).rows(holder))


def test_a_row_that_went_behind_us_and_comes_back_is_a_strangers(evals: Evaluations) -> None:
    evals.begin([["stays", "a"], ["was ours", "b"], ["third", "c"]]).apply()
    evals.meddle("DELETE", "/dataSet/{faq}/dataSetRow/{faq/was ours}")
    evals.begin([["stays", "b"], ["third", "c"]]).apply()
    assert recorded(evals) == 2
    evals.add(["was ours", "b"])
    (deleted,) = change(evals.plan(), FAQ)["rows"]["delete"]
    assert (deleted["key"], deleted["foreign"], deleted["cause"]) == ("was ours", True, "drift")


@pytest.mark.parametrize("mode", ["sync", "upsert"])
def test_rows_are_recorded_under_one_key(evals: Evaluations, mode: str) -> None:
    evals.begin(numbered(5), mode=mode).apply()
    assert recorded(evals) == 5
    rows = {"mode": mode, "key": ["input", "expectedAnswer"], "from": "rows/faq.jsonl"}
    evals.declare(evaluation(rows=rows)).write_files({"rows/faq.jsonl": numbered(5)})
    assert evals.sends() == []
    assert recorded(evals) == 5
    evals.settled()
