"""Between a plan and its apply: are the rows it touches still as they were read?"""

from collections.abc import Mapping, Sequence
from typing import Any

from dsops.engine.rowbody import RowsToSend, positions
from dsops.model import Change, PlannedCall, RowAction, RowWrite, content_digest, key_digest


class RowCheck:
    """Looks among live rows for those that a change touches (``RowSink``)."""

    def __init__(self, change: Change, rows: RowsToSend) -> None:
        """Take the change, and where its rows are read."""
        self._rows = rows
        self._positions = positions(rows.codec, rows.key)
        self._calls = [each for each in change.calls if each.call.rows is not None]
        self._ids = {write.remote_id for each in self._calls if (write := each.call.rows) and write.remote_id}
        self._sent: dict[int, dict[bytes, bytes]] = {
            each.id: {mark.key: mark.content or b"" for mark in map(rows.mark, rows.declared.values(body.numbers))}
            for each in self._calls
            if (write := each.call.rows) and write.action is RowAction.CREATE and (body := write.body)
        }
        self._keys = {key for sent in self._sent.values() for key in sent}
        self._by_id: dict[str, bytes] = {}
        self._by_key: dict[bytes, bytes] = {}

    def begin(self) -> None:
        """Forget what was seen."""
        self._by_id, self._by_key = {}, {}

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Note the rows that are touched."""
        live, ids, keys, at = self._rows.codec.live, self._ids, self._keys, self._positions
        for document in documents:
            remote_id, values = live(document)
            if remote_id in ids:
                self._by_id[remote_id] = content_digest(values)
            if keys and (key := key_digest([values[each] for each in at])) in keys:
                self._by_key[key] = content_digest(values)

    @property
    def done(self) -> frozenset[int]:
        """The calls whose effect is there already; of finer calls to one row, all or none."""
        return frozenset(each.id for each in self._calls if each.call.rows and self._is_done(each, each.call.rows))

    @property
    def changed(self) -> str:
        """What is neither as it was read nor as it is to be, in words; empty when nothing is."""
        for each in self._calls:
            write = each.call.rows
            if write is None or self._is_done(each, write):
                continue
            if write.action is RowAction.CREATE:
                there = len(self._sent[each.id].keys() & self._by_key.keys())
                if there:
                    return f"{there} of the rows that it adds are there now"
            elif write.remote_id not in self._by_id:
                return f"row {write.remote_id} is gone since the plan was made"
            elif self._by_id[write.remote_id].hex() != write.was:
                return f"row {write.remote_id} changed since the plan was made"
        return ""

    def _is_done(self, planned: PlannedCall, write: RowWrite) -> bool:
        match write.action:
            case RowAction.CREATE:
                return all(self._by_key.get(key) == content for key, content in self._sent[planned.id].items())
            case RowAction.DELETE:
                return write.remote_id not in self._by_id
            case RowAction.UPDATE:
                target = self._rows.target(planned.call)
                return target is not None and self._by_id.get(write.remote_id) == content_digest(target)
