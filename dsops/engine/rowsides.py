"""What planning rows needs beside what differs: what the state holds of them, and whose they are."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from dsops.engine.rows import RowsAtHand
from dsops.model import Address, Record, RowMark, RowMode, State, rows_holder
from dsops.planner import Declared, DeclaredSide, ForeignCount, RowDelta
from dsops.providers import kind_of

Marks = Callable[[str, Iterable[bytes] | None], Mapping[bytes, RowMark]]
"""What the state holds of the rows of an object: ``StateStore.rows`` or ``Session.rows``."""


def sides_of(
    rows: Mapping[Address, RowsAtHand],
    deltas: Mapping[Address, RowDelta],
    declared: Declared,
    state: State,
    marks: Marks,
) -> dict[Address, DeclaredSide]:
    """Join to the declared rows what is recorded of those that differ."""
    by_place = {(each.connection, each.address.type, each.key): each for each in state.records.values()} if rows else {}
    sides = {}
    for address, each in rows.items():
        place = (declared.resources[address].connection, address.type, declared.keys[address])
        record = state.records.get(address) or by_place.get(place)
        recorded = _recorded(record, each, deltas[address], marks) if record is not None else {}
        sides[address] = DeclaredSide(each.index, each.declared, each.kept, recorded)
    return sides


def _recorded(record: Record, rows: RowsAtHand, delta: RowDelta, marks: Marks) -> Mapping[bytes, RowMark]:
    if record.rows is None or record.rows.key != rows.index.rows.key:
        return {}
    wanted = tuple(delta.keys())
    return marks(rows_holder(record.address.type, record.endpoint, record.remote_id), wanted) if wanted else {}


def strangers_of(
    declared: Declared, state: State, chosen: AbstractSet[Address], marks: Marks
) -> dict[Address, ForeignCount]:
    """Return what counts the rows that dsops never wrote, of objects that are to go and whose rows may be others'."""
    counts = {}
    for address, record in state.records.items():
        if address not in chosen or address in declared.resources:
            continue
        codec = kind_of(address.type).rows
        if codec is not None and record.rows is not None and record.rows.mode is not RowMode.SYNC:
            held = marks(rows_holder(address.type, record.endpoint, record.remote_id), None)
            written = frozenset(key for key, mark in held.items() if mark.written)
            counts[address] = ForeignCount(record.rows.key, codec, written)
    return counts
