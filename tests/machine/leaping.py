"""Time that leaps over pauses: an hour of waiting passes at once, and everything sees the same clock.

::

    something is under way              time runs as it always does
    nothing is, and a timer is set      time leaps to the timer, or to that of a thread that waits, if it is sooner

Under way is a request from its first byte until the server has given it all it gets, and whatever a thread does that
has waited with a time limit before. Installed in a process before anything that remembers ``time.monotonic``.
"""

import asyncio
import re
import selectors
import threading
import time
from collections.abc import Callable
from typing import Any

_LOOK = 0.02
_REQUEST = re.compile(rb"[A-Z]+ /\S* HTTP/1\.1\r\n")
_AT_WORK = float("-inf")


class LeapingTime:
    """The clock of a process."""

    def __init__(self) -> None:
        """Begin with the real time."""
        self._monotonic, self._wall = time.monotonic, time.time
        self._ahead = 0.0
        self._shift = 0.0
        self._open: dict[int, int] = {}
        self._threads: dict[threading.Thread, float] = {}
        self._conditions: dict[threading.Thread, threading.Condition] = {}
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

    def open(self, port: int) -> None:
        """Note that a connection begins."""
        with self._lock:
            self._open[port] = 0

    def begin(self, port: int) -> None:
        """Note that a request is under way on a connection."""
        with self._lock:
            self._open[port] += 1

    def done(self, port: int) -> None:
        """Note that one isn't any more."""
        with self._lock:
            if port in self._open:
                self._open[port] -= 1

    def close(self, port: int) -> None:
        """Note that a connection has ended."""
        with self._lock:
            self._open.pop(port, None)

    def start_over(self) -> None:
        """Know of nothing under way."""
        with self._lock:
            self._open.clear()
            self._threads = {thread: until for thread, until in self._threads.items() if thread in self._conditions}

    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        with self._lock:
            return self._idle()

    def leap(self, seconds: float) -> None:
        """Leap forward if nothing is under way, not past the instant for which a thread waits, and wake that one."""
        with self._lock:
            if not self._idle():
                return
            self._ahead += min([seconds, *(until - self.monotonic() for until in self._instants())])
            now = self.monotonic()
            due = [condition for thread, condition in self._conditions.items() if self._threads[thread] <= now]
        for condition in due:
            with condition:
                condition.notify_all()

    def _idle(self) -> bool:
        now = self.monotonic()
        return not any(self._open.values()) and all(until > now for until in self._instants())

    def _instants(self) -> list[float]:
        """Return until when each thread waits; one that is at work waits for nothing."""
        me = threading.current_thread()
        return [until for thread, until in self._threads.items() if thread is not me and thread.is_alive()]

    def _wait_for(self, condition: threading.Condition, timeout: float | None) -> bool:
        me = threading.current_thread()
        if timeout is None and me not in self._threads:
            return self._wait(condition)
        until = float("inf") if timeout is None else self.monotonic() + timeout
        with self._lock:
            self._threads[me], self._conditions[me] = until, condition
        try:
            # Woken by a leap it has waited long enough. So has one that is notified just then: nobody can tell.
            return self._wait(condition, timeout) and self.monotonic() < until
        finally:
            with self._lock:
                self._threads[me] = _AT_WORK
                del self._conditions[me]


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
        self._leaping.open(port)

        def writing(data: Any) -> None:
            if _REQUEST.match(data):  # and not the body of one
                self._leaping.begin(port)
            write(data)

        def losing(exc: Exception | None) -> None:
            self._leaping.close(port)
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
