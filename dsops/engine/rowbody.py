"""Rows on their way out: bodies built from where rows are declared, and what tells that they arrived."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import (
    Call,
    DeclaredRows,
    DsopsError,
    RowCodec,
    RowMark,
    Values,
    content_digest,
    error,
    key_digest,
)


@dataclass(frozen=True, slots=True)
class RowsToSend:
    """The rows of one resource that a plan may send.

    Attributes:
        codec: Writes them.
        key: Names of the fields that identify a row.
        declared: Where they are read.
        marks: Returns what the state is to hold of all declared rows; None for a saved plan, which doesn't have them.
    """

    codec: RowCodec
    key: tuple[str, ...]
    declared: DeclaredRows
    marks: Callable[[], Iterable[RowMark]] | None = None

    def prepared(self, call: Call) -> tuple[Call, tuple[RowMark, ...]]:
        """Return a call with its body, and what it does to each row.

        Raises:
            DsopsError: The rows are not what they were when the plan was made.
        """
        write = call.rows
        if write is None:
            return call, ()
        if write.body is None:
            return call, self._marks_without_body(call)
        values = list(self.declared.values(write.body.numbers))
        content = write.body.encode([self.codec.document(each) for each in values])
        if hashlib.sha256(content).hexdigest() != write.body.sha256:
            source = self.declared.source(write.body.numbers[0])
            hint = "nothing of this call was sent; plan again"
            raise DsopsError(error(f"{source.file} changed since the plan", hint=hint, source=source))
        # After the first of several calls for one row it is neither as it was nor as it is to be: nothing to record.
        marks = (*self._moved(call), *map(self.mark, values)) if write.settles else ()
        return dataclasses.replace(call, body=content), marks

    def mark(self, values: Values) -> RowMark:
        """Return what the state will hold of a row."""
        return RowMark(self.key_of(values), content_digest(values))

    def key_of(self, values: Values) -> bytes:
        """Return the digest of a row's key."""
        return key_digest([values[each] for each in positions(self.codec, self.key)])

    def target(self, call: Call) -> Values | None:
        """Return the values that an update brings its row to; None for any other call."""
        if call.rows is None or call.rows.number is None:
            return None
        (values,) = self.declared.values([call.rows.number])
        return values

    def _marks_without_body(self, call: Call) -> tuple[RowMark, ...]:
        write, target = call.rows, self.target(call)
        if write is None or not write.settles:
            return ()
        if target is not None:
            return (*self._moved(call), self.mark(target))
        return (RowMark(bytes.fromhex(write.key), None),) if write.key else ()

    def _moved(self, call: Call) -> Iterable[RowMark]:
        """Yield that nothing has the old key any more, where the call changes the key."""
        if call.rows is not None and call.rows.becomes:
            yield RowMark(bytes.fromhex(call.rows.key), None)


class Witness:
    """Looks among live rows for what calls were to bring about (``RowSink``)."""

    def __init__(self, marks: Iterable[RowMark], codec: RowCodec, key: Sequence[str]) -> None:
        """Take the marks; of several with one key the last counts."""
        self._wanted = {each.key: each for each in marks}
        self._codec = codec
        self._positions = positions(codec, key)
        self._seen: dict[bytes, bool] = {}

    def begin(self) -> None:
        """Forget what was seen."""
        self._seen = {}

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Compare rows with the marks."""
        wanted, live, seen, at = self._wanted, self._codec.live, self._seen, self._positions
        for document in documents:
            values = live(document).values
            key = key_digest([values[each] for each in at])
            mark = wanted.get(key)
            if mark is not None:
                seen[key] = seen.get(key, False) or content_digest(values) == mark.content

    @property
    def arrived(self) -> tuple[RowMark, ...]:
        """The marks that live rows agree with."""
        return tuple(each for each in self._wanted.values() if self._is_so(each))

    @property
    def missing(self) -> int:
        """How many rows that were to be there, as they were to be, aren't."""
        return sum(each.content is not None and not self._is_so(each) for each in self._wanted.values())

    @property
    def settled(self) -> bool:
        """Whether every mark is so: also what was to go is gone."""
        return all(map(self._is_so, self._wanted.values()))

    @property
    def untouched(self) -> bool:
        """Whether nothing is there of what was to be written."""
        return not any(each.content is not None and self._is_so(each) for each in self._wanted.values())

    def _is_so(self, mark: RowMark) -> bool:
        return mark.key not in self._seen if mark.content is None else self._seen.get(mark.key, False)


def positions(codec: RowCodec, key: Sequence[str]) -> tuple[int, ...]:
    """Return where the key fields stand among a row's values."""
    return tuple(codec.fields.index(each) for each in key)
