"""The calls of an edit script. Bodies are hashed here, part by part, and built again when they are sent."""

import dataclasses
import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.model import (
    Attributes,
    Call,
    LiveRow,
    NaturalKey,
    Reference,
    RowAction,
    RowCodec,
    RowsBody,
    RowWrite,
    Values,
)
from dsops.planner.rows.index import RowIndex
from dsops.planner.rows.script import RowDelete, RowUpdate


@dataclass(frozen=True, slots=True)
class Target:
    """The dataset whose rows are written.

    Attributes:
        owner: Its remote id, or a reference where it is made first.
        key: Its natural key.
        attributes: What it is made with, where one call makes it together with rows; None where it is there, or is
            made by a call of its own.
        finer: Whether a row's update leaves nested lists alone at this provider, so that finer calls write them.
    """

    owner: str | Reference
    key: NaturalKey = ()
    attributes: Attributes | None = None
    finer: bool = False


@dataclass(frozen=True, slots=True)
class RowCalls:
    """What is sent for the rows of one dataset.

    Attributes:
        parts: Calls that make rows, each to follow the one before; where the dataset is made together with rows the
            first one makes it.
        single: Calls for one row each; those of one row follow one another, rows don't wait for each other.
    """

    parts: tuple[Call, ...] = ()
    single: tuple[tuple[Call, ...], ...] = ()


class CallWriter:
    """Makes the calls while the rows that they need pass by. Holds one part at most."""

    def __init__(self, index: RowIndex, codec: RowCodec, target: Target) -> None:
        """Start without calls."""
        self._index = index
        self._codec = codec
        self._target = target
        self._parts: list[Call] = []
        self._single: list[tuple[Call, ...]] = []
        self._rows: list[bytes] = []
        self._size = 0
        self._begin_part()

    def create(self, number: int, values: Values) -> None:
        """Put a row into an upload; rows come in rising order."""
        row = orjson.dumps(self._codec.document(values), option=orjson.OPT_SORT_KEYS)
        size = self._size + len(row) + (1 if self._rows else 0)
        if self._rows and size > self._codec.part_size:
            self._end_part()
            size = self._size + len(row)
        self._numbers.append(number)
        self._rows.append(row)
        self._size = size

    def update(self, update: RowUpdate, document: Mapping[str, Any], row: LiveRow, values: Values) -> None:
        """Rewrite a row: one call, or where the provider needs them finer ones."""
        if self._target.finer:
            calls = self._finer(update, document, row, values)
        else:
            calls = [self._rewrite(update, row, values, nested=True)]
        live = update.live
        becomes = self._index.key_of(update.number) if update.rekeyed else b""
        write = RowWrite(
            RowAction.UPDATE,
            key=live.key.hex(),
            becomes=becomes.hex(),
            was=live.content.hex(),
            remote_id=live.remote_id,
            number=update.number,
        )
        self._single.append(
            tuple(
                dataclasses.replace(
                    call,
                    rows=dataclasses.replace(
                        write, body=call.rows.body if call.rows else None, settles=place == len(calls)
                    ),
                )
                for place, call in enumerate(calls, 1)
            )
        )

    def delete(self, delete: RowDelete, row: LiveRow) -> None:
        """Delete a row."""
        call = self._codec.delete(self._owner, row)
        live = delete.live
        key = "" if live.number >= 0 else live.key.hex()  # of a surplus row another one keeps the key
        write = RowWrite(RowAction.DELETE, key=key, was=live.content.hex(), remote_id=live.remote_id)
        self._single.append((dataclasses.replace(call, rows=write),))

    def calls(self) -> RowCalls:
        """Return all calls."""
        if self._rows:
            self._end_part()
        return RowCalls(tuple(self._parts), tuple(self._single))

    @property
    def _owner(self) -> str:
        if isinstance(self._target.owner, Reference):
            raise TypeError("a dataset that is to be made has no rows yet")
        return self._target.owner

    @property
    def _makes_the_dataset(self) -> bool:
        """Whether the part at hand is the first one, and makes the dataset too."""
        return self._target.attributes is not None and not self._parts

    def _begin_part(self) -> None:
        around = len(b"[]")
        if self._makes_the_dataset:
            around = len(_body(self._part_call(array("I"))).joined(()))
        self._numbers = array("I")
        self._rows = []
        self._size = around

    def _end_part(self) -> None:
        call = self._part_call(self._numbers)
        self._parts.append(_filled(call, self._numbers, _body(call).joined(self._rows)))
        self._begin_part()

    def _part_call(self, numbers: Sequence[int]) -> Call:
        target = self._target
        if self._makes_the_dataset and target.attributes is not None:
            return self._codec.create(target.key, target.attributes, numbers)
        return self._codec.upload(target.owner, numbers)

    def _finer(self, update: RowUpdate, document: Mapping[str, Any], row: LiveRow, values: Values) -> list[Call]:
        nested = self._codec.nested
        differing = {
            name for name, was, will in zip(self._codec.fields, row.values, values, strict=True) if was != will
        }
        calls = [self._rewrite(update, row, values, nested=False)] if differing - nested else []
        if differing & nested:
            calls += self._codec.finer(self._owner, document, values)
        return calls

    def _rewrite(self, update: RowUpdate, row: LiveRow, values: Values, *, nested: bool) -> Call:
        numbers = array("I", (update.number,))
        call = self._codec.update(self._owner, row, numbers, nested=nested)
        return _filled(call, numbers, _body(call).encode((self._codec.document(values),)))


def _body(call: Call) -> RowsBody:
    if call.rows is None or call.rows.body is None:
        raise TypeError(f"{call.method} {call.target} was to send rows, and has none")
    return call.rows.body


def _filled(call: Call, numbers: Sequence[int], content: bytes) -> Call:
    """Put into a call which rows it sends, how long its body is and what it hashes to."""
    body = dataclasses.replace(
        _body(call), numbers=numbers, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
    write = call.rows or RowWrite(RowAction.CREATE)
    return dataclasses.replace(call, rows=dataclasses.replace(write, body=body))
