"""Helpers for tests that run the real thing: the `dsops` command in a subprocess, an emulator in another.

Belongs here: starting, stopping and asking. Does not belong here: expectations, and anything that stands in for our own
code.
"""

from tests.support.commands import DSOPS, Done, run_dsops
from tests.support.emulator import TOKEN, AnsweringEmulator, RunningEmulator, start_emulator

__all__ = [
    "DSOPS",
    "TOKEN",
    "AnsweringEmulator",
    "Done",
    "RunningEmulator",
    "run_dsops",
    "start_emulator",
]
