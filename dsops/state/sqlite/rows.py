"""Marks of rows in the state file: written and read many at a time.

Marks cross into SQLite as one run of bytes, and out of it as one text: each row that SQLite steps through by itself
gives way to other threads and has to win its turn back, which takes long while the event loop is busy.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from dsops.model import DIGEST_SIZE, RowsPatch
from dsops.state.marks import Marks, pack, pack_summed
from dsops.state.sqlite.problems import damaged
from dsops.state.sqlite.schema import ROWS_SINCE, format_of

CHUNK = 50_000
"""Marks that are handled together: what one save holds in memory."""

# 15 is the size of a digest, 20 what follows a key: flags, content, checksum.
PUT = """
WITH RECURSIVE places(at) AS (SELECT 1 UNION ALL SELECT at + 35 FROM places WHERE at + 35 <= length(?2))
INSERT INTO rows SELECT ?1, substr(?2, at, 15), substr(?2, at + 15, 20) FROM places WHERE true
ON CONFLICT (holder, key) DO UPDATE SET mark = excluded.mark
"""
DROP = """
WITH RECURSIVE places(at) AS (SELECT 1 UNION ALL SELECT at + 15 FROM places WHERE at + 15 <= length(?2))
DELETE FROM rows WHERE holder = ?1 AND key IN (SELECT substr(?2, at, 15) FROM places)
"""
CLEAR = "DELETE FROM rows WHERE holder = ?"
HOLDER = "SELECT id, crc FROM row_holders WHERE holder = ?"
PUT_HOLDER = "INSERT INTO row_holders VALUES (?, ?, ?)"
NEXT_HOLDER = "SELECT coalesce(max(id), 0) + 1 FROM row_holders"
FORGET_HOLDER = "DELETE FROM row_holders WHERE holder = ? AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.holder = id)"
HOLDERS = "SELECT holder, id, crc FROM row_holders"
COUNTS = "SELECT holder, count(*) FROM rows GROUP BY holder"
READ = """
SELECT group_concat(hex(key) || hex(mark), ''), max(key)
FROM (SELECT key, mark FROM rows WHERE holder = ? AND key > ? ORDER BY key LIMIT ?)
"""
READ_SOME = """
WITH RECURSIVE places(at) AS (SELECT 1 UNION ALL SELECT at + 15 FROM places WHERE at + 15 <= length(?2))
SELECT group_concat(hex(key) || hex(mark), '') FROM (
    SELECT key, mark FROM rows WHERE holder = ?1 AND key IN (SELECT substr(?2, at, 15) FROM places) ORDER BY key
)
"""


def write_patch(connection: sqlite3.Connection, patch: RowsPatch) -> None:
    """Change what is held of one object's rows, within the caller's transaction."""
    number = _number(connection, patch.holder)
    if patch.clear:
        connection.execute(CLEAR, (number,))
    marks = iter(patch.put)
    while some := {mark.key: mark for mark in islice(marks, CHUNK)}:
        in_order = [some[key] for key in sorted(some)]
        if put := pack_summed((mark for mark in in_order if mark.content is not None), patch.holder):
            connection.execute(PUT, (number, put))
        if drop := b"".join(pack(mark)[:DIGEST_SIZE] for mark in in_order if mark.content is None):
            connection.execute(DROP, (number, drop))
    connection.execute(FORGET_HOLDER, (patch.holder,))


def read_marks(connection: sqlite3.Connection, path: Path, holder: str, keys: Iterable[bytes] | None) -> Marks:
    """Return the marks held of one object's rows: those asked for, or all."""
    packed = b""
    row = connection.execute(HOLDER, (holder,)).fetchone() if format_of(connection) >= ROWS_SINCE else None
    if row:
        _check(path, holder, *row)
        parts = _all(connection, row[0]) if keys is None else _some(connection, row[0], keys)
        packed = b"".join(map(bytes.fromhex, parts))
    return Marks(packed, holder, lambda what: damaged(path, what))


def read_counts(connection: sqlite3.Connection, path: Path) -> dict[str, int]:
    """Return how many rows are held, by holder."""
    names = read_holders(connection, path)
    if not names:
        return {}
    counts = dict(connection.execute(COUNTS).fetchall())
    if not counts.keys() <= names.keys():
        raise damaged(path, "it holds rows of nobody")
    return {names[number]: count for number, count in counts.items()}


def read_holders(connection: sqlite3.Connection, path: Path) -> dict[int, str]:
    """Return whose rows are held, by number."""
    if format_of(connection) < ROWS_SINCE:
        return {}
    found = connection.execute(HOLDERS).fetchall()
    for holder, number, crc in found:
        _check(path, holder, number, crc)
    return {number: holder for holder, number, _ in found}


def _number(connection: sqlite3.Connection, holder: str) -> int:
    row = connection.execute(HOLDER, (holder,)).fetchone()
    if row:
        return int(row[0])
    (number,) = connection.execute(NEXT_HOLDER).fetchone()
    connection.execute(PUT_HOLDER, (holder, number, _checksum(holder, number)))
    return int(number)


def _all(connection: sqlite3.Connection, number: int) -> Iterator[str]:
    last = b""
    while True:
        text, last = connection.execute(READ, (number, last, CHUNK)).fetchone()
        if text is None:
            return
        yield text


def _some(connection: sqlite3.Connection, number: int, keys: Iterable[bytes]) -> Iterator[str]:
    in_order = iter(sorted(set(keys)))
    while some := list(islice(in_order, CHUNK)):
        if any(len(key) != DIGEST_SIZE for key in some):
            raise ValueError(f"a digest of a key has {DIGEST_SIZE} bytes")
        (text,) = connection.execute(READ_SOME, (number, b"".join(some))).fetchone()
        yield text or ""


def _check(path: Path, holder: str, number: int, crc: int) -> None:
    if _checksum(holder, number) != crc:
        raise damaged(path, f"whose rows the holder {holder!r} names is not as it was written")


def _checksum(holder: str, number: int) -> int:
    return zlib.crc32(str(number).encode(), zlib.crc32(holder.encode()))
