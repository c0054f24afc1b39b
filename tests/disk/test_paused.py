"""A run that is paused in the middle of a save keeps the file locked: others read, and say who it is."""

import os
import signal
import subprocess
import time

import pytest

from dsops.state import open_store
from tests.disk.place import Inject, Place, clear_of_trouble


def paused(place: Place) -> tuple[subprocess.Popen[str], int]:
    """Begin an apply that is stopped before it makes a save durable; return it, and the number of its process."""
    process = place.start("apply", "--auto-approve", before=place.traced(Inject("fdatasync", "signal=SIGSTOP", 4)))
    store = open_store("sqlite:.dsops/default.db", root=place.folder, stack="disk", env=None)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        holder = store.holder()
        if holder and any("stopped by SIGSTOP" in line for line in place.trace()):
            return process, holder.pid
        time.sleep(0.05)
    raise AssertionError("it was never stopped")


@pytest.mark.usefixtures("strace")
def test_others_read_and_say_who_holds_it(place: Place) -> None:
    process, pid = paused(place)
    try:
        place.run("plan", "--detailed-exitcode").ok(2)
        waiting = clear_of_trouble(place.run("apply", "--auto-approve"), 1)
        assert f"This state is in use: dsops apply, pid {pid} by " in waiting.err
        refused = clear_of_trouble(place.run("state", "unlock", "--auto-approve"), 1)
        assert f"It is locked by who holds its lease: dsops apply, pid {pid} by " in refused.err
        assert f"kill -CONT {pid}" in refused.err
    finally:
        os.kill(pid, signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    place.check_converged()
