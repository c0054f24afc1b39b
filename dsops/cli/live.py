"""The moving display of an apply. Imports rich, and is imported only where something moves."""

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dsops.model import Address, Event, EventKind
from dsops.render import printable

_SHOWN = 8


class LiveProgress:
    """A few lines at the bottom of the terminal: how many are done, which are in flight and how far, how many wait."""

    def __init__(self, total: int) -> None:
        """Begin; ``total`` is the number of changes."""
        self._total = total
        self._done = 0
        self._flying: dict[Address, str] = {}
        self._live = Live(
            console=Console(stderr=True, highlight=False, soft_wrap=True),
            get_renderable=self._picture,
            transient=True,
            refresh_per_second=8,
        )
        self._live.start()

    def take(self, event: Event) -> None:
        """Follow an event."""
        if event.address is None:
            return
        if event.kind is EventKind.STARTED:
            self._flying[event.address] = ""
        elif event.kind is EventKind.PROGRESS and event.address in self._flying:
            self._flying[event.address] = event.text
        elif event.kind is EventKind.FINISHED:
            self._flying.pop(event.address, None)
            self._done += 1

    def tell(self, line: str) -> None:
        """Print a line above the display."""
        self._live.console.print(Text.from_ansi(line))

    def close(self) -> None:
        """Remove the display."""
        self._live.stop()

    def _picture(self) -> Text:
        flying = [printable(f"  {address}   {text}".rstrip()) for address, text in self._flying.items()]
        queued = max(0, self._total - self._done - len(flying))
        lines = [f"{self._done:,} done, {len(flying):,} in flight, {queued:,} queued"]
        return Text("\n".join([*lines, *flying[:_SHOWN]]), no_wrap=True, overflow="ellipsis")
