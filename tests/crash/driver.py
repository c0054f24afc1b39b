"""Runs dsops and kills it, with SIGKILL, right after something became durable or was answered.

::

    python -m tests.crash.driver BOUNDARY ARGS      boundaries count from 1; 0 kills at none, and tells how many

A boundary is the end of an announcement, a write, a settlement, a save or a note: between announcement and write,
between answer and settlement, and so on. ``CRASH_PART_SIZE`` is how many bytes of rows fit into an upload: a few rows
make several then.
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from dsops.cli.run import run
from dsops.http import Client
from dsops.providers.geai.rows import Rows
from dsops.state.session import LeasedSession

_PLACES = (
    (LeasedSession, "announce"),
    (Client, "write"),
    (LeasedSession, "settle"),
    (LeasedSession, "save"),
    (LeasedSession, "note"),
)


class Boundaries:
    """Counts, and kills at the chosen one."""

    def __init__(self, chosen: int) -> None:
        self.passed = 0
        self._chosen = chosen

    def after(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return the function with a boundary at its end."""

        @functools.wraps(function)
        async def wrapped(*args: Any, **named: Any) -> Any:
            result = await function(*args, **named)
            self.passed += 1
            if self.passed == self._chosen:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return wrapped


def main(arguments: list[str]) -> int:
    """Do as the command line says; returns the exit code."""
    boundaries = Boundaries(int(arguments[0]))
    Rows.part_size = int(os.environ.get("CRASH_PART_SIZE", Rows.part_size))
    for owner, name in _PLACES:
        setattr(owner, name, boundaries.after(getattr(owner, name)))
    code = run(arguments[1:])
    print(boundaries.passed, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
