"""The state of the chosen stack, for the `dsops state` commands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from dsops.cli.options import Common
from dsops.cli.output import say
from dsops.cli.workspace import load_stack
from dsops.model import Address, DsopsError, Record
from dsops.state import StateStore, open_store

if TYPE_CHECKING:
    from dsops.state.whole import Backups, Whole


def store_of(common: Common) -> StateStore:
    """Return the store of the chosen stack and environment."""
    return chosen(common).store


@dataclass(frozen=True, slots=True)
class Chosen:
    """The state of the chosen stack and environment, and what it takes to open another of the same stack.

    Attributes:
        stack: The stack's name.
        env: The environment.
        root: The stack folder.
        address: Of its state.
    """

    stack: str
    env: str | None
    root: Path
    address: str

    @property
    def owner(self) -> tuple[str, str | None]:
        """Stack and environment."""
        return self.stack, self.env

    @property
    def backups(self) -> "Backups":
        """Its backups."""
        from dsops.state.whole import Backups

        return Backups(self.root, self.env)

    @property
    def store(self) -> StateStore:
        """Its store."""
        return self.at(self.address)

    def at(self, address: str) -> StateStore:
        """Return the store of an address, for this stack."""
        return open_store(address, root=self.root, stack=self.stack, env=self.env)


def chosen(common: Common) -> Chosen:
    """Return the state of the chosen stack and environment."""
    stack, _ = load_stack(common)
    return Chosen(stack.name, stack.env, Path(stack.root), stack.state)


def tell(words: str) -> None:
    """Tell what a store is waiting for or does; it names whoever else holds the lease."""
    from dsops.render import printable

    say(printable(words))


def counted_rows(whole: "Whole") -> int:
    """Return how many rows a state holds."""
    return sum(map(len, whole.rows.values()))


def recorded(records: Mapping[Address, Record], address: Address) -> Record:
    """Return a record.

    Raises:
        DsopsError: There is none; the hint names one that is near.
    """
    if address in records:
        return records[address]
    near = get_close_matches(str(address), map(str, records), n=1)
    hint = f"Did you mean {near[0]}?" if near else "dsops state list tells what is recorded."
    raise DsopsError.of(f"{address} is not recorded", hint=hint)


def held_rows(store: StateStore, records: Iterable[Record]) -> Mapping[str, int]:
    """Return how many rows the state holds, by holder; they are counted only where a record has some."""
    return store.row_counts() if any(record.rows is not None for record in records) else {}


async def rewrite(
    place: Chosen,
    verb: str,
    *,
    put: Sequence[Record],
    drop: Sequence[Address],
    seen: int,
    wait: float,
    summary: str,
) -> None:
    """Save and drop records under the lease, once the state as it was is kept as a backup; note it in the history.

    Args:
        place: The state.
        verb: What is done, ``mv``.
        put: Records to save.
        drop: Addresses to drop.
        seen: Serial of the state that this was decided on.
        wait: Seconds to wait for the lease.
        summary: For the history.

    Raises:
        DsopsError: Somebody holds the lease, or wrote the state in between.
    """
    store = place.store
    async with store.lease(command=f"dsops state {verb}", wait=wait, on_event=tell) as session:
        if session.state.serial != seen:
            raise DsopsError.of("the state was written by another run just now", hint="Give the command again.")
        if whole := store.whole():
            place.backups.keep(whole, verb)
        await session.save(put=put, drop=drop)
        await session.note(summary, [])
