"""`--timeout`: the time of a whole run. Nothing here waits for it: it is up at once, or would be too late."""

import pytest

from tests.cli.conftest import Stack

UP = "the time given with --timeout is up"


@pytest.mark.parametrize("command", [("plan",), ("drift",), ("apply", "--auto-approve")])
def test_what_was_not_read_in_time_is_an_error_and_nothing_is_begun(stack: Stack, command: tuple[str, ...]) -> None:
    since = len(stack.emulator.requests())
    done = stack.run(*command, "--timeout", "0s").ok(1)
    assert UP in done.err
    assert "nothing was begun" in done.err
    assert "--target" in done.err
    assert all(each["method"] == "GET" for each in stack.emulator.requests()[since:])


def test_nothing_is_imported_after_it(stack: Stack) -> None:
    done = stack.run("import", "--connection", "mail", "--all", "--into", "found", "--timeout", "0s").ok(1)
    assert UP in done.err
    assert not (stack.folder / "found").exists()


def test_a_pause_that_lasts_longer_ends_it_and_apply_again_does_the_rest(stack: Stack) -> None:
    path = f"/{stack.project}/claims$"
    stack.emulator.fault("rate_limit", method="PUT", path=path, retry_after=290)
    args = ("apply", "--auto-approve", "--timeout", "2m", "--parallelism", "1", "--format", "json")
    done = stack.run(*args).ok(3)
    stack.emulator.release()
    outcomes = {each["address"]: each for each in done.json["outcomes"]}
    assert UP in outcomes["uipath/Dataset/claims"]["reason"]
    assert {each["status"] for each in outcomes.values()} <= {"succeeded", "failed", "skipped"}
    assert done.json["summary"]["unknown"] == 0
    succeeded = done.json["summary"]["succeeded"]
    again = stack.run("apply", "--auto-approve", "--format", "json").ok(0)
    assert again.json["summary"]["succeeded"] == 5 - succeeded


@pytest.mark.parametrize("given", ["soon", "-5s", "5 m", "1d"])
def test_a_time_that_is_none_is_a_usage_error(stack: Stack, given: str) -> None:
    done = stack.run("plan", f"--timeout={given}").ok(1)
    assert "is not a duration like 90s or 5m" in done.err
