"""Rows of evaluation datasets, from the files to the emulator and back: the real command, in subprocesses."""

import itertools
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.golden import FAQ, FILE, RETURNS, Golden
from tests.cli.test_terminal import terminal
from tests.support import RunningEmulator

_NUMBERS = itertools.count(1)
ROW = "/dataSetApi/dataSet/dataSetRow"
PARCEL = "Where is my parcel?"


@pytest.fixture
def golden(emulator: RunningEmulator, tmp_path: Path, root: Path) -> Golden:
    folder = tmp_path / "evaluation"
    shutil.copytree(root / "examples" / "evaluation", folder, ignore=shutil.ignore_patterns(".dsops"))
    return Golden(folder, emulator, f"golden-{os.getpid()}-{next(_NUMBERS)}")


def edited(golden: Golden) -> Golden:
    """Edit a row, remove one, add one."""

    def change(rows: list[dict[str, object]]) -> None:
        rows[0]["expectedAnswer"] = str(rows[0]["expectedAnswer"]).replace("30 minutes", "one hour")
        del rows[10]
        rows.append({"input": "Is there a shop in Berlin?", "expectedAnswer": "Two of them."})

    golden.edit(change)
    return golden


def test_the_whole_walk(golden: Golden) -> None:
    plan = golden.run("plan").ok().out
    assert "Plan: 2 to create, 0 unchanged. Rows: 25 to add. 2 calls." in plan
    assert re.search(r"call 2: POST /dataSetApi/dataSet/FileUpload   12 rows, \d\.\d kB$", plan, re.MULTILINE)

    uploads = golden.writes(golden.applied)
    assert uploads == ["POST /dataSetApi/dataSet/FileUpload"] * 2
    again = golden.run("plan", "--detailed-exitcode").ok(0)
    assert again.out == "No changes. 2 resources and 25 rows are as declared.\n"
    golden.run("drift").ok(0)
    assert golden.live()[PARCEL].startswith("The mail that says it was sent")

    assert golden.writes(golden.applied) == []
    assert golden.writes(edited(golden).applied) == [f"DELETE {ROW}", f"POST {ROW}", f"PUT {ROW}"]
    assert "one hour" in golden.live()["How do I reset my password?"]
    assert golden.live()["Is there a shop in Berlin?"] == "Two of them."
    assert "Is my data sold to anybody?" not in golden.live()
    golden.run("plan", "--detailed-exitcode").ok(0)

    golden.run("destroy", "--auto-approve").ok()
    assert golden.emulator.evaluations(golden.project) == []


def test_a_plan_names_rows_word_by_word(golden: Golden) -> None:
    plan = edited(golden.applied()).run("plan").ok().out
    dataset = golden.dataset()["dataSetId"]
    ids = {row["dataSetRowInput"]: row["dataSetRowId"] for row in golden.dataset()["rows"]}
    sold, password = ids["Is my data sold to anybody?"], ids["How do I reset my password?"]
    path = f"/dataSetApi/dataSet/{dataset}/dataSetRow"
    shown = f"""\
Update: 1

  ~ {FAQ}   datasets.yaml:2
      rows: 1 to add, 1 to change, 1 to delete, 10 unchanged
        changed fields: expectedAnswer in 1
        + Is there a shop in Berlin?   {FILE}:12
        ~ How do I reset my password?   {FILE}:1
            expectedAnswer: …link in the mail. The link works for [-30 minutes-]{{+one hour+}}.
        - Is my data sold to anybody?   row {sold}
      call 1: POST {path}   1 row, 163 B
      call 2: PUT {path}/{password}   1 row, 432 B
      call 3: DELETE {path}/{sold}

Plan: 1 to update, 1 unchanged. Rows: 1 to add, 1 to change, 1 to delete, 23 unchanged. 3 calls.
"""
    assert plan.startswith(shown)
    markdown = golden.run("plan", "--format", "markdown").ok().out
    assert f"Rows of {FAQ}: 1 to add, 1 to change, 1 to delete, 10 unchanged" in markdown
    assert "~ How do I reset my password?" in markdown


def test_a_saved_plan_sends_its_rows(golden: Golden) -> None:
    golden.run("plan", "--save", "all.plan").ok()
    shown = golden.run("show", "all.plan", "--full").ok().out
    assert f"+ How do I delete my account?   {FILE}:12" in shown
    assert "Apply: 2 succeeded. 2 calls." in golden.run("apply", "all.plan").ok().out
    golden.run("plan", "--detailed-exitcode").ok(0)


def test_the_plan_document(golden: Golden) -> None:
    edited(golden.applied())
    document = golden.run("plan", "--format", "json").ok().json
    assert document["summary"]["rows"] == {"create": 1, "update": 1, "delete": 1, "noop": 23}
    (change,) = document["changes"]
    assert (change["address"], change["action"], change["reason"]) == (FAQ, "update", "rows_changed")
    rows = change["rows"]
    (created,), (updated,), (deleted,) = rows["create"], rows["update"], rows["delete"]
    assert created["key"] == "Is there a shop in Berlin?"
    assert (created["source"]["file"], created["source"]["line"]) == (FILE, 12)
    assert updated["key"] == "How do I reset my password?"
    (field,) = updated["fields"]
    assert field["path"] == "expectedAnswer"
    assert "30 minutes" in field["before"]
    assert "one hour" in field["after"]
    assert deleted["key"] == "Is my data sold to anybody?"
    ids = {row["dataSetRowInput"]: row["dataSetRowId"] for row in golden.dataset()["rows"]}
    assert (updated["id"], deleted["id"]) == (ids[updated["key"]], ids[deleted["key"]])
    assert re.fullmatch("[0-9a-f]{64}", rows["sha256"])
    upload, put, delete = change["calls"]
    assert [each["method"] for each in (upload, put, delete)] == ["POST", "PUT", "DELETE"]
    assert [upload["rows"], put["rows"]] == [1, 1]
    assert all(re.fullmatch("[0-9a-f]{64}", each["bodySha256"]) for each in (upload, put))
    assert delete["bodySha256"] is None
    assert golden.run("plan", "--format", "json").ok().json == document


def test_all_bad_rows_are_told_and_none_is_sent(golden: Golden) -> None:
    with (golden.folder / FILE).open("a", encoding="utf-8") as file:
        file.write('{"input": "no answer"}\n{"input": 5, "expectedAnswer": "x"}\nnonsense\n')
        file.write('{"input": "Where is my parcel?", "expectedAnswer": "Twice."}\n')
    before = len(golden.emulator.requests())
    for command in (["validate"], ["plan"], ["apply", "--auto-approve"], ["drift"]):
        done = golden.run(*command).ok(1)
        told = done.out + done.err
        assert [line for line in (6, 13, 14, 15, 16) if f"{FILE}:{line}" not in told] == []
        assert "evaluation has 4 errors." in done.out or command != ["validate"]
    assert len(golden.emulator.requests()) == before


def test_full_shows_every_row_and_call(golden: Golden) -> None:
    golden.edit(
        lambda rows: rows.extend({"input": f"Question {each}?", "expectedAnswer": "Yes."} for each in range(40))
    )
    short, full = golden.run("plan").ok().out, golden.run("plan", "--full").ok().out
    assert "+ and 47 more to add; --full shows them" in short
    assert "Question 39?" not in short
    assert "Question 39?" in full
    assert "more to add" not in full

    def change(rows: list[dict[str, object]]) -> None:
        for row in rows[12:42]:
            row["expectedAnswer"] = "No."

    golden.applied().edit(change)
    short, full = golden.run("plan").ok().out, golden.run("plan", "--full").ok().out
    assert "changed fields: expectedAnswer in 30" in short
    assert short.count("call ") == 10
    assert "and 20 more calls; --full shows them" in short
    assert full.count("call ") == 30
    assert full.count("expectedAnswer: [-Yes-]{+No+}.") == 30


def test_guards_count_rows(golden: Golden) -> None:
    golden.applied().edit(lambda rows: rows.__delitem__(slice(0, 5)))
    plan = golden.run("plan").ok(0).out
    assert "Guard maxDeletePercent: " in plan
    refused: list[str] = []
    assert golden.writes(lambda: refused.append(golden.run("apply", "--auto-approve").ok(1).err)) == []
    assert "maxDeletePercent" in refused[0]
    name = re.findall("^Plan id (.*)$", plan, re.MULTILINE)[0]
    assert golden.writes(lambda: golden.applied("--confirm", name)) == [f"DELETE {ROW}"] * 5
    golden.run("plan", "--detailed-exitcode").ok(0)


def test_declaring_no_rows_where_there_were_some_is_a_guard(golden: Golden) -> None:
    golden.applied().edit(lambda rows: rows.clear())
    assert "Guard " in golden.run("plan").ok(0).out
    assert golden.writes(lambda: golden.run("apply", "--auto-approve").ok(1)) == []


def test_upsert_leaves_rows_of_others(golden: Golden) -> None:
    golden.applied("--env", "prod")
    golden.meddle("POST", body={"dataSetRowInput": "Theirs?", "dataSetRowExpectedAnswer": "Yes."})
    golden.run("plan", "--env", "prod", "--detailed-exitcode").ok(0)
    edited(golden)
    plan = golden.run("plan", "--env", "prod").ok().out
    assert "rows: 1 to add, 1 to change, 10 unchanged" in plan
    assert "2 other rows there stay: mode upsert deletes nothing" in plan
    assert golden.writes(lambda: golden.applied("--env", "prod")) == [f"POST {ROW}", f"PUT {ROW}"]
    assert {"Theirs?", "Is my data sold to anybody?", "Is there a shop in Berlin?"} <= set(golden.live())
    golden.run("plan", "--env", "prod", "--detailed-exitcode").ok(0)
    golden.run("drift", "--env", "prod").ok(0)


def test_sync_deletes_rows_of_others_and_says_whose_they_were(golden: Golden) -> None:
    golden.applied()
    golden.meddle("POST", body={"dataSetRowInput": "Theirs?", "dataSetRowExpectedAnswer": "Yes."})
    plan = golden.run("plan").ok().out
    assert "1 of these was never written by dsops (foreign)" in plan
    assert re.search("- Theirs\\?   row [0-9a-f-]{36}   foreign: dsops never wrote it", plan)
    assert golden.writes(golden.applied) == [f"DELETE {ROW}"]


def test_insert_never_changes(golden: Golden) -> None:
    golden.declare("    key: input\n", "    mode: insert\n    key: input\n")
    edited(golden.applied())
    golden.meddle("PUT", PARCEL, {"dataSetRowExpectedAnswer": "Gone."})
    assert golden.writes(golden.applied) == [f"POST {ROW}"]
    assert golden.live()[PARCEL] == "Gone."
    assert "30 minutes" in golden.live()["How do I reset my password?"]
    golden.run("plan", "--detailed-exitcode").ok(0)


@pytest.mark.parametrize(
    ("method", "question", "body", "told"),
    [
        ("PUT", PARCEL, {"dataSetRowExpectedAnswer": "Gone."}, "rows: 1 not as declared, 11 in sync"),
        ("DELETE", PARCEL, None, "rows: 1 missing, 11 in sync"),
        (
            "POST",
            "",
            {"dataSetRowInput": "Theirs?", "dataSetRowExpectedAnswer": "?"},
            "rows: 1 not declared, 12 in sync",
        ),
    ],
)
def test_drift_finds_rows_changed_behind_and_apply_repairs_them(
    golden: Golden, method: str, question: str, body: object, told: str
) -> None:
    golden.applied().meddle(method, question, body)
    drift = golden.run("drift").ok(2)
    assert told in drift.out
    assert "1 was changed, added or removed outside dsops" in drift.out
    assert len(golden.writes(golden.applied)) == 1
    golden.run("drift").ok(0)
    assert "Theirs?" not in golden.live()
    assert golden.live()[PARCEL].startswith("The mail")


def test_drift_of_rows_in_every_format(golden: Golden) -> None:
    golden.applied().meddle("PUT", PARCEL, {"dataSetRowExpectedAnswer": "Gone."})
    document = golden.run("drift", "--format", "json").ok(2).json
    assert [(each["address"], each["state"]) for each in document["items"]] == [(FAQ, "drifted")]
    (row,) = document["items"][0]["rows"]["update"]
    assert (row["key"], row["cause"]) == (PARCEL, "drift")
    assert golden.run("drift", "--format", "github").ok(2).out.startswith(f"::warning title=drift::{FAQ}")
    assert f"| `{FAQ}` | drifted | rows |" in golden.run("drift", "--format", "markdown").ok(2).out


def test_what_is_only_pending_is_no_drift(golden: Golden) -> None:
    drift = edited(golden.applied()).run("drift").ok(0)
    assert "rows: 1 missing, 1 not as declared, 1 not declared, 10 in sync" in drift.out
    assert "No drift: 1 pending, 1 in sync." in drift.out


def test_texts_do_nothing_to_a_terminal(golden: Golden) -> None:
    golden.applied().edit(lambda rows: rows[0].update(expectedAnswer="\x1b[2Jgone\u202e\x9b31m"))
    for args in (["plan"], ["plan", "--full"], ["plan", "--format", "markdown"], ["plan", "--format", "json"]):
        told = golden.run(*args).ok().out
        assert all(each.isprintable() or each == "\n" for each in told), args


def test_a_moving_display_counts_rows(golden: Golden) -> None:
    def change(rows: list[dict[str, object]]) -> None:
        for row in rows[:3]:
            row["expectedAnswer"] = "Another."

    golden.applied().edit(change)
    golden.emulator.fault("hold", method="PUT", path="/dataSetRow/", skip=2)
    with terminal(golden, "apply", "--auto-approve") as screen:
        screen.wait_for(f"{FAQ}   2 of 3 rows")
        golden.emulator.release()
        assert screen.ended() == 0
    assert "Apply: \x1b[32m1 succeeded\x1b[0m. 3 calls." in screen.text


def test_progress_is_told_in_rows(golden: Golden) -> None:
    done = golden.run("apply", "--auto-approve", "--log-format", "json").ok()
    events = [json.loads(line) for line in done.err.splitlines()]
    told = {event["address"]: event["text"] for event in events if event["event"] == "progress"}
    assert told == {FAQ: "12 of 12 rows", RETURNS: "13 of 13 rows"}
