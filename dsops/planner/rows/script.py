"""The edit script: the fewest calls that keep each row's identity.

=========================================== ============== ============== ==============
live row                                    sync           upsert         insert
=========================================== ============== ============== ==============
none with a declared key                    create         create         create
declared key, other values                  update         update         left
key not declared                            delete         left           left
its key alone changed (*)                   update         create, left   create, left
a further one with a declared key           delete         left           left
=========================================== ============== ============== ==============

(*) Exactly one row that would be deleted and one that would be created agree in all other fields, and no third does.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dsops.model import Cause, DeclaredRows, RowCodec, RowMark, RowMode, key_digest
from dsops.planner.rows.compare import LiveMark, RowDelta
from dsops.planner.rows.index import RowIndex


class RowUpdate(NamedTuple):
    """A live row that becomes a declared one.

    Attributes:
        number: Of the declared row.
        live: The live row.
        cause: Who moved.
        foreign: Whether dsops never wrote the live row.
    """

    number: int
    live: LiveMark
    cause: Cause
    foreign: bool

    @property
    def rekeyed(self) -> bool:
        """Whether its key changes."""
        return self.live.number < 0


class RowDelete(NamedTuple):
    """A live row that goes.

    Attributes:
        live: The live row; one whose key is declared is surplus.
        cause: Who moved.
        foreign: Whether dsops never wrote it.
    """

    live: LiveMark
    cause: Cause
    foreign: bool


@dataclass(frozen=True, slots=True)
class RowScript:
    """What is done to the rows of one dataset.

    Attributes:
        mode: How declared rows relate to live ones.
        creates: Numbers of the rows that are made, rising.
        updates: By number of the declared row.
        deletes: By remote id.
        noop: How many declared rows need nothing.
        live: How many live rows there are.
        left: Live rows that are not as declared and stay so, as the mode wants it.
        drifted: How many rows somebody else changed, added or removed since dsops last wrote them, as far as the mode
            minds it.
        sha256: Over all of it, in hex.
    """

    mode: RowMode
    creates: Sequence[int]
    updates: tuple[RowUpdate, ...]
    deletes: tuple[RowDelete, ...]
    noop: int
    live: int
    left: int
    drifted: int
    sha256: str

    @property
    def count(self) -> int:
        """How many rows are made, changed or deleted."""
        return len(self.creates) + len(self.updates) + len(self.deletes)


def whole_script(index: RowIndex) -> RowScript:
    """Return the script for a dataset that is made anew: every row is created."""
    creates = array("I", range(len(index)))
    mode = index.rows.mode
    return RowScript(mode, creates, (), (), 0, 0, 0, 0, _hashed(mode, index, creates, (), ()))


def edit_script(
    delta: RowDelta, codec: RowCodec, declared: DeclaredRows, recorded: Mapping[bytes, RowMark], *, known: bool
) -> RowScript:
    """Return the fewest changes that bring live rows to the declared ones, as the mode allows.

    Args:
        delta: What differs.
        codec: Of the kind.
        declared: The declared rows; read only where a key may have changed.
        recorded: What the state holds of the rows that differ.
        known: Whether the dataset's rows were applied before: only then a row that is not recorded is somebody else's.
    """
    index = delta.index
    mode = index.rows.mode
    judge = _Judge(index, recorded, known=known)
    updates: list[RowUpdate] = []
    deletes: list[RowDelete] = []
    left = 0
    rekeyed = _rekeyed(delta, codec, declared) if mode is RowMode.SYNC else {}
    if mode is RowMode.INSERT:
        left += len(delta.changed)
    else:
        updates += map(judge.update, (each.number for each in delta.changed), delta.changed)
    if mode is RowMode.SYNC:
        updates += map(judge.update, rekeyed.values(), rekeyed)
        deletes += map(judge.delete, (each for each in (*delta.removed, *delta.surplus) if each not in rekeyed))
    else:
        left += len(delta.removed) + len(delta.surplus)
    updates.sort(key=lambda each: each.number)
    deletes.sort(key=lambda each: each.live.remote_id)
    creates = delta.created
    if rekeyed:
        taken = frozenset(rekeyed.values())
        creates = array("I", (number for number in creates if number not in taken))
    causes = [each.cause for each in updates] + [each.cause for each in deletes]
    moved = sum(cause is not Cause.PENDING for cause in causes)
    return RowScript(
        mode=mode,
        creates=creates,
        updates=tuple(updates),
        deletes=tuple(deletes),
        noop=len(index) - len(creates) - len(updates),
        live=delta.live,
        left=left,
        drifted=moved + judge.lost(creates),
        sha256=_hashed(mode, index, creates, updates, deletes),
    )


class _Judge:
    """Says who moved."""

    def __init__(self, index: RowIndex, recorded: Mapping[bytes, RowMark], *, known: bool) -> None:
        self._index = index
        self._recorded = recorded
        self._known = known

    def update(self, number: int, live: LiveMark) -> RowUpdate:
        mark = self._recorded.get(live.key)
        declared = self._index.content(number)
        cause = Cause.PENDING
        if mark is not None and mark.content != live.content:
            cause = Cause.DRIFT if mark.content == declared else Cause.CONFLICT
        elif mark is None and live.number < 0:  # where its key changed, the row may be recorded under the declared one
            ours = self._recorded.get(self._index.key_of(number))
            if ours is not None:
                cause = Cause.DRIFT if ours.content == declared else Cause.CONFLICT
        return RowUpdate(number, live, cause, mark is None or not mark.written)

    def delete(self, live: LiveMark) -> RowDelete:
        mark = self._recorded.get(live.key)
        cause = Cause.PENDING
        if live.number >= 0 or mark is None:
            cause = Cause.DRIFT if self._known else Cause.PENDING
        elif mark.content != live.content:
            cause = Cause.CONFLICT
        return RowDelete(live, cause, mark is None or not mark.written)

    def lost(self, creates: Sequence[int]) -> int:
        """Count the rows to be made that were there before."""
        if not self._recorded:
            return 0
        return sum(self._index.key_of(number) in self._recorded for number in creates)


def _rekeyed(delta: RowDelta, codec: RowCodec, declared: DeclaredRows) -> dict[LiveMark, int]:
    """Pair a row that would go with one that would be made where they differ in the key alone, and no third does."""
    if not delta.removed or not delta.created:
        return {}
    going = Counter(each.rest for each in delta.removed)
    places = [place for place, name in enumerate(codec.fields) if name not in delta.index.rows.key]
    coming: dict[bytes, list[int]] = {}
    for number, values in zip(delta.created, declared.values(delta.created), strict=True):
        rest = key_digest([values[place] for place in places])
        if going.get(rest) == 1:
            coming.setdefault(rest, []).append(number)
    return {each: coming[each.rest][0] for each in delta.removed if len(coming.get(each.rest, ())) == 1}


def _hashed(
    mode: RowMode, index: RowIndex, creates: Sequence[int], updates: Sequence[RowUpdate], deletes: Sequence[RowDelete]
) -> str:
    """Hash all that is done to which rows. Each part says its length first, so that no two scripts read alike."""
    found = hashlib.sha256(f"{mode} {len(creates)} {len(updates)} {len(deletes)}\n".encode())
    for pair in index.pairs(creates):
        found.update(pair)
    for update in updates:
        live = update.live
        becomes = index.key_of(update.number) + index.content(update.number)
        found.update(live.key + live.content + becomes + _sized(live.remote_id))
    for delete in deletes:
        found.update(delete.live.key + delete.live.content + _sized(delete.live.remote_id))
    return found.hexdigest()


def _sized(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data
