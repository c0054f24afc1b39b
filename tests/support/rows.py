"""Rows in memory: what the planner is given of declared and live ones."""

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import orjson

from dsops.model import Call, RowCodec, RowMark, RowMode, RowSet, Source, Values
from dsops.planner import DeclaredSide, RowComparison, RowDelta, RowIndex
from dsops.planner.rows import RowCalls

Document = Mapping[str, Any]


class Declared:
    """Declared rows, held in memory; each stands on its own line of one file. Counts what is read of them."""

    def __init__(self, rows: Sequence[Values]) -> None:
        """Keep them."""
        self.rows = rows
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, numbers: Iterable[int]) -> Iterator[Values]:
        """Yield those asked for."""
        for number in numbers:
            self.read.append(number)
            yield self.rows[number]

    def source(self, number: int) -> Source:
        """Return its line."""
        return Source("rows.jsonl", number + 1)


class Kept:
    """Documents of live rows, held in memory."""

    def __init__(self) -> None:
        """Hold none."""
        self.documents: list[Document] = []

    def keep(self, document: Document) -> int:
        """Keep one."""
        self.documents.append(document)
        return len(self.documents) - 1

    def get(self, number: int) -> Document:
        """Return one."""
        return self.documents[number]


def compared(
    codec: RowCodec,
    rows: RowSet,
    declared: Sequence[Document],
    live: Sequence[Document],
    recorded: Mapping[bytes, RowMark] | None = None,
) -> tuple[RowDelta, DeclaredSide]:
    """Read declared rows and then live ones, as a plan does: some parsed already, some from their text.

    Args:
        codec: Of the kind.
        rows: Mode and key.
        declared: Rows as in a manifest.
        live: Rows as in an answer.
        recorded: Marks by key digest, of rows of any kind.
    """
    index = RowIndex(rows, codec)
    values = [codec.declared(each) for each in declared]
    for each in values:
        assert index.add(each) is None, "two rows have one key"
    kept = Kept()
    comparison = RowComparison(index, codec, kept)
    comparison.begin()
    for start in range(0, len(live), 2):
        documents = live[start : start + 2]
        text = orjson.dumps(documents)
        parsed = comparison.parse(text) if start % 4 else None
        if parsed is None:
            comparison.take(documents)
        else:
            comparison.take_parsed(parsed, text)
    delta = comparison.delta()
    wanted = set(delta.keys())
    marks = {key: mark for key, mark in (recorded or {}).items() if key in wanted}
    return delta, DeclaredSide(index, Declared(values), kept, marks)


def marks_of(
    codec: RowCodec, rows: RowSet, declared: Sequence[Document], *, written: bool = True
) -> dict[bytes, RowMark]:
    """Return what the state holds once these rows were applied."""
    index = RowIndex(rows, codec)
    for each in declared:
        index.add(codec.declared(each))
    return {mark.key: mark for mark in index.marks(written=written)}


def keyed(mode: RowMode, *key: str) -> RowSet:
    """Return rows of a mode with a key."""
    return RowSet(mode, key or ("input",))


class Provider:
    """The rows of one dataset, as the provider keeps them: id to document."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Start with rows that have ids."""
        self.rows: dict[str, dict[str, Any]] = {each["dataSetRowId"]: copy.deepcopy(dict(each)) for each in documents}
        self.calls = 0

    @property
    def documents(self) -> list[Document]:
        """All rows."""
        return list(self.rows.values())

    def do(self, calls: RowCalls, side: DeclaredSide, codec: RowCodec) -> None:
        """Make all calls; the bodies are built again, and are what the plan says of them."""
        for call in (*calls.parts, *chain.from_iterable(calls.single)):
            self.calls += 1
            self._do(call, self._body(call, side, codec))

    @staticmethod
    def _body(call: Call, side: DeclaredSide, codec: RowCodec) -> Any:
        if call.rows is None or call.rows.body is None:
            return call.body
        body = call.rows.body
        data = body.encode([codec.document(each) for each in side.declared.values(body.numbers)])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (body.size, body.sha256)
        return orjson.loads(data)

    def _do(self, call: Call, body: Any) -> None:
        match call.method, [str(part) for part in call.path][3:]:
            case "POST", ["dataSetRow", "FileUpload"]:
                for row in body:
                    self._add(row)
            case "POST", ["dataSetRow"]:
                self._add(body)
            case "PUT", ["dataSetRow", row_id]:
                self.rows[row_id] = {**self.rows[row_id], **_with_ids(row_id, body)}
            case "DELETE", ["dataSetRow", row_id]:
                del self.rows[row_id]
            case method, ["dataSetRow", row_id, segment, *rest]:
                self._nested(method, self.rows[row_id], segment, rest, body)
            case _:
                raise AssertionError(f"{call.method} {call.target} is no call for rows")

    def _add(self, row: Document) -> None:
        row_id = f"new-{len(self.rows)}-{self.calls}"
        self.rows[row_id] = {"dataSetRowId": row_id, **_with_ids(row_id, row)}

    @staticmethod
    def _nested(method: str, row: dict[str, Any], segment: str, rest: list[str], body: Any) -> None:
        member, name = _NESTED[segment]
        entries = [each for each in row[member] if [each[name]] != rest or method == "POST"]
        if method != "DELETE":
            own = rest[0] if rest else f"posted-{len(entries)}"
            entries.append({**body, name: own})
        row[member] = entries


_NESTED = {
    "dataSetRowExpectedSource": ("expectedSources", "dataSetExpectedSourceId"),
    "dataSetRowFilterVariable": ("filterVariables", "dataSetRowFilterVarId"),
}


def _with_ids(row_id: str, row: Document) -> dict[str, Any]:
    """Give ids to what is nested in a row."""
    nested = {
        member: [{**each, name: f"{row_id}-{place}"} for place, each in enumerate(row[member])]
        for member, name in _NESTED.values()
        if member in row
    }
    return {**row, **nested}


def wire(row_id: str, row: Document, codec: RowCodec) -> dict[str, Any]:
    """Return a row, written as in a manifest, as the provider writes it."""
    return {"dataSetRowId": row_id, **_with_ids(row_id, codec.document(codec.declared(row)))}
