"""When something goes wrong: on the way to a provider, with the output, or in dsops itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Stack
from tests.support import DSOPS, run_dsops


def shell(stack: Stack, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `dsops` is ours."""
    command = " ".join(DSOPS)
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; dsops() {{ {command} "$@"; }}; {line}'],
        cwd=stack.folder,
        env=os.environ | stack.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_refused_call_makes_3_and_apply_again_does_only_the_rest(stack: Stack) -> None:
    stack.emulator.fault("error_before", method="PUT", path=f"/{stack.project}/claims$", status=403)
    done = stack.run("apply", "--auto-approve").ok(3)
    stack.emulator.release()
    assert "failed create uipath/Dataset/claims" in done.out
    assert "skipped create uipath/Stream/urgent-claims" in done.out
    assert "Apply: 3 succeeded, 1 failed, 1 skipped." in done.out
    assert "Apply again: it does only the rest." in done.out
    again = stack.run("apply", "--auto-approve").ok(0)
    assert "Apply: 2 succeeded. 2 calls." in again.out


def test_a_lost_answer_is_settled_and_no_duplicate_made(stack: Stack) -> None:
    stack.emulator.fault("drop_after", method="PUT", path=f"/{stack.project}/claims$")
    done = stack.run("apply", "--auto-approve", "--format", "json").ok(0)
    assert done.json["summary"]["succeeded"] == 5
    stack.run("plan", "--detailed-exitcode").ok(0)


def test_on_error_stop_begins_nothing_more(stack: Stack) -> None:
    stack.emulator.fault("error_before", method="PUT", path=f"/{stack.project}/claims$", status=403)
    done = stack.run("apply", "--auto-approve", "--on-error", "stop", "--parallelism", "1", "--format", "json").ok(3)
    stack.emulator.release()
    assert done.json["summary"]["succeeded"] <= 1
    assert done.json["summary"]["skipped"] >= 3


def test_a_reader_that_goes_away_does_not_cut_an_apply_short(stack: Stack) -> None:
    done = shell(stack, "dsops apply --auto-approve 2>/dev/null | true")
    assert (done.returncode, done.stderr) == (0, "")
    stack.run("plan", "--detailed-exitcode").ok(0)


def test_a_result_that_cannot_be_written_is_an_error(stack: Stack) -> None:
    done = shell(stack, "dsops plan > /dev/full")
    assert done.returncode == 1
    assert "could not be written: No space left on device" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_terminal_and_no_trouble(stack: Stack, closed: str) -> None:
    done = shell(stack, f"dsops plan --detailed-exitcode {closed}")
    assert done.returncode == 2
    assert done.stderr == ""
    assert shell(stack, f"dsops apply {closed}").returncode == 1


def test_a_bug_shows_where_it_is(tmp_path: Path) -> None:
    module = "import click\n\n@click.command\ndef command():\n    raise RuntimeError('quite unexpected')\n"
    (tmp_path / "broken.py").write_text(module)
    program = (
        "import sys; from dsops.cli.run import COMMANDS, run; "
        "COMMANDS['broken'] = ('broken', 'breaks'); sys.exit(run(['broken']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "RuntimeError: quite unexpected" in done.stderr
    assert done.stderr.endswith("This is a bug in dsops: please report it with the lines above.\n")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "nowhere" in run_dsops("-C", tmp_path / "nowhere", "plan").ok(1).err


def test_a_plan_that_cannot_be_saved_is_an_error(stack: Stack) -> None:
    done = stack.run("plan", "--save", "no/such/folder/it.plan").ok(1)
    assert "can't be saved" in done.err


def test_what_a_provider_says_cannot_move_the_cursor(stack: Stack) -> None:
    stack.applied().change_stream("collateral", "dispute", title="\x1b[2J\x1b]0;owned\x07\u202e")
    for args in (("plan",), ("drift",), ("plan", "--format", "json"), ("drift", "--format", "markdown")):
        told = stack.run(*args).out
        assert all(each.isprintable() or each == "\n" for each in told)
        assert "owned" in told
