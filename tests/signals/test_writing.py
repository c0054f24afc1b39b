"""Commands in the middle of writing: the first signal drains, the second abandons; the next apply does the rest."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.signals.conftest import Stack
from tests.support import TOKEN
from tests.support.geai import held_rows
from tests.support.vi import SECRET

Copy = Callable[[str], Path]
DRAINS = "waiting: interrupted"


def test_a_terminal_that_goes_away_drains(stack: Stack) -> None:
    stack.hold("PUT", "/datasets", times=None)
    running = stack.start("apply", "--auto-approve", "--parallelism", "1", "--format", "json")
    stack.emulator.wait_until_held()
    running.send(signal.SIGHUP)
    running.heard(DRAINS)
    stack.emulator.release()
    report = running.ended().ok(128 + signal.SIGHUP).json
    assert report["signal"] == signal.SIGHUP
    assert report["summary"] == {**report["summary"], "succeeded": 1, "skipped": 1, "sent": 1}
    stack.check_free()
    stack.run("apply", "--auto-approve").ok()
    stack.check_done()


@pytest.fixture
def answers(stack: Stack, example: Copy) -> Stack:
    """The example of evaluations, whose rows go up in parts."""
    stack.folder = example("evaluation")
    stack.env = {**stack.env, "DSOPS_VAR_endpoint": stack.emulator.url, "DSOPS_EXAMPLE_TOKEN": TOKEN}
    stack.run("apply", "--auto-approve").ok()
    rows = stack.folder / "rows/support-faq.jsonl"
    more = "".join(f"{json.dumps({'input': f'Question {n}?', 'expectedAnswer': f'{n}.'})}\n" for n in range(20))
    rows.write_text(rows.read_text(encoding="utf-8") + more, encoding="utf-8")
    stack.emulator.request("DELETE", "/_emulator/requests")
    return stack


@pytest.mark.parametrize("signals", [1, 2])
def test_an_upload_of_rows(answers: Stack, signals: int) -> None:
    answers.hold("POST", "/dataSetRow/FileUpload", times=None)
    interrupted(answers, signals, "apply", "--auto-approve")
    answers.run("apply", "--auto-approve").ok()
    answers.check_done()
    questions = [row["input"] for row in held_rows(answers.emulator.url, "support-faq", project="help-desk")]
    assert len(questions) == len(set(questions))
    assert sum(each.startswith("Question ") for each in questions) == 20
    uploads = [each for each in answers.emulator.requests() if each["path"].endswith("FileUpload")]
    assert len([each for each in uploads if each["committed"]]) == 1


@pytest.mark.parametrize("signals", [1, 2])
def test_waiting_for_a_publication(stack: Stack, example: Copy, signals: int) -> None:
    stack.folder = example("modelarts")
    keys = {"DSOPS_EXAMPLE_ACCESS_KEY": "emulator", "DSOPS_EXAMPLE_SECRET_KEY": "emulator"}
    stack.env = {**stack.env, **keys, "DSOPS_VAR_endpoint": stack.emulator.url}
    stack.hold("GET", "/versions/[^/]+$", times=None)
    interrupted(stack, signals, "apply", "--auto-approve")
    stack.run("apply", "--auto-approve").ok()
    stack.check_done()
    made = [each for each in stack.emulator.requests() if each["method"] == "POST" and each["committed"]]
    assert [each["path"].rpartition("/")[2] for each in made] == ["datasets", "versions"]


@pytest.mark.parametrize("signals", [1, 2])
def test_waiting_for_a_deletion(stack: Stack, example: Copy, signals: int) -> None:
    stack.folder = example("vi")
    stack.env = {**stack.env, "DSOPS_EXAMPLE_VI_TOKEN": SECRET, "DSOPS_VAR_endpoint": stack.emulator.url}
    stack.run("apply", "--auto-approve").ok()
    stack.hold("GET", "/deleteOperation$", times=None)
    interrupted(stack, signals, "destroy", "--auto-approve", "--parallelism", "1")
    stack.run("destroy", "--auto-approve").ok()
    assert stack.run("state", "list", "--format", "json").ok().json == []
    gone = [each for each in stack.emulator.requests() if each["method"] == "DELETE" and each["committed"]]
    assert len(gone) == len({each["path"] for each in gone}) == 2


def interrupted(stack: Stack, signals: int, *command: str) -> None:
    """Run a command that is held, send that many signals, and check how it ends."""
    running = stack.start(*command, "--format", "json")
    stack.emulator.wait_until_held()
    running.send(signal.SIGTERM)
    running.heard(DRAINS)
    if signals == 1:
        stack.emulator.release()
    else:
        running.send(signal.SIGTERM)
    report = running.ended().ok(128 + signal.SIGTERM).json
    assert report["signal"] == signal.SIGTERM
    assert report["summary"]["unknown"] == signals - 1
    stack.emulator.release()
    stack.check_free()
