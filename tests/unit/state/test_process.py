"""What is proof of death, with real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsops.model import Holder
from dsops.state.codec import decode_holder
from dsops.state.process import is_dead, this_process

TELL = """
import sys
from dsops.state.codec import encode_holder
from dsops.state.process import this_process
print(encode_holder(this_process("dsops apply", seconds=60)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", TELL], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


def heard(process: subprocess.Popen[str]) -> Holder:
    assert process.stdout
    return decode_holder(process.stdout.readline())


def test_this_process_says_who_it_is() -> None:
    me = this_process("dsops apply", seconds=60)
    assert me.pid == os.getpid()
    assert me.who.endswith(f"@{os.uname().nodename}")
    assert me.until - me.since == pytest.approx(60)
    assert me.started
    assert me.boot_id
    assert not is_dead(me)


def test_a_process_is_dead_only_after_its_end(other: subprocess.Popen[str]) -> None:
    holder = heard(other)
    assert holder.pid == other.pid
    assert not is_dead(holder)
    os.kill(other.pid, signal.SIGSTOP)
    assert not is_dead(holder)
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(holder)  # still a zombie
    other.wait()
    assert is_dead(holder)


def test_a_number_that_was_given_to_another_process_is_no_life() -> None:
    me = this_process("dsops apply", seconds=60)
    assert me.started
    assert is_dead(replace(me, started=me.started - 1))


def test_the_process_of_somebody_else_lives() -> None:
    me = this_process("dsops apply", seconds=60)
    first = replace(me, pid=1)
    assert is_dead(first)  # number 1 lives, and began before us
    assert not is_dead(replace(first, started=_start_of(1)))


def _start_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


def test_without_proof_nobody_is_dead(other: subprocess.Popen[str]) -> None:
    holder = heard(other)
    other.kill()
    other.wait()
    assert is_dead(holder)
    assert not is_dead(replace(holder, boot_id="another"))
    assert not is_dead(replace(holder, boot_id=None))
    assert not is_dead(replace(holder, started=None))
