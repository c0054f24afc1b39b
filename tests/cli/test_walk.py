"""The commands against an emulator: exit codes, what goes to which stream, formats, saved plans."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Stack
from tests.support import run_dsops

ADDRESSES = [
    "uipath/Dataset/claims",
    "uipath/Dataset/collateral",
    "uipath/Stream/dispute",
    "uipath/Stream/margin-call",
    "uipath/Stream/urgent-claims",
]


def test_the_whole_walk_with_its_exit_codes(stack: Stack) -> None:
    assert stack.run("plan").ok(0).out.startswith("Create: 5\n")
    stack.run("plan", "--detailed-exitcode").ok(2)
    stack.run("drift").ok(0)

    applied = stack.run("apply", "--auto-approve").ok(0)
    assert applied.out.endswith("\nApply: 5 succeeded. 6 calls.\n")
    assert applied.err.count("succeeded ") == 5

    nothing = stack.run("plan", "--detailed-exitcode").ok(0)
    assert nothing.out == "No changes. 5 resources are as declared.\n"
    assert nothing.err == ""
    assert "No drift: 5 in sync" in stack.run("drift").ok(0).out

    stack.change_stream("collateral", "dispute", title="Something else")
    drift = stack.run("drift").ok(2)
    assert 'title: declared "Collateral Disputes", live "Something else"' in drift.out
    stack.run("plan", "--detailed-exitcode").ok(2)
    assert "Apply: 1 succeeded. 1 call." in stack.run("apply", "--auto-approve").ok(0).out

    assert "Apply: 5 succeeded. 5 calls." in stack.run("destroy", "--auto-approve").ok(0).out
    assert stack.run("state", "list").ok(0).out == ""


def test_json_is_the_same_every_time(stack: Stack) -> None:
    first = stack.run("plan", "--format", "json").ok()
    document = first.json
    assert [change["address"] for change in document["changes"]] == ADDRESSES
    assert document["formatVersion"] == "1"
    assert (document["lineage"], document["serial"]) == (None, 0)
    assert document["summary"]["create"] == 5
    assert document["summary"]["calls"] == len([call for change in document["changes"] for call in change["calls"]])
    assert stack.run("plan", "--format", "json").ok().out == first.out
    assert stack.run("--format", "json", "-C", stack.folder, "plan").ok().out == first.out


def test_the_apply_report_as_json(stack: Stack) -> None:
    planned = stack.run("plan", "--format", "json").ok().json
    done = stack.run("apply", "--auto-approve", "--format", "json").ok()
    report = done.json
    assert report["planId"] == planned["planId"]
    assert report["done"] is True
    assert report["summary"] == {
        "succeeded": 5,
        "failed": 0,
        "skipped": 0,
        "unknown": 0,
        "sent": 6,
        "repeats": 0,
        "repairs": 0,
        "calls": {"succeeded": 6, "failed": 0, "skipped": 0, "unknown": 0},
    }
    assert [each["address"] for each in report["outcomes"]] == ADDRESSES


def test_events_as_json_lines(stack: Stack) -> None:
    done = stack.run("apply", "--auto-approve", "--log-format", "json", "--log-level", "debug").ok()
    events = [json.loads(line) for line in done.err.splitlines()]
    finished = sorted(event["address"] for event in events if event["event"] == "finished")
    assert finished == ADDRESSES
    assert {"planned", "started", "sent", "finished"} <= {event["event"] for event in events}


def test_log_level_error_tells_no_progress(stack: Stack) -> None:
    assert stack.run("apply", "--auto-approve", "--log-level", "error").ok().err == ""


def test_without_a_terminal_nothing_asks(stack: Stack) -> None:
    for command in ("apply", "destroy"):
        done = stack.run(command).ok(1)
        assert done.out == ""
        assert "no terminal" in done.err
        assert "--auto-approve" in done.err
    assert stack.run("state", "list").ok().out == ""


def test_without_a_terminal_nothing_is_coloured(stack: Stack) -> None:
    assert "\x1b" not in stack.run("plan", env={"FORCE_COLOR": "1"}).ok().out


def test_markdown(stack: Stack) -> None:
    told = stack.run("plan", "--format", "markdown").ok().out
    assert told.startswith("### dsops plan: support-mail\n\n**5 to create, 0 unchanged. 6 calls.**\n")
    assert "<details><summary>6 calls</summary>" in told


def test_full_shows_the_bodies(stack: Stack) -> None:
    assert '"label_thresholds"' not in stack.run("plan").ok().out
    assert '"label_thresholds"' in stack.run("plan", "--full").ok().out


def test_target_takes_along_what_it_needs(stack: Stack) -> None:
    document = stack.run("plan", "--target", "uipath/Stream/dispute", "--format", "json").ok().json
    assert [each["address"] for each in document["changes"]] == ["uipath/Dataset/collateral", "uipath/Stream/dispute"]
    document = stack.run("plan", "--exclude", "uipath/Dataset/collateral", "--format", "json").ok().json
    assert [each["address"] for each in document["changes"]] == ["uipath/Dataset/claims", "uipath/Stream/urgent-claims"]
    assert "no resource matches" in stack.run("plan", "--target", "uipath/Stream/dispite").ok(1).err


def test_a_saved_plan_is_shown_applied_once_and_private(stack: Stack) -> None:
    before = os.umask(0)
    try:
        saved = stack.run("plan", "--save", "it.plan", "--format", "json").ok()
    finally:
        os.umask(before)
    path = stack.folder / "it.plan"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in stack.folder.iterdir() if "plan" in each.name] == ["it.plan"]
    assert run_dsops("show", path, "--format", "json").ok().out == saved.out
    assert run_dsops("show", path).ok().out == stack.run("plan").ok().out

    applied = stack.run("apply", "it.plan").ok()
    assert applied.out.startswith("Plan: 5 to create, 0 unchanged. 6 calls.\n")
    again = stack.run("apply", "it.plan").ok(1)
    assert again.err.startswith("error: ")
    stack.run("plan", "--detailed-exitcode").ok(0)


def test_a_saved_plan_needs_no_manifests(stack: Stack) -> None:
    stack.run("plan", "--save", "it.plan").ok()
    for path in stack.folder.rglob("*.yaml"):
        path.unlink()
    assert "Apply: 5 succeeded" in stack.run("apply", "it.plan").ok().out


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"format": "dsops-plan/9"}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.plan").write_bytes(content)
    for command in ("show", "apply"):
        done = run_dsops(command, "no.plan", cwd=tmp_path).ok(1)
        assert "saved plan can't be used" in done.err
    assert "can't be read" in run_dsops("show", "absent.plan", cwd=tmp_path).ok(1).err


def test_a_guard_stops_apply_and_confirm_passes_it(stack: Stack) -> None:
    stack.applied()
    for file in ("datasets.yaml", "streams/claims.yaml", "streams/collateral.yaml"):
        (stack.folder / file).unlink()
    planned = stack.run("plan", "--format", "json", "--detailed-exitcode").ok(2).json
    assert [guard["name"] for guard in planned["guards"]] == ["nothingDeclared"]
    refused = stack.run("apply", "--auto-approve").ok(1)
    assert planned["planId"] in refused.out
    assert "nothingDeclared" in refused.err
    stack.run("apply", "--auto-approve", "--confirm", "0" * 64).ok(1)
    assert len(stack.run("state", "list").ok().out.splitlines()) == 5
    stack.run("apply", "--auto-approve", "--confirm", planned["planId"]).ok(0)
    assert stack.run("state", "list").ok().out == ""


def test_what_is_blocked_makes_3(stack: Stack) -> None:
    stack.applied()
    stack.edit("datasets.yaml", "  name: collateral\n", "  name: collateral\n  protect: true\n")
    stack.run("apply", "--auto-approve").ok(0)
    done = stack.run("destroy", "--auto-approve").ok(3)
    assert "metadata.protect forbids it" in done.out
    assert "uipath/Dataset/collateral" in stack.run("state", "list").ok().out


def test_errors_in_manifests_come_all_at_once_in_the_chosen_format(stack: Stack) -> None:
    stack.edit("streams/claims.yaml", "title: Urgent Claims", "titel: Urgent Claims")
    stack.edit("datasets.yaml", "hasSentiment: true", "hasSentiment: maybe")
    for command in ("plan", "apply"):
        done = stack.run(command, *(["--auto-approve"] if command == "apply" else [])).ok(1)
        assert done.out == ""
        assert "--> datasets.yaml:" in done.err
        assert "--> streams/claims.yaml:" in done.err
    machine = stack.run("plan", "--format", "json").ok(1)
    assert machine.out == ""
    assert {each["source"]["file"] for each in json.loads(machine.err)["diagnostics"]} == {
        "datasets.yaml",
        "streams/claims.yaml",
    }
    validated = stack.run("validate", "--format", "json").ok(1)
    assert validated.json == json.loads(machine.err)
    assert validated.err == ""
    github = run_dsops("validate", "--format", "github", "-C", "support-mail", cwd=stack.folder.parent).ok(1)
    assert "::error file=support-mail/datasets.yaml,line=" in github.out


def test_validate_needs_no_secret_and_no_network(stack: Stack) -> None:
    assert run_dsops("validate", cwd=stack.folder).ok().out == "support-mail is valid: 5 resources.\n"
    assert run_dsops("validate", "--format", "json", cwd=stack.folder).ok().json == {"diagnostics": []}


def test_a_missing_secret_is_an_error_that_names_it(stack: Stack) -> None:
    done = run_dsops("plan", cwd=stack.folder, env={"DSOPS_VAR_endpoint": stack.emulator.url}).ok(1)
    assert "DSOPS_EXAMPLE_TOKEN" in done.err
    assert done.out == ""


def test_a_provider_that_does_not_answer_is_an_error(stack: Stack) -> None:
    done = stack.run("plan", env={"DSOPS_VAR_endpoint": "http://127.0.0.1:9"}).ok(1)
    assert "127.0.0.1:9" in done.err


def test_a_folder_without_a_stack_is_an_error(tmp_path: Path) -> None:
    for command in ("validate", "plan", "drift", "graph", "state list"):
        done = run_dsops(*command.split(), cwd=tmp_path).ok(1)
        assert "dsops.yaml" in done.out + done.err


def test_graph(stack: Stack) -> None:
    text = run_dsops("graph", cwd=stack.folder).ok().out
    assert "uipath/Stream/dispute\n  needs uipath/Dataset/collateral\n" in text
    dot = run_dsops("graph", "--format", "dot", cwd=stack.folder).ok().out
    assert '"uipath/Stream/dispute" -> "uipath/Dataset/collateral";' in dot
    assert run_dsops("graph", "--format", "json", cwd=stack.folder).ok().json["uipath/Dataset/claims"] == []


def test_drift_formats(stack: Stack) -> None:
    stack.applied().change_stream("collateral", "dispute", title="x|y`z")
    document = stack.run("drift", "--format", "json").ok(2).json
    assert document["drift"] is True
    [item] = document["items"]
    assert (item["address"], item["state"]) == ("uipath/Stream/dispute", "drifted")
    assert item["fields"] == [{"path": "title", "before": "x|y`z", "after": "Collateral Disputes", "cause": "drift"}]
    assert "::warning title=drift::uipath/Stream/dispute drifted" in stack.run("drift", "--format", "github").ok(2).out
    assert "x\\|y`z" in stack.run("drift", "--format", "markdown").ok(2).out


def test_environments_have_a_state_each(stack: Stack) -> None:
    stack.applied()
    planned = (
        stack.run("plan", "--env", "prod", "--format", "json", "--var", f"endpoint={stack.emulator.url}").ok().json
    )
    assert planned["env"] == "prod"
    assert planned["serial"] == 0


def test_variables_on_the_line_win(stack: Stack) -> None:
    planned = stack.run("--var", "project=elsewhere", "plan", "--format", "json", env={}).ok().json
    assert "/elsewhere/" in planned["changes"][0]["calls"][0]["path"]


def test_an_apply_that_asks_nobody_reads_as_little_as_a_plan(stack: Stack) -> None:
    lists = [each for each in _requests(stack, "apply", "--auto-approve") if each["path"] == "/api/v1/datasets"]
    assert len(lists) == 1
    for args in (("plan",), ("apply", "--auto-approve"), ("drift",)):
        assert [each["method"] for each in _requests(stack, *args)] == ["GET"] * 3


def _requests(stack: Stack, *args: str) -> list[dict[str, str]]:
    before = len(stack.emulator.requests())
    stack.run(*args).ok()
    return stack.emulator.requests()[before:]
