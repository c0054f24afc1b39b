"""Whoever reads the results goes away, or can't take them: the work is done and recorded all the same."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_terminal import QUESTION, terminal
from tests.signals.conftest import Stack
from tests.support import DSOPS


def shell(stack: Stack, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `dsops` is ours; a pipe ends as its worst part."""
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; dsops() {{ {" ".join(DSOPS)} "$@"; }}; {line}'],
        cwd=stack.folder,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("dsops plan | head -n 1", 0),
        ("dsops plan --detailed-exitcode --format json | head -c 1", 2),
        ("dsops apply --auto-approve 2>&1 >/dev/null | true", 0),
    ],
)
def test_a_reader_that_goes_away_is_no_trouble(stack: Stack, line: str, code: int) -> None:
    done = shell(stack, line)
    assert (done.returncode, done.stderr) == (code, "")
    if "apply" in line:
        stack.check_done()


@pytest.mark.parametrize("line", ["dsops apply --auto-approve", "dsops apply --auto-approve --format json"])
def test_an_apply_that_cannot_tell_is_an_error_and_done(stack: Stack, line: str) -> None:
    done = shell(stack, f"{line} > /dev/full")
    assert done.returncode == 1
    assert done.stderr.endswith("error: the result could not be written: No space left on device\n")
    stack.check_done()
    stack.check_free()


@pytest.mark.parametrize("line", ["dsops plan --detailed-exitcode", "dsops drift"])
def test_what_was_found_and_could_not_be_told_is_an_error(stack: Stack, line: str) -> None:
    """Exit 2 says that there is something to read."""
    if "plan" not in line:
        stack.run("apply", "--auto-approve").ok()
        stack.emulator.request("POST", "/api/v1/datasets/signals/a", {"dataset": {"title": "moved"}})
    done = shell(stack, f"{line} > /dev/full")
    assert done.returncode == 1
    assert "could not be written: No space left on device" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_stop_no_apply(stack: Stack, closed: str) -> None:
    assert shell(stack, f"dsops apply --auto-approve {closed}").returncode == 0
    stack.check_done()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_at_the_question(stack: Stack, number: signal.Signals) -> None:
    with terminal(stack, "apply", env={"NO_COLOR": "1"}) as screen:
        screen.wait_for(QUESTION)
        screen.process.send_signal(number)
        assert screen.ended() == 128 + number
    nothing_was_done(stack, screen.text)


def test_a_terminal_that_goes_away_at_the_question(stack: Stack) -> None:
    with terminal(stack, "apply", env={"NO_COLOR": "1"}) as screen:
        screen.wait_for(QUESTION)
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), screen.master)  # and with it our end of the terminal is closed
        assert screen.process.wait(60) == 128 + signal.SIGHUP
    nothing_was_done(stack, screen.text)


def nothing_was_done(stack: Stack, told: str) -> None:
    assert "Traceback" not in told
    assert all(each["method"] == "GET" for each in stack.emulator.requests())
    stack.check_free()
