"""What a plan says of the rows of one dataset: counts, which fields change, the first of each kind."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dsops.model import DeclaredRows, LiveRow, RowChange, RowChanges, RowCodec, Values, canonical
from dsops.planner.rows.index import RowIndex
from dsops.planner.rows.script import RowDelete, RowScript, RowUpdate

SAMPLE = 1000
"""How many rows of each kind a plan names, unless all are asked for."""

_KEY_LENGTH = 120


class Describer:
    """Describes an edit script while the rows that it needs pass by."""

    def __init__(self, index: RowIndex, codec: RowCodec, declared: DeclaredRows, *, full: bool) -> None:
        """Start with nothing described; ``full`` names all rows, and not just the first."""
        self._index = index
        self._fields = codec.fields
        self._declared = declared
        self._most = None if full else SAMPLE
        self._creates: list[RowChange] = []
        self._updates: list[RowChange] = []
        self._deletes: list[RowChange] = []
        self._histogram: Counter[str] = Counter()

    def create(self, number: int, values: Values) -> None:
        """Name a row that is made."""
        if self._room(self._creates):
            self._creates.append(RowChange(self._key(values), self._declared.source(number)))

    def update(self, update: RowUpdate, row: LiveRow, values: Values) -> None:
        """Name a row that changes, and count its fields."""
        fields = tuple(
            (name, was, will) for name, was, will in zip(self._fields, row.values, values, strict=True) if was != will
        )
        self._histogram.update(name for name, _, _ in fields)
        if self._room(self._updates):
            change = RowChange(
                self._key(values),
                self._declared.source(update.number),
                row.remote_id,
                fields,
                update.cause.value,
                update.foreign,
                "its key changes" if update.rekeyed else "",
            )
            self._updates.append(change)

    def delete(self, delete: RowDelete, row: LiveRow) -> None:
        """Name a row that goes."""
        if self._room(self._deletes):
            note = "surplus: another row has its key" if delete.live.number >= 0 else ""
            self._deletes.append(
                RowChange(
                    self._key(row.values),
                    remote_id=row.remote_id,
                    cause=delete.cause.value,
                    foreign=delete.foreign,
                    note=note,
                )
            )

    def changes(self, script: RowScript) -> RowChanges:
        """Return the whole, with what the script says itself."""
        return RowChanges(
            mode=script.mode,
            create=len(script.creates),
            update=len(script.updates),
            delete=len(script.deletes),
            noop=script.noop,
            live=script.live,
            left=script.left,
            foreign=sum(each.foreign for each in script.updates) + sum(each.foreign for each in script.deletes),
            drifted=script.drifted,
            creates=tuple(self._creates),
            updates=tuple(self._updates),
            deletes=tuple(self._deletes),
            fields={name: self._histogram[name] for name in self._fields if name in self._histogram},
            sha256=script.sha256,
        )

    def _room(self, named: Sequence[RowChange]) -> bool:
        return self._most is None or len(named) < self._most

    def _key(self, values: Values) -> str:
        return key_text(self._index.key_values(values))


def key_text(values: Sequence[Any]) -> str:
    """Return a row's key as a person reads it: its fields side by side, cut when long."""
    text = " | ".join(value if isinstance(value, str) else canonical(value).decode() for value in values)
    return text if len(text) <= _KEY_LENGTH else text[: _KEY_LENGTH - 1] + "…"
