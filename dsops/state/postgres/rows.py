"""Marks of rows in the database: written and read many at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice

from dsops.model import DIGEST_SIZE, RowsPatch
from dsops.state.address import Place
from dsops.state.marks import SUMMED, Marks, pack_summed
from dsops.state.postgres.connection import Connection
from dsops.state.postgres.problems import damaged

CHUNK = 50_000
"""Marks that are handled together: what one save holds in memory."""

PUT = """
INSERT INTO rows SELECT %b, * FROM unnest(%b::bytea[], %b::bytea[])
ON CONFLICT (holder, key) DO UPDATE SET mark = excluded.mark
"""
DROP = "DELETE FROM rows WHERE holder = %b AND key = ANY(%b::bytea[])"
CLEAR = "DELETE FROM rows WHERE holder = %s"
HOLDER = "SELECT id FROM row_holders WHERE holder = %s"
PUT_HOLDER = "INSERT INTO row_holders SELECT %s, coalesce(max(id), 0) + 1 FROM row_holders RETURNING id"
FORGET_HOLDER = "DELETE FROM row_holders WHERE holder = %s AND NOT EXISTS (SELECT FROM rows WHERE rows.holder = id)"
COUNTS = """
SELECT row_holders.holder, counted.many FROM (SELECT holder, count(*) AS many FROM rows GROUP BY holder) AS counted
LEFT JOIN row_holders ON row_holders.id = counted.holder
"""
READ = """
SELECT string_agg(key || mark, ''::bytea ORDER BY key), (array_agg(key ORDER BY key DESC))[1]
FROM (SELECT key, mark FROM rows WHERE holder = %s AND key > %s ORDER BY key LIMIT %s) AS chunk
"""
READ_SOME = """
SELECT string_agg(key || mark, ''::bytea ORDER BY key) FROM rows WHERE holder = %b AND key = ANY(%b::bytea[])
"""


def write_patch(connection: Connection, patch: RowsPatch) -> None:
    """Change what is held of one object's rows, within the caller's transaction."""
    number = _number(connection, patch.holder)
    if patch.clear:
        connection.execute(CLEAR, (number,))
    marks = iter(patch.put)
    while some := {mark.key: mark for mark in islice(marks, CHUNK)}:
        in_order = [some[key] for key in sorted(some)]
        put = pack_summed((mark for mark in in_order if mark.content is not None), patch.holder)
        if put:
            starts = range(0, len(put), SUMMED)
            keys = [put[at : at + DIGEST_SIZE] for at in starts]
            connection.execute(PUT, (number, keys, [put[at + DIGEST_SIZE : at + SUMMED] for at in starts]))
        if drop := [mark.key for mark in in_order if mark.content is None]:
            connection.execute(DROP, (number, drop))
    connection.execute(FORGET_HOLDER, (patch.holder,))


def read_marks(connection: Connection, place: Place, holder: str, keys: Iterable[bytes] | None) -> Marks:
    """Return the marks held of one object's rows: those asked for, or all."""
    row = connection.execute(HOLDER, (holder,)).fetchone()
    packed = b""
    if row:
        packed = b"".join(_all(connection, row[0]) if keys is None else _some(connection, row[0], keys))
    return Marks(packed, holder, lambda what: damaged(place, what))


def read_counts(connection: Connection, place: Place) -> dict[str, int]:
    """Return how many rows are held, by holder."""
    counts: dict[str, int] = dict(connection.execute(COUNTS).fetchall())
    if None in counts:
        raise damaged(place, "it holds rows of nobody")
    return counts


def _number(connection: Connection, holder: str) -> int:
    row = connection.execute(HOLDER, (holder,)).fetchone() or connection.execute(PUT_HOLDER, (holder,)).fetchone()
    assert row is not None  # noqa: S101 - an INSERT that returns what it inserted
    return int(row[0])


def _all(connection: Connection, number: int) -> Iterator[bytes]:
    last = b""
    while True:
        row = connection.execute(READ, (number, last, CHUNK), binary=True).fetchone()
        if row is None or row[0] is None:
            return
        yield row[0]
        last = row[1]


def _some(connection: Connection, number: int, keys: Iterable[bytes]) -> Iterator[bytes]:
    in_order = iter(sorted(set(keys)))
    while some := list(islice(in_order, CHUNK)):
        if any(len(key) != DIGEST_SIZE for key in some):
            raise ValueError(f"a digest of a key has {DIGEST_SIZE} bytes")
        row = connection.execute(READ_SOME, (number, some), binary=True).fetchone()
        yield (row and row[0]) or b""
