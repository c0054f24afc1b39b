"""The thread that holds a lease: it takes it, renews it, commits what the event loop hands over, and gives it back.

    event loop                      thread
    ──────────                      ──────
    submit(deltas) ──────────────▶  queue
    (more arrive meanwhile) ─────▶  queue      everything that is queued when a commit begins shares it
    futures done ◀────────────────  commit     compare token and serial, write, make durable
                                    renew      every 15 s, however busy the event loop is
    stop() ──────────────────────▶  the rest of the queue, release, close

A thread, since making something durable blocks, and since a lease must be renewed while the event loop is busy.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from dsops.model import LeaseLost, StateError
from dsops.state.base import Backend
from dsops.state.entries import Delta, Lease, Snapshot, Stamp, merged
from dsops.state.lease import RENEWALS_PER_LEASE, Abandoned, acquire
from dsops.state.process import this_process


@dataclass(frozen=True, slots=True)
class Request:
    """A delta that waits for its commit, and who waits for it."""

    delta: Delta
    done: asyncio.Future[None]


class Writer:
    """Holds a lease from `start` to `stop`. Its futures belong to the event loop in which it was made."""

    def __init__(
        self,
        connect: Callable[[], Backend],
        *,
        command: str,
        seconds: float,
        wait: float,
        on_event: Callable[[str], None],
    ) -> None:
        self._thread = threading.Thread(target=self._run, name="dsops-state", daemon=True)
        self._connect = connect
        self._command = command
        self._seconds = seconds
        self._pause = seconds / RENEWALS_PER_LEASE
        self._wait = wait
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Condition()
        self._queue: list[Request] = []
        self._flying = 0
        self._stop = threading.Event()
        self._lost: LeaseLost | None = None
        self._ended: BaseException | None = None
        self._since = 0.0
        self.ready: asyncio.Future[Snapshot] = self._loop.create_future()
        self.stopped: asyncio.Future[None] = self._loop.create_future()
        self.commits = 0

    def deadline(self) -> float:
        """Return the instant of `time.monotonic` up to which the lease certainly holds; 0.0 once it is lost or over."""
        over = self._lost or self._ended or self._stop.is_set()
        return 0.0 if over else self._since + self._seconds

    def submit(self, requests: Sequence[Request], flying: int) -> None:
        """Queue requests for the next commit, given how many calls are in flight whose outcome will follow."""
        with self._wake:
            self._flying = flying
            if self._ended is None and not self._stop.is_set():
                self._queue.extend(requests)
                self._wake.notify()
                return
        _resolve_all(requests, self._ended or RuntimeError("this session of the state is over"))

    def stop(self) -> None:
        """Commit what is queued, give the lease back and end; safe to call again."""
        with self._wake:
            self._stop.set()
            self._wake.notify()

    def start(self) -> None:
        """Begin to take the lease; `ready` tells how it went."""
        self._thread.start()

    def join(self) -> None:
        """Wait, blocking, for the end that `stop` brings; `stopped` is the same for those who can await."""
        self._thread.join()

    def _run(self) -> None:
        """Live from the taking of the lease to its release."""
        try:
            self._hold()
        except Abandoned:
            pass
        except BaseException as problem:  # noqa: BLE001 - whatever it is, it must reach those who wait
            self._fail(problem)
        finally:
            self._tell(_resolve, self.stopped, None)

    def _hold(self) -> None:
        backend = self._connect()
        try:
            lease, self._since = acquire(
                backend,
                lambda: this_process(self._command, seconds=self._seconds),
                seconds=self._seconds,
                wait=self._wait,
                stop=self._stop,
                on_event=self._say,
            )
            try:
                snapshot = backend.read(lease)
                self._tell(_resolve, self.ready, snapshot)
                self._serve(backend, lease, Stamp(snapshot.state.lineage, snapshot.state.serial))
            finally:
                self._release(backend, lease)
        finally:
            backend.close()

    def _serve(self, backend: Backend, lease: Lease, stamp: Stamp) -> None:
        """Commit and renew until told to stop. The first commit moves the stamp on; later ones keep it."""
        ours = Stamp(stamp.lineage or str(uuid4()), stamp.serial + 1)
        renewal = self._since + self._pause
        while (requests := self._next(renewal, backend.linger)) is not None:
            if time.monotonic() >= renewal:
                renewal = self._renew(backend, lease)
            if requests and self._commit(backend, lease, stamp, ours, requests):
                stamp = ours

    def _next(self, until: float, linger: float) -> list[Request] | None:
        """Wait for requests until an instant; None when no more will come.

        Where a commit writes a lot, those that are queued wait a little for the outcomes of calls in flight.
        """
        with self._wake:
            if not self._queue and not self._stop.is_set():
                self._wake.wait(max(0.0, until - time.monotonic()))
            end = min(until, time.monotonic() + linger)
            while self._queue and self._flying and not self._stop.is_set() and (left := end - time.monotonic()) > 0:
                if not self._wake.wait(min(left, linger / 5)):  # nothing comes just now
                    break
            requests, self._queue = self._queue, []
            return None if self._stop.is_set() and not requests else requests

    def _commit(self, backend: Backend, lease: Lease, before: Stamp, after: Stamp, requests: list[Request]) -> bool:
        if self._lost:
            self._tell(_resolve_all, requests, self._lost)
            return False
        try:
            backend.commit(lease, before, after, merged([each.delta for each in requests]))
        except StateError as problem:
            if isinstance(problem, LeaseLost):
                self._lost = problem
            self._tell(_resolve_all, requests, problem)
            return False
        except BaseException as problem:
            self._tell(_resolve_all, requests, problem)
            raise
        self.commits += 1
        self._tell(_resolve_all, requests, None)
        return True

    def _renew(self, backend: Backend, lease: Lease) -> float:
        """Count a heartbeat and return when the next is due. Where it fails, the deadline stays where it is."""
        began = time.monotonic()
        try:
            if self._lost is None:
                backend.renew(lease, time.time() + self._seconds)
                self._since = began
        except LeaseLost as problem:
            self._lost = problem
        except StateError:
            return began + self._pause / 10
        return began + self._pause

    def _release(self, backend: Backend, lease: Lease) -> None:
        if self._lost:
            return
        try:
            backend.release(lease)
        except StateError as problem:
            self._say(f"the lease could not be given back and runs out by itself: {problem}")

    def _fail(self, problem: BaseException) -> None:
        with self._wake:
            self._ended = problem
            requests, self._queue = self._queue, []
        self._tell(_resolve, self.ready, problem)
        self._tell(_resolve_all, requests, problem)

    def _say(self, text: str) -> None:
        self._tell(self._on_event, text)

    def _tell(self, function: Callable[..., None], *args: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(function, *args)


def _resolve_all(requests: Sequence[Request], problem: BaseException | None) -> None:
    for each in requests:
        _resolve(each.done, problem)


def _resolve(future: asyncio.Future[Any], value: object) -> None:
    if future.done():  # whoever waited was cancelled
        return
    if isinstance(value, BaseException):
        future.set_exception(value)
    else:
        future.set_result(value)
