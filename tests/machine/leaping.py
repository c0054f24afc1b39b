"""Time that leaps over pauses: an hour of waiting passes at once, and everything sees the same clock.

::

    something is under way              time runs as it always does
    nothing is, and a timer is set      time leaps to the timer, or to that of a thread that waits, if it is sooner

Under way is a request from its first byte until the server has given it all it gets, and whatever a thread does that
has waited with a time limit before. Installed in a process before anything that remembers ``time.monotonic``.
"""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

_POLL = 0.005
_LOOK = 0.02
_AT_WORK = float("-inf")


class LeapingTime:
    """The clock of a process."""

    def __init__(self) -> None:
        """Begin with the real time."""
        self._monotonic, self._wall = time.monotonic, time.time
        self._ahead = 0.0
        self._shift = 0.0
        self._busy: set[int] = set()
        self._threads: dict[threading.Thread, float] = {}
        self._lock = threading.Lock()
        self._wait: Callable[..., bool] = threading.Condition.wait

    def install(self) -> None:
        """Be the time of this process from now on."""
        time.monotonic, time.time = self.monotonic, self.wall
        leaping = self

        def wait(self: threading.Condition, timeout: float | None = None) -> bool:
            return leaping._wait_for(self, timeout)

        threading.Condition.wait = wait  # type: ignore[method-assign]
        asyncio.set_event_loop_policy(_Policy(self))

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return self._monotonic() + self._ahead

    def wall(self) -> float:
        """Unix time."""
        return self._wall() + self._ahead + self._shift

    def set_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as people and time servers do."""
        self._shift += seconds

    def begin(self, port: int) -> None:
        """Note that a request is under way from a port."""
        with self._lock:
            self._busy.add(port)

    def done(self, port: int) -> None:
        """Note that it isn't any more."""
        with self._lock:
            self._busy.discard(port)

    def start_over(self) -> None:
        """Know of nothing under way."""
        with self._lock:
            self._busy.clear()
            self._threads.clear()

    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        with self._lock:
            return self._idle()

    def leap(self, seconds: float) -> None:
        """Leap forward if nothing is under way, not past the instant for which a thread waits."""
        with self._lock:
            if self._idle():
                self._ahead += min([seconds, *(until - self.monotonic() for until in self._instants())])

    def _idle(self) -> bool:
        now = self.monotonic()
        return not self._busy and all(until > now for until in self._instants())

    def _instants(self) -> list[float]:
        """Return until when each thread waits; one that is at work waits for nothing."""
        me = threading.current_thread()
        return [until for thread, until in self._threads.items() if thread is not me and thread.is_alive()]

    def _wait_for(self, condition: threading.Condition, timeout: float | None) -> bool:
        until = float("inf") if timeout is None else self.monotonic() + timeout
        me = threading.current_thread()
        known = me in self._threads or timeout is not None
        try:
            while True:
                if known:
                    with self._lock:
                        self._threads[me] = until
                left = None if timeout is None else min(max(0.0, until - self.monotonic()), _POLL)
                if self._wait(condition, left):
                    return True
                if self.monotonic() >= until:
                    return False
        finally:
            if known:
                with self._lock:
                    self._threads[me] = _AT_WORK


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, leaping: LeapingTime) -> None:
        super().__init__()
        self._leaping = leaping

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _Loop(self._leaping)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose timers need no patience, and which knows which of its requests are under way."""

    def __init__(self, leaping: LeapingTime) -> None:
        super().__init__(_Selector(leaping))
        self._leaping = leaping

    async def create_connection(self, factory: Any, *args: Any, **more: Any) -> Any:  # type: ignore[override]
        transport, protocol = await super().create_connection(factory, *args, **more)
        port = transport.get_extra_info("sockname")[1]
        write, lost = transport.write, protocol.connection_lost

        def writing(data: Any) -> None:
            self._leaping.begin(port)
            write(data)

        def losing(exc: Exception | None) -> None:
            self._leaping.done(port)
            lost(exc)

        transport.write, protocol.connection_lost = writing, losing  # type: ignore[method-assign]
        return transport, protocol


class _Selector(selectors.DefaultSelector):
    def __init__(self, leaping: LeapingTime) -> None:
        super().__init__()
        self._leaping = leaping

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        idle = self._leaping.is_idle()  # asked first: what a server has given before that, select finds
        events = super().select(0)
        if events:
            return events
        if idle and timeout is not None:
            self._leaping.leap(timeout)
            return []
        return super().select(_LOOK if timeout is None else min(timeout, _LOOK))
