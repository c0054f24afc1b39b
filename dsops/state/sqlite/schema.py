"""The tables, how to tell a file that holds them, and how an older file becomes one that does.

`specs/state-format.md` describes each table.
"""

import sqlite3

APPLICATION_ID = 0x64734F70
"""``dsOp``, in the header of every state file."""

FORMAT = 2

ROWS_SINCE = 2
"""The first format with rows and traits; a file at rest is read in the format it has."""

STEPS: dict[int, tuple[str, ...]] = {
    0: (
        """CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1), lineage TEXT NOT NULL, serial INTEGER NOT NULL, stack TEXT NOT NULL,
            env TEXT, crc INTEGER NOT NULL
        )""",
        """CREATE TABLE records (address TEXT PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE intents (id INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL, outcome TEXT)""",
        """CREATE TABLE plan_runs (
            plan_id TEXT PRIMARY KEY, saved INTEGER NOT NULL, status TEXT NOT NULL, serial INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE history (
            id INTEGER PRIMARY KEY, at REAL NOT NULL, serial INTEGER NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL,
            summary TEXT NOT NULL, changes TEXT NOT NULL
        )""",
        """CREATE TABLE lease (
            id INTEGER PRIMARY KEY CHECK (id = 1), token INTEGER NOT NULL, heartbeat INTEGER NOT NULL,
            seconds REAL NOT NULL, holder TEXT
        )""",
        "INSERT INTO lease VALUES (1, 0, 0, 0, NULL)",
    ),
    1: (
        """CREATE TABLE row_holders (
            holder TEXT PRIMARY KEY, id INTEGER NOT NULL, crc INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE rows (
            holder INTEGER NOT NULL, key BLOB NOT NULL, mark BLOB NOT NULL, PRIMARY KEY (holder, key)
        ) WITHOUT ROWID""",
        """CREATE TABLE traits (
            endpoint TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL,
            PRIMARY KEY (endpoint, name)
        ) WITHOUT ROWID""",
    ),
}
"""What makes a file of the next format from one of each; of an empty one, format 1."""


def format_of(connection: sqlite3.Connection) -> int:
    """Return the format of a file; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file to `FORMAT`, within the transaction that the caller holds; one of that format stays as it is."""
    for version in range(format_of(connection), FORMAT):
        for statement in STEPS[version]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version + 1}")
