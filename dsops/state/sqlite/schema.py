"""The tables, and how to tell a file that holds them. `specs/state-format.md` describes each."""

APPLICATION_ID = 0x64734F70
"""``dsOp``, in the header of every state file."""

FORMAT = 1

TABLES = """
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), lineage TEXT NOT NULL, serial INTEGER NOT NULL, stack TEXT NOT NULL,
    env TEXT, crc INTEGER NOT NULL
);
CREATE TABLE records (address TEXT PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE intents (id INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL, outcome TEXT);
CREATE TABLE plan_runs (
    plan_id TEXT PRIMARY KEY, saved INTEGER NOT NULL, status TEXT NOT NULL, serial INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, serial INTEGER NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL,
    summary TEXT NOT NULL, changes TEXT NOT NULL
);
CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1), token INTEGER NOT NULL, heartbeat INTEGER NOT NULL, seconds REAL NOT NULL,
    holder TEXT
);
INSERT INTO lease VALUES (1, 0, 0, 0, NULL);
"""

MARKS = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
