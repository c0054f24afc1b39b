"""The emulator's data: JSON documents in SQLite, in memory or in a file.

A document is found by (kind, parent, key), and by its id where it has one. Every request runs in one transaction,
committed before its answer leaves. With a file, a commit survives the death of this process (WAL, synchronous=NORMAL),
not a power cut: that is what an emulator needs. One process owns a file, because lists are kept serialised in memory.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from dsops.emulator.exchange import SetupError

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    kind TEXT NOT NULL, parent TEXT NOT NULL, key TEXT NOT NULL, id TEXT, document BLOB NOT NULL,
    PRIMARY KEY (kind, parent, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS ids ON objects (kind, id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Store:
    """Documents by kind, parent and key. Not for use by two threads at once."""

    def __init__(self, path: Path | None) -> None:
        """Open (and create) the store. Raises SetupError when the file can't be opened or another process has it."""
        self._lists: dict[tuple[str, str | None], bytes] = {}
        self._touched: set[tuple[str, str | None]] = set()
        self._own_tables: list[str] = []
        try:
            self._connection = _connect(path)
        except sqlite3.Error as error:
            busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            what = "is another emulator using it?" if busy else "check the file, its folder and the disk"
            raise SetupError(f"{path}: cannot be used as data file ({error}); {what}") from error

    def close(self) -> None:
        """Close the file. Safe to repeat."""
        self._connection.close()

    def copy(self) -> "Store":
        """Everything as it is now, in memory and on its own."""
        copied = Store(None)
        self._connection.backup(copied._connection)
        return copied

    def own_table(self, name: str, definition: str) -> sqlite3.Connection:
        """Make a table that a provider keeps for itself, where documents by key won't do; `clear` empties it too.

        definition: SQL that makes the table and its indices unless they exist. Returns the connection, for queries and
        for writes inside a `transaction`.
        """
        self._connection.executescript(definition)
        self._own_tables.append(name)
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, roll back on any exception."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._forget_lists()
            raise
        self._connection.execute("COMMIT")
        self._forget_lists()

    def _forget_lists(self) -> None:
        for scope in self._touched:
            self._lists.pop(scope, None)
        self._touched.clear()

    @property
    def changes(self) -> int:
        """How many rows were written since opening; a difference tells that a transaction wrote."""
        return self._connection.total_changes

    def new_id(self) -> str:
        """The next id: 16 lower-case hex digits. The same sequence of writes gets the same ids in every store."""
        row = self._connection.execute(
            "INSERT INTO counters VALUES ('id', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        ).fetchone()
        return hashlib.sha256(f"dsops emulator {row[0]}".encode()).hexdigest()[:16]

    def count(self, name: str) -> int:
        """Where a named counter stands; 0 at the beginning."""
        row = self._connection.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_count(self, name: str, value: int) -> None:
        """Move a named counter."""
        self._connection.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))

    def put(self, kind: str, parent: str, key: str, document: object, *, remote_id: str | None = None) -> bytes:
        """Write a document, new or in place of the one with the same key; answers its JSON bytes."""
        data = orjson.dumps(document)
        self._connection.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", (kind, parent, key, remote_id, data)
        )
        self._touch(kind, parent)
        return data

    def get(self, kind: str, parent: str, key: str) -> Any:
        """The document, or None."""
        row = self._connection.execute(
            "SELECT document FROM objects WHERE kind = ? AND parent = ? AND key = ?", (kind, parent, key)
        ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def find(self, kind: str, remote_id: str) -> Any:
        """The document with this id, or None."""
        row = self._connection.execute(
            "SELECT document FROM objects WHERE kind = ? AND id = ?", (kind, remote_id)
        ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def delete(self, kind: str, parent: str, key: str) -> None:
        """Delete one document, if it is there."""
        self._connection.execute("DELETE FROM objects WHERE kind = ? AND parent = ? AND key = ?", (kind, parent, key))
        self._touch(kind, parent)

    def delete_children(self, kind: str, parent: str) -> None:
        """Delete all documents of a kind below a parent."""
        self._connection.execute("DELETE FROM objects WHERE kind = ? AND parent = ?", (kind, parent))
        self._touch(kind, parent)

    def documents(self, kind: str, parent: str | None) -> list[bytes]:
        """The JSON bytes of a kind's documents below a parent (None: below any), by parent and key."""
        if parent is None:
            rows = self._connection.execute("SELECT document FROM objects WHERE kind = ? ORDER BY parent, key", (kind,))
        else:
            rows = self._connection.execute(
                "SELECT document FROM objects WHERE kind = ? AND parent = ? ORDER BY key", (kind, parent)
            )
        return [row[0] for row in rows]

    def listing(self, kind: str, parent: str | None, build: Callable[[list[bytes]], bytes]) -> bytes:
        """The serialised answer for a list, built from its documents once and kept until one of them is written.

        A (kind, parent) has one `build`: what is kept is not keyed by it.
        """
        scope = (kind, parent)
        if scope in self._touched:
            return build(self.documents(kind, parent))
        kept = self._lists.get(scope)
        if kept is None:
            kept = self._lists[scope] = build(self.documents(kind, parent))
        return kept

    def is_empty(self) -> bool:
        """Whether nothing is stored."""
        tables = ("objects", *self._own_tables)
        return not any(
            self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 — names of our own
            for table in tables
        )

    def clear(self) -> None:
        """Delete everything and start the ids afresh."""
        for table in ("objects", "counters", *self._own_tables):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 — names of our own
        self._touched.update(self._lists)

    def _touch(self, kind: str, parent: str) -> None:
        self._touched.add((kind, parent))
        self._touched.add((kind, None))


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=1)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        # Documents of 1 to 2 kB leave a third of a page of 4 kB empty. For a file that exists it changes nothing.
        connection.execute("PRAGMA page_size=16384")
        # In kB. Ids are inserted in no order: in a file, an index that doesn't fit is read and written over and over.
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
