"""Replacing the whole of a state: push, restore, migrate. Each is one commit under the lease, after a backup."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from dsops.model import RowsPatch, StateDamaged, StateError
from dsops.state.base import Backend, StateStore
from dsops.state.belonging import Owner, check_owner
from dsops.state.codec import encode_intent, encode_record
from dsops.state.entries import Delta, HistoryEntry, Lease, Stamp, Whole
from dsops.state.lease import acquire
from dsops.state.process import this_process
from dsops.state.whole.backups import Backups
from dsops.state.whole.dump import encode

SECONDS = 60.0

Tell = Callable[[str], None]


def push(store: StateStore, whole: Whole, owner: Owner, backups: Backups, *, wait: float, on_event: Tell) -> int:
    """Put a state that `dsops state pull` printed in the place of the present one; return its new serial.

    Args:
        store: Where to.
        whole: The state.
        owner: Stack and environment it must belong to.
        backups: Where the present one is kept.
        wait: Seconds to wait for the lease.
        on_event: Told of waiting and of taking over.

    Raises:
        StateError: It is of another lineage, older than the present one, or another stack's.
    """
    check_owner("The file", (whole.state.stack or "", whole.state.env), owner)
    with _held(store, "dsops state push", wait, on_event) as (backend, lease):
        before = store.whole()
        if before:
            _check_lineage(before, whole, "Only versions of one state replace each other.")
            if whole.state.serial < before.state.serial:
                raise StateError.of(
                    f"The file is older than the state: serial {whole.state.serial} against {before.state.serial}",
                    detail="What was written since would be lost.",
                    hint="Pull again and change that; an older state comes back with: dsops state restore FILE",
                )
            backups.keep(before, "push")
        return _replace(backend, lease, before, whole, "dsops state push", f"pushed serial {whole.state.serial}")


def restore(
    store: StateStore, whole: Whole, owner: Owner, backups: Backups, *, wait: float, on_event: Tell
) -> tuple[int, str | None]:
    """Put a backup in the place of the present state; one that is damaged is set aside.

    Returns:
        The new serial, and where the damaged state is now.

    Raises:
        StateError: The backup is another stack's, or the present state can't be reached.
    """
    check_owner("The backup", (whole.state.stack or "", whole.state.env), owner)
    aside = None
    try:
        store.whole()
    except StateDamaged:
        aside = store.set_aside(backups.folder)
    with _held(store, "dsops state restore", wait, on_event) as (backend, lease):
        before = store.whole()
        if before:
            backups.keep(before, "restore")
        summary = f"restored serial {whole.state.serial}"
        return _replace(backend, lease, before, whole, "dsops state restore", summary), aside


def migrate(source: StateStore, target: StateStore, backups: Backups, *, wait: float, on_event: Tell) -> Whole:
    """Copy a state into another store, all of it, compare the copy, and return what was copied. The source stays.

    Raises:
        StateError: There is nothing to copy, or the target holds another lineage or a newer serial.
    """
    command = "dsops state migrate"
    with _held(source, command, wait, on_event):
        whole = source.whole()
        if whole is None:
            raise StateError.of(
                "There is no state to copy", hint="Check the first address: dsops state migrate FROM TO"
            )
        with _held(target, command, wait, on_event) as (backend, lease):
            before = target.whole()
            if before:
                _check_lineage(before, whole, "It would overwrite what is remembered of other objects.")
                if before.state.serial > whole.state.serial:
                    raise StateError.of(
                        f"The target is newer: serial {before.state.serial} against {whole.state.serial}",
                        hint="Migrate in the other direction, or restore the older one there.",
                    )
                backups.keep(before, "migrate")
            _commit(backend, lease, before, whole, whole.state.serial, ())
            if (copied := target.whole()) is None or encode(copied) != encode(whole):
                raise StateError.of(
                    "The copy differs from the original", hint="Leave the stack on its present state, and report this."
                )
    return whole


def _check_lineage(before: Whole, after: Whole, why: str) -> None:
    if before.state.lineage != after.state.lineage:
        raise StateError.of(
            f"There is a state of another lineage: {before.state.lineage}, not {after.state.lineage}",
            detail=why,
            hint="Check that file and stack belong together: -C, --env.",
        )


@contextmanager
def _held(store: StateStore, command: str, wait: float, on_event: Tell) -> Iterator[tuple[Backend, Lease]]:
    """Hold the lease in this thread."""
    backend = store.connect()
    try:
        lease, _ = acquire(
            backend,
            lambda: this_process(command, seconds=SECONDS),
            seconds=SECONDS,
            wait=wait,
            stop=Event(),
            on_event=on_event,
        )
        try:
            yield backend, lease
        finally:
            backend.release(lease)
    finally:
        backend.close()


def _replace(backend: Backend, lease: Lease, before: Whole | None, whole: Whole, command: str, summary: str) -> int:
    serial = max(whole.state.serial, before.state.serial if before else 0) + 1
    who = this_process(command, seconds=0).who
    _commit(backend, lease, before, whole, serial, (HistoryEntry(time.time(), serial, who, command, summary, ()),))
    return serial


def _commit(
    backend: Backend, lease: Lease, before: Whole | None, whole: Whole, serial: int, notes: tuple[HistoryEntry, ...]
) -> None:
    found = backend.read(lease).state
    state = whole.state
    delta = Delta(
        clear=True,
        last_intent=max(whole.last_intent, before.last_intent if before else 0),
        announced={intent.id: encode_intent(intent) for intent in state.intents},
        records={str(address): encode_record(record) for address, record in state.records.items()},
        runs=whole.runs,
        notes=(*whole.history, *notes),
        rows=tuple(RowsPatch(holder, map(marks.__getitem__, marks)) for holder, marks in whole.rows.items()),
        traits={(url, name): value for url, traits in state.traits.items() for name, value in traits.items()},
    )
    backend.commit(lease, Stamp(found.lineage, found.serial), Stamp(state.lineage, serial), delta)
