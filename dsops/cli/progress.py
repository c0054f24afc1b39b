"""Progress of a run on stderr: moving on a terminal, lines without one, JSON objects when asked for."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dsops.cli.options import LEVELS, Common
from dsops.cli.output import is_terminal, redraw, say
from dsops.model import Event, EventKind, Status
from dsops.render import event_json, event_text, printable

if TYPE_CHECKING:
    from dsops.cli.live import LiveProgress

_BETWEEN_COUNTS = 5.0
_LEVEL = {
    EventKind.READING: "debug",
    EventKind.STARTED: "debug",
    EventKind.SENT: "debug",
    EventKind.PLANNED: "debug",
    EventKind.FINISHED: "info",
    EventKind.PROGRESS: "info",
    EventKind.RECOVERED: "info",
    EventKind.RETRIED: "warning",
    EventKind.WAITING: "warning",
}


@contextmanager
def progress(common: Common) -> Iterator[Callable[[Event], None]]:
    """Yield a function that takes the engine's events and shows those of the chosen level."""
    shown = _Shown(common)
    try:
        yield shown
    finally:
        shown.close()


class _Shown:
    """Shows events, one way or another."""

    def __init__(self, common: Common) -> None:
        """Prepare; the moving display begins with the first change."""
        self._json = common.log_format == "json"
        self._colour = common.colour_stderr
        self._least = LEVELS.index(common.log_level)
        self._moves = not self._json and is_terminal(sys.stderr) and self._least <= LEVELS.index("info")
        self._live: LiveProgress | None = None
        self._total = 0
        self._counting = False
        self._counted = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if event.kind is EventKind.PLANNED:
            self._total = event.total
        if event.kind is EventKind.PROGRESS and not self._json:
            if self._live is None:
                self._count(event)
            else:
                self._live.take(event)
            return
        if self._moves and event.kind is EventKind.STARTED and self._live is None:
            from dsops.cli.live import LiveProgress

            self._live = LiveProgress(self._total)
        if self._live is not None:
            self._live.take(event)
        if LEVELS.index(_level(event)) >= self._least:
            self._tell(event)

    def close(self) -> None:
        """End the moving display."""
        self._stop_counting()
        if self._live is not None:
            self._live.close()

    def _count(self, event: Event) -> None:
        """Show how far it is: on one line that is written again and again, or now and then on a line of its own."""
        if self._least > LEVELS.index(_level(event)):
            return
        if self._moves:
            redraw(printable(event.text))
            self._counting = True
        elif time.monotonic() - self._counted >= _BETWEEN_COUNTS:
            self._counted = time.monotonic()
            say(event_text(event))

    def _stop_counting(self) -> None:
        if self._counting:
            redraw("")
            self._counting = False

    def _tell(self, event: Event) -> None:
        self._stop_counting()
        if self._json:
            say(event_json(event))
        elif self._live is not None:
            self._live.tell(event_text(event, colour=self._colour))
        else:
            say(event_text(event, colour=self._colour))


def _level(event: Event) -> str:
    if event.kind is EventKind.FINISHED and event.status is not Status.SUCCEEDED:
        return "warning"
    return _LEVEL[event.kind]
