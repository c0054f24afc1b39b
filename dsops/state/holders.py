"""Whose rows a state holds: rows that lose their last record go with it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dsops.model import Address, Record, RowsPatch, rows_holder


class Holders:
    """Follows what a session saves and drops, and tells which rows are nobody's after that."""

    def __init__(self, records: Mapping[Address, Record], held: Iterable[str]) -> None:
        """Begin with the records as loaded and the holders whose rows are held."""
        self._loaded = records
        self._held = set(held)
        self._now: dict[Address, str | None] = {}
        self._counts: Counter[str] | None = None

    def orphans(
        self, put: Sequence[Record], drop: Sequence[Address], rows: Sequence[RowsPatch]
    ) -> tuple[RowsPatch, ...]:
        """Take what one save does; return the patches that belong to it beside those given."""
        self._held.update(patch.holder for patch in rows)
        moves: dict[Address, str | None] = dict.fromkeys(drop)
        moves.update((record.address, _holder(record)) for record in put)
        left = dict.fromkeys(before for address, after in moves.items() if (before := self._move(address, after)))
        if not left:
            return ()
        if self._counts is None:
            self._counts = self._counted()
        gone = [holder for holder in left if not self._counts[holder]]
        self._held.difference_update(gone)
        return tuple(RowsPatch(holder, clear=True) for holder in gone)

    def _move(self, address: Address, after: str | None) -> str | None:
        """Note what an address holds from now on; return what it held, if rows are held there and it leaves them."""
        before = self._of(address)
        self._now[address] = after
        if before == after:
            return None
        if self._counts is not None:
            self._counts.subtract([before] if before else [])
            self._counts.update([after] if after else [])
        return before if before in self._held else None

    def _of(self, address: Address) -> str | None:
        if address in self._now:
            return self._now[address]
        record = self._loaded.get(address)
        return None if record is None else _holder(record)

    def _counted(self) -> Counter[str]:
        """Count the records of each holder. Reads every record, so only once rows have lost one of theirs."""
        every = {*self._loaded, *self._now}
        return Counter(holder for address in every if (holder := self._of(address)))


def _holder(record: Record) -> str:
    return rows_holder(record.address.type, record.endpoint, record.remote_id)
