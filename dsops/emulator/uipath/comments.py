"""Comments: kept by source, in the order in which they were uploaded, with what a model predicts for them.

They have a table of their own, because streams and exports walk through them in order, from anywhere, a page at a time.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from dsops.emulator.store import Store

_TABLE = """
CREATE TABLE IF NOT EXISTS uipath_comments (
    seq INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, source TEXT NOT NULL, created_at INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, comment BLOB NOT NULL, assigned BLOB NOT NULL, predictions BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS uipath_comments_created_at ON uipath_comments (source, created_at, seq);
CREATE INDEX IF NOT EXISTS uipath_comments_timestamp ON uipath_comments (source, timestamp, seq);
"""


class Order(StrEnum):
    """What comments are sorted by; equal times stand in the order of upload."""

    CREATED_AT = "created_at"
    TIMESTAMP = "timestamp"


class Place(NamedTuple):
    """A place in an order: a time in microseconds, and the number of an upload (-1: before all of that time)."""

    at: int
    seq: int


class Comment(NamedTuple):
    """One comment; the fields stand as the columns do. A tuple, because a fetch makes thousands of them.

    seq: counts uploads, over all sources; uid: source id, a dot, the comment's id.
    created_at, timestamp: microseconds since 1970.
    comment: the JSON of the comment as every answer shows it, built once.
    assigned: the JSON list of labels that people assigned.
    predictions: the JSON that `predictions.py` reads.
    """

    seq: int
    uid: str
    source: str
    created_at: int
    timestamp: int
    comment: bytes
    assigned: bytes
    predictions: bytes

    def place(self, order: Order) -> Place:
        """Where it stands in an order."""
        return Place(self.created_at if order is Order.CREATED_AT else self.timestamp, self.seq)


class Comments:
    """All comments of a store."""

    def __init__(self, store: Store) -> None:
        self._connection = store.own_table("uipath_comments", _TABLE)

    def last_seq(self) -> int:
        """The number of the latest upload; 0 when there was none."""
        row = self._connection.execute("SELECT MAX(seq) FROM uipath_comments").fetchone()
        return int(row[0] or 0)

    def write(self, comments: Iterable[Comment]) -> None:
        """Write comments, each new or in place of the one with its number."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO uipath_comments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            comments,
        )

    def find(self, uids: Sequence[str]) -> dict[str, Comment]:
        """The comments that exist among these uids."""
        found = (
            self._connection.execute("SELECT * FROM uipath_comments WHERE uid = ?", (uid,)).fetchone() for uid in uids
        )
        return {row[1]: Comment._make(row) for row in found if row is not None}

    def after(self, sources: Sequence[str], order: Order, place: Place, until: int | None = None) -> Iterator[Comment]:
        """The comments of some sources that stand behind a place, in order, up to a time (inclusive); read lazily."""
        walks = [self._walk(source, order, place, until) for source in sources]
        return walks[0] if len(walks) == 1 else heapq.merge(*walks, key=_KEYS[order])

    def _walk(self, source: str, order: Order, place: Place, until: int | None) -> Iterator[Comment]:
        rows: sqlite3.Cursor = self._connection.execute(
            f"SELECT * FROM uipath_comments WHERE source = ? AND ({order}, seq) > (?, ?) AND {order} <= ?"  # noqa: S608
            f" ORDER BY {order}, seq",
            (source, place.at, place.seq, 2**62 if until is None else until),
        )
        return map(Comment._make, rows)


_KEYS = {order: itemgetter(Comment._fields.index(order), 0) for order in Order}
