"""What every store offers (`StateStore`, `Session`), and what it has to supply for that (`Backend`)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from dsops.model import Address, Holder, Intent, Record, State
from dsops.state.entries import Delta, HistoryEntry, Lease, PlanRun, Snapshot, Stamp


class Session(Protocol):
    """A held lease. Every write is fenced: it lands only while the lease is ours, else it raises LeaseLost.

    Writes of one event loop that meet share a commit; each returns when its own words are durable. A write that is
    cancelled while it waits may have landed or not. Any write may raise StateError (disk full, file gone, ...): then
    nothing of it is kept.
    """

    @property
    def state(self) -> State:
        """The state as loaded under the lease, before anything was written."""
        ...

    @property
    def commits(self) -> int:
        """How often something was made durable so far, renewals not counted."""
        ...

    def deadline(self) -> float:
        """Return the instant of `time.monotonic` up to which the lease certainly holds; 0.0 once it is lost."""
        ...

    async def announce(self, intents: Sequence[Intent]) -> tuple[Intent, ...]:
        """Write intents (``id`` given as 0) to the journal and return them with their ids; durable on return."""
        ...

    async def settle(
        self, intent_id: int, *, outcome: str, put: Sequence[Record] = (), drop: Sequence[Address] = ()
    ) -> None:
        """Close an open intent, save and drop records, all or nothing; durable on return.

        Raises:
            ValueError: No such intent is open.
        """
        ...

    async def save(self, *, put: Sequence[Record] = (), drop: Sequence[Address] = ()) -> None:
        """Save and drop records, all or nothing; durable on return."""
        ...

    def plan_run(self, plan_id: str) -> PlanRun | None:
        """Return what is known of a plan's apply, what this session wrote included."""
        ...

    async def begin_plan(self, plan_id: str, *, saved: bool) -> None:
        """Note that the apply of a plan begins.

        Raises:
            StateError: It is a saved plan that was applied already, or was begun and overtaken by another run since.
        """
        ...

    async def end_plan(self, plan_id: str, finished: bool) -> None:  # noqa: FBT001 - a fact about the plan, passed along
        """Note that the apply of a plan ended; unless ``finished`` it may be begun again."""
        ...

    async def note(self, summary: str, changes: Sequence[str]) -> None:
        """Add an entry to the history, of which the last 200 are kept."""
        ...


class StateStore(Protocol):
    """Where a stack's state lives.

    Its methods but `lease` block for as long as a file or a request takes.
    """

    def load(self) -> State:
        """Read the state without a lease; `EMPTY_STATE` when there is none yet. Creates nothing.

        Raises:
            StateError: It can't be read, is damaged, of a newer format, or belongs to another stack or environment.
        """
        ...

    def lease(
        self, *, command: str, wait: float, on_event: Callable[[str], None]
    ) -> AbstractAsyncContextManager[Session]:
        """Take the lease and give it back at the end.

        Args:
            command: What is run, for others to read: ``dsops apply``.
            wait: Seconds to wait for a lease that somebody else holds; 0 not at all. Below the length of a lease (60 s)
                a holder that isn't provably dead is never taken over.
            on_event: Is told in words of waiting and of taking over.

        Raises:
            LeaseHeld: Somebody else holds it.
            StateError: As for `load`.
        """
        ...

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        """Return the newest entries of the history, newest first. Raises as `load`."""
        ...

    def holder(self) -> Holder | None:
        """Return who holds the lease, alive or not. Raises as `load`."""
        ...

    def unlock(self) -> Holder | None:
        """Take the lease from its holder and return them; one that lives fails with LeaseLost at its next write."""
        ...


class Backend(Protocol):
    """An open store as the thread of a session uses it. Whatever fails raises StateError."""

    def look(self) -> Lease:
        """Return the lease as it is."""
        ...

    def take(self, seen: Lease, holder: Holder, seconds: float) -> Lease | None:
        """Take the lease if it is still as ``seen``, else return None."""
        ...

    def renew(self, lease: Lease, until: float) -> None:
        """Count one heartbeat and write down, for people, until when. Raises LeaseLost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back if it is still ours."""
        ...

    def read(self, lease: Lease) -> Snapshot:
        """Return the whole, given the lease just taken."""
        ...

    def commit(self, lease: Lease, before: Stamp, after: Stamp, delta: Delta) -> None:
        """Make a delta durable, all or nothing, and set the stamp to ``after``.

        Raises:
            LeaseLost: The lease isn't ours any more.
            StateError: The stamp is not ``before``.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
