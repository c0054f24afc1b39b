"""On a terminal: the question, the colours, the moving display, Ctrl-C. And signals without one."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from tests.cli.conftest import Stack
from tests.support import DSOPS

# Makes the pseudo-terminal the one whose Ctrl-C the command hears, then becomes the command.
_WITH_TERMINAL = (
    sys.executable,
    "-c",
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])",
)
QUESTION = "Only yes is taken for yes: "


@dataclass
class Terminal:
    """A command on a pseudo-terminal, and all it has written so far."""

    master: int
    process: subprocess.Popen[bytes]
    text: str = ""
    raw: bytes = field(default=b"", repr=False)

    def wait_for(self, words: str) -> None:
        """Read until the words have appeared."""
        end = time.monotonic() + 40
        while words not in self.text:
            assert time.monotonic() < end, f"{words!r} never came:\n{self.text}"
            if not self._read():
                raise AssertionError(f"ended before {words!r}:\n{self.text}")

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def ended(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        return self.process.wait(20)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], 40)
        assert ready, f"silent:\n{self.text}"
        try:
            chunk = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other end is closed
            chunk = b""
        self.raw += chunk
        self.text = self.raw.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


class Place(Protocol):
    """Where a command runs."""

    @property
    def folder(self) -> Path: ...

    @property
    def env(self) -> dict[str, str]: ...


@contextmanager
def terminal(stack: Place, *args: str, env: dict[str, str] | None = None) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*_WITH_TERMINAL, *DSOPS, *args],
        cwd=stack.folder,
        env={**os.environ, "TERM": "xterm-256color", **stack.env, **(env or {})},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_yes_applies(stack: Stack) -> None:
    with terminal(stack, "apply") as screen:
        screen.wait_for(QUESTION)
        assert f"Apply this: 6 calls to {stack.emulator.url} (mail)?" in screen.text
        assert "\x1b[32;1m+ uipath/Dataset/claims\x1b[0m" in screen.text
        screen.type("yes\n")
        assert screen.ended() == 0
    assert "5 succeeded" in screen.text
    stack.run("plan", "--detailed-exitcode").ok(0)


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n", "\x04"])
def test_anything_else_does_not(stack: Stack, answer: str) -> None:
    with terminal(stack, "apply") as screen:
        screen.wait_for(QUESTION)
        screen.type(answer)
        assert screen.ended() == 1
    assert "Nothing was applied." in screen.text
    stack.run("plan", "--detailed-exitcode").ok(2)


def test_ctrl_c_at_the_question_is_130(stack: Stack) -> None:
    with terminal(stack, "apply") as screen:
        screen.wait_for(QUESTION)
        screen.type("\x03")
        assert screen.ended() == 130
    assert "Traceback" not in screen.text
    stack.run("plan", "--detailed-exitcode").ok(2)
    stack.run("apply", "--auto-approve").ok(0)


def test_nothing_to_do_asks_nothing(stack: Stack) -> None:
    stack.applied()
    with terminal(stack, "apply") as screen:
        assert screen.ended() == 0
    assert QUESTION not in screen.text
    assert "No changes." in screen.text


@pytest.mark.parametrize(("args", "env"), [(("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})])
def test_no_colour_when_told_so(stack: Stack, args: tuple[str, ...], env: dict[str, str]) -> None:
    with terminal(stack, "plan", *args, env=env) as screen:
        assert screen.ended() == 0
    assert "\x1b" not in screen.text
    assert "+ uipath/Dataset/claims" in screen.text


def test_a_moving_display_tells_what_is_in_flight_and_goes_away(stack: Stack) -> None:
    stack.emulator.fault("hold", method="PUT", path=f"/{stack.project}/claims$")
    with terminal(stack, "apply", "--auto-approve") as screen:
        screen.wait_for("1 in flight")
        stack.emulator.release()
        assert screen.ended() == 0
    assert "uipath/Dataset/claims" in screen.text
    assert "5 succeeded" in screen.text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_applying_drains(stack: Stack, number: signal.Signals, code: int) -> None:
    stack.emulator.fault("hold", method="PUT", path=f"/{stack.project}/(claims|collateral)$", times=2)
    with terminal(stack, "apply", "--auto-approve", "--no-color") as screen:
        stack.emulator.wait_until_held(2)
        screen.process.send_signal(number)
        time.sleep(0.3)
        stack.emulator.release()
        assert screen.ended() == code
    assert "Traceback" not in screen.text
    recorded = stack.run("state", "list").ok().out
    assert "uipath/Dataset/claims" in recorded
    assert "uipath/Stream" not in recorded
    stack.run("apply", "--auto-approve").ok(0)
    stack.run("plan", "--detailed-exitcode").ok(0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_planning(stack: Stack, number: signal.Signals, code: int) -> None:
    stack.emulator.fault("hold", method="GET", path="/api/v1/datasets")
    with terminal(stack, "plan", "--no-color") as screen:
        stack.emulator.wait_until_held()
        screen.process.send_signal(number)
        assert screen.ended() == code
        stack.emulator.release()
    assert "Traceback" not in screen.text
