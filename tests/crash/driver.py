"""Runs dsops and kills it, with SIGKILL, where something became durable or was answered.

::

    python -m tests.crash.driver BOUNDARY ARGS      boundaries count from 1; 0 kills at none, and tells how many

A boundary is the end of an announcement, a write, a settlement, a save or a note: between announcement and write,
between answer and settlement, and so on; ``journal:BOUNDARY`` says so. With ``all:BOUNDARY`` there are far more: before
and after each request, be it read or write, each commit of the store, and each taking and giving back of the lease.
``CRASH_PART_SIZE`` is how many bytes of rows fit into an upload: a few rows make several then.
"""

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from dsops.cli.run import run
from dsops.http import Client
from dsops.http.exchange import Exchange
from dsops.providers.geai.rows import Rows
from dsops.state.session import LeasedSession
from dsops.state.writer import Writer

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

    def here(self) -> None:
        """Be at one."""
        self.passed += 1
        if self.passed == self._chosen:
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return the function with a boundary at its end."""

        @functools.wraps(function)
        async def wrapped(*args: Any, **named: Any) -> Any:
            result = await function(*args, **named)
            self.here()
            return result

        return wrapped

    def around(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return the function with a boundary before it and one after it."""
        ended = self.after(function)

        @functools.wraps(function)
        async def wrapped(*args: Any, **named: Any) -> Any:
            self.here()
            return await ended(*args, **named)

        return wrapped


class _Watched:
    """A store in the thread of its session, with boundaries around all that it makes durable."""

    def __init__(self, backend: Any, here: Callable[[], None]) -> None:
        self._backend = backend
        self._here = here

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name not in {"take", "commit", "release"}:
            return found

        def watched(*args: Any) -> Any:
            self._here()
            result = found(*args)
            self._here()
            return result

        return watched


def main(arguments: list[str]) -> int:
    """Do as the command line says; returns the exit code."""
    which, _, number = arguments[0].rpartition(":")
    boundaries = Boundaries(int(number))
    Rows.part_size = int(os.environ.get("CRASH_PART_SIZE", Rows.part_size))
    if which == "all":
        _watch_everything(boundaries)
    else:
        for owner, name in _PLACES:
            setattr(owner, name, boundaries.after(getattr(owner, name)))
    code = run(arguments[1:])
    print(boundaries.passed, file=sys.stderr)
    return code


def _watch_everything(boundaries: Boundaries) -> None:
    Exchange.once = boundaries.around(Exchange.once)  # type: ignore[assignment, method-assign]
    hold = Writer._hold

    def watched(writer: Writer) -> None:
        connect = writer._connect
        writer._connect = lambda: _Watched(connect(), boundaries.here)
        hold(writer)

    Writer._hold = watched  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
