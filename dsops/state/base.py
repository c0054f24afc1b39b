"""What every store offers (`StateStore`, `Session`), and what it has to supply for that (`Backend`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from dsops.model import Address, Holder, Intent, Record, RowMark, RowsPatch, State
from dsops.state.entries import Delta, HistoryEntry, Lease, PlanRun, Snapshot, Stamp, Whole


class Session(Protocol):
    """A held lease. Every write is fenced: it lands only while the lease is ours, else it raises LeaseLost.

    Writes of one event loop that meet share a commit; each returns when its own words are durable. A write that is
    cancelled while it waits may have landed or not. Any write may raise StateError (disk full, file gone, ...): then
    nothing of it is kept.

    Rows belong to the object that a record stands for (``rows_holder``): where a save leaves an object without any
    record, its rows go in the same commit. What a ``RowsPatch`` puts is read once, in another thread, while the store
    is locked: it may be a generator and as long as need be, but must wait for nothing and for nobody, and what it reads
    must not change meanwhile.
    """

    @property
    def state(self) -> State:
        """The state as loaded under the lease, before anything was written."""
        ...

    @property
    def commits(self) -> int:
        """How often something was made durable so far, renewals not counted."""
        ...

    @property
    def wave(self) -> int:
        """How many calls are worth announcing before the first of them has ended: where a commit writes a lot."""
        ...

    def deadline(self) -> float:
        """Return the instant of `time.monotonic` up to which the lease certainly holds; 0.0 once it is lost."""
        ...

    async def announce(self, intents: Sequence[Intent]) -> tuple[Intent, ...]:
        """Write intents (``id`` given as 0) to the journal and return them with their ids; durable on return."""
        ...

    async def settle(
        self,
        intent_id: int,
        *,
        outcome: str,
        put: Sequence[Record] = (),
        drop: Sequence[Address] = (),
        rows: Sequence[RowsPatch] = (),
    ) -> None:
        """Close an open intent, save and drop records, change the rows held, all or nothing; durable on return.

        Raises:
            ValueError: No such intent is open.
        """
        ...

    async def save(
        self,
        *,
        put: Sequence[Record] = (),
        drop: Sequence[Address] = (),
        rows: Sequence[RowsPatch] = (),
        traits: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Save and drop records, change the rows held, add traits, all or nothing; durable on return.

        Args:
            put: Records to save.
            drop: Addresses to drop; one that is put too stays.
            rows: Changes of the rows held, made in order.
            traits: Endpoint to name to value; those not named stay as they are.
        """
        ...

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read the rows held, with everything that is durable by now; see `StateStore.rows`."""
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

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read what is held of one object's rows, without a lease; from any thread.

        Args:
            holder: The object (``rows_holder``).
            keys: Digests of the keys asked for; None for all.

        Returns:
            Marks by key, empty where nothing is held. A million take some 35 MB, twice that while they are read. A mark
            that is damaged raises StateError when it is asked for.

        Raises:
            StateError: As for `load`.
            ValueError: A key is no digest.
        """
        ...

    def row_counts(self) -> Mapping[str, int]:
        """Return how many rows are held, by holder. Raises as `load`."""
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

    def whole(self) -> Whole | None:
        """Return all that is held, as of one instant; None where there is no state yet. Raises as `load`."""
        ...

    def set_aside(self, folder: Path) -> str:
        """Move a state that is damaged out of the way, beside itself or into a folder; return where it is now."""
        ...

    def connect(self) -> "Backend":
        """Open the store for one thread that writes. Raises as `load`."""
        ...


class Backend(Protocol):
    """An open store as the thread of a session uses it. Whatever fails raises StateError."""

    @property
    def poll(self) -> float:
        """Seconds between two looks at a lease that somebody else holds."""
        ...

    @property
    def linger(self) -> float:
        """Seconds that a commit may wait for the outcomes of calls in flight, where each commit writes a lot."""
        ...

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

        While it lasts nobody else may be able to take the lease, however long the rows of the delta take, and it leaves
        a new heartbeat where it may have taken long.

        Raises:
            LeaseLost: The lease isn't ours any more.
            StateError: The stamp is not ``before``.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
