"""Taking the lease: who may, when, and what is said to those who may not.

A holder is respected until it is proven dead, or until its heartbeat has stood still for the length of its lease by the
waiter's own clock. Clocks of two machines are never compared: the times a holder wrote down are only shown.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event

from dsops.model import Holder, LeaseHeld, LeaseLost
from dsops.state.base import Backend
from dsops.state.entries import Lease
from dsops.state.process import is_dead, name_of

RENEWALS_PER_LEASE = 4


class Abandoned(Exception):
    """The waiter was told to stop waiting."""


def acquire(
    backend: Backend,
    me: Callable[[], Holder],
    *,
    seconds: float,
    wait: float,
    stop: Event,
    on_event: Callable[[str], None],
) -> tuple[Lease, float]:
    """Take the lease, waiting for at most ``wait`` seconds.

    Returns:
        The lease, and the instant of `time.monotonic` from which it counts.

    Raises:
        LeaseHeld: Somebody else still holds it after that.
        Abandoned: ``stop`` was set.
    """
    began = still_since = time.monotonic()
    seen = backend.look()
    told = False
    while True:
        now = time.monotonic()
        free, why = _free(seen, now - still_since)
        if free and (taken := backend.take(seen, me(), seconds)):
            if seen.holder:
                on_event(f"took over the lease of {name_of(seen.holder)}, {why}")
            return taken, now
        if seen.holder and now - began >= wait:
            raise held(seen.holder)
        if seen.holder and not free:
            if not told:
                on_event(f"waiting for the lease, which {name_of(seen.holder)} holds since {_clock(seen.holder.since)}")
                told = True
            if stop.wait(min(backend.poll, began + wait - now)):
                raise Abandoned
        last, seen = seen, backend.look()
        if (last.token, last.heartbeat) != (seen.token, seen.heartbeat):
            still_since = time.monotonic()


def held(holder: Holder) -> LeaseHeld:
    """Return the refusal that names who holds the lease."""
    return LeaseHeld.of(
        f"This state is in use: {name_of(holder)} holds its lease",
        detail=(
            f"It was taken at {_clock(holder.since)} and runs until {_clock(holder.until)} unless it is renewed. "
            "Only one command at a time may write a state."
        ),
        hint=(
            "Wait for it with --lock-timeout 5m. If that command surely no longer runs, wait until its lease has run "
            "out, or free the state with: dsops state unlock"
        ),
    )


def lost(holder: Holder | None) -> LeaseLost:
    """Return the failure of one who held the lease, given who holds it now."""
    taker = (
        f"{name_of(holder)} took it over at {_clock(holder.since)}"
        if holder
        else "somebody freed it with: dsops state unlock"
    )
    return LeaseLost.of(
        "The lease of this state was lost; nothing more is written",
        detail=f"While this command held it, {taker}.",
        hint="Run the command again: it first finds out what became of the calls that were in flight.",
    )


def _free(lease: Lease, stood_still: float) -> tuple[bool, str]:
    """Whether a lease may be taken, and of a holder, why."""
    if lease.holder is None:
        return True, ""
    if is_dead(lease.holder):
        return True, "which is dead"
    return stood_still >= lease.seconds, f"whose heartbeat has stood still for {lease.seconds:g} s"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
