"""The state file as the thread of a session uses it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from dsops.model import Holder, LeaseLost
from dsops.state.codec import encode_holder
from dsops.state.entries import Delta, Keep, Lease, Snapshot, Stamp
from dsops.state.lease import lost
from dsops.state.sqlite.files import create, exists, open_for_writing, transaction
from dsops.state.sqlite.problems import explaining, unusable
from dsops.state.sqlite.reading import (
    check,
    checksum,
    read_file,
    read_lease,
    read_snapshot,
    read_whole,
    stamp_checksum,
    trait_checksum,
)
from dsops.state.sqlite.rows import write_patch
from dsops.state.sqlite.schema import FORMAT, format_of, upgrade

SETTLED_KEPT = 1000
PRUNE_EVERY = 200
RUNS_KEPT = 200
HISTORY_KEPT = 200

FENCE = "SELECT token, holder, lineage, serial FROM lease LEFT JOIN state"

# Rows arrive as one JSON array: each row that SQLite steps through by itself gives way to other threads and has to win
# its turn back, which takes long while the event loop is busy.
PUT_RECORDS = """
INSERT INTO records SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
FROM json_each(?) WHERE true
ON CONFLICT (address) DO UPDATE SET body = excluded.body, crc = excluded.crc
"""
DROP_RECORDS = "DELETE FROM records WHERE address IN (SELECT value FROM json_each(?))"
ANNOUNCE = """
INSERT INTO intents SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), NULL
FROM json_each(?)
"""
SETTLE = """
UPDATE intents SET outcome = json_extract(given.value, '$[1]') FROM json_each(?) AS given
WHERE intents.id = json_extract(given.value, '$[0]')
"""
FORGET_MARKS = """
UPDATE intents SET body = json_remove(body, '$.rows'), crc = checksum(json_remove(body, '$.rows'), id)
WHERE id IN (SELECT value FROM json_each(?)) AND json_type(body, '$.rows') IS NOT NULL
"""
CLEAR = (
    "DELETE FROM records",
    "DELETE FROM intents",
    "DELETE FROM plan_runs",
    "DELETE FROM history",
    "DELETE FROM rows",
    "DELETE FROM row_holders",
    "DELETE FROM traits",
)
SKIP_NUMBERS = """
INSERT INTO intents SELECT ?1, '{}', ?2, 'elsewhere' WHERE ?1 > (SELECT coalesce(max(id), 0) FROM intents)
"""
FORGET_SETTLED = "DELETE FROM intents WHERE outcome IS NOT NULL AND id <= ?"
PUT_RUN = "INSERT OR REPLACE INTO plan_runs VALUES (?, ?, ?, ?)"
FORGET_RUNS = "DELETE FROM plan_runs WHERE plan_id NOT IN (SELECT plan_id FROM plan_runs ORDER BY serial DESC LIMIT ?)"
PUT_NOTE = "INSERT INTO history (at, serial, who, command, summary, changes) VALUES (?, ?, ?, ?, ?, ?)"
FORGET_NOTES = "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?"
TAKE = "UPDATE lease SET token = ?, heartbeat = ?, seconds = ?, holder = ? WHERE token = ? AND heartbeat = ?"
RENEW = """
UPDATE lease SET heartbeat = heartbeat + 1, holder = json_set(holder, '$.until', ?)
WHERE token = ? AND holder IS NOT NULL
"""
BEAT = "UPDATE lease SET heartbeat = heartbeat + 1"
RELEASE = "UPDATE lease SET holder = NULL WHERE token = ?"
PUT_TRAIT = "INSERT OR REPLACE INTO traits VALUES (?, ?, ?, ?)"
PUT_STAMP = """
INSERT INTO state VALUES (1, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET lineage = excluded.lineage, serial = excluded.serial, crc = excluded.crc
"""


class SqliteBackend:
    """Implements `Backend`; made, used and closed by one thread."""

    poll = 0.05
    linger = 0.0

    def __init__(self, path: Path, *, stack: str, env: str | None, keep: Keep | None) -> None:
        """Open a state file, making it where there is none; raises as `StateStore.load`."""
        self._path = path
        self._stack = stack
        self._env = env
        self._keep = keep
        if not exists(path):
            create(path)
        self._found, self._snapshot = read_file(  # before anything is touched: a damaged file is left as it is
            path, lambda found: (read_lease(found, path), read_snapshot(found, path)), stack=stack, env=env
        )
        with explaining(path):
            self._connection = open_for_writing(path)
        self._connection.create_function("checksum", 2, lambda body, key: checksum(body.encode(), key))
        self._file = _identity(path)

    def look(self) -> Lease:
        """Return the lease as it is."""
        with explaining(self._path):
            return read_lease(self._connection, self._path)

    def take(self, seen: Lease, holder: Holder, seconds: float) -> Lease | None:
        """Take the lease if it is still as ``seen``, else return None; upgrade a file of an older format."""
        ours = Lease(seen.token + 1, seen.heartbeat + 1, seconds, holder)
        row = (ours.token, ours.heartbeat, seconds, encode_holder(holder), seen.token, seen.heartbeat)
        with self._transaction():
            if not self._connection.execute(TAKE, row).rowcount:
                return None
            self._upgrade()
            return ours

    def renew(self, lease: Lease, until: float) -> None:
        """Count one heartbeat. Raises LeaseLost."""
        with self._transaction():
            if not self._connection.execute(RENEW, (until, lease.token)).rowcount:
                raise lost(read_lease(self._connection, self._path).holder)

    def release(self, lease: Lease) -> None:
        """Give the lease back if it is still ours."""
        with self._transaction():
            self._connection.execute(RELEASE, (lease.token,))

    def read(self, lease: Lease) -> Snapshot:
        """Return the whole as it was found on opening, or anew if somebody may have written since."""
        if self._found.holder is None and lease.token == self._found.token + 1:
            return self._snapshot
        with explaining(self._path), transaction(self._connection, "DEFERRED"):
            check(self._connection, self._path, stack=self._stack, env=self._env)
            return read_snapshot(self._connection, self._path)

    def commit(self, lease: Lease, before: Stamp, after: Stamp, delta: Delta) -> None:
        """Make a delta durable, all or nothing, while the lease is ours and the stamp is ``before``."""
        with self._transaction():
            self._fence(lease, before)
            if after != before:
                stamp = (after.lineage, after.serial, self._stack, self._env)
                self._connection.execute(PUT_STAMP, (*stamp, stamp_checksum(*stamp)))
            self._write(delta)

    def close(self) -> None:
        """Let go of the file; the last one to do so folds the write-ahead log into it."""
        self._connection.close()

    def _upgrade(self) -> None:
        """Bring a file of an older format up to date, once what it holds is kept elsewhere."""
        if self._keep and format_of(self._connection) < FORMAT and (whole := read_whole(self._connection, self._path)):
            self._keep(whole)
        upgrade(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold a transaction, durable at its end if the file is still in its place: nothing lasts in a removed file."""
        with explaining(self._path), transaction(self._connection, "IMMEDIATE"):
            if _identity(self._path) != self._file:
                raise LeaseLost.of(
                    f"The state {self._path} was removed or replaced while this command held its lease",
                    detail="What this command wrote there is lost.",
                    hint="Put the file back if you can; then run the command again: what exists is adopted.",
                )
            yield

    def _fence(self, lease: Lease, before: Stamp) -> None:
        """Raise unless the lease is ours and the state as we know it."""
        row = self._connection.execute(FENCE).fetchone() or (None, None, None, None)
        if row[0] != lease.token or row[1] is None:
            raise lost(read_lease(self._connection, self._path).holder)
        lineage, serial = row[2], row[3] or 0
        if (lineage, serial) != (before.lineage, before.serial):
            raise unusable(
                self._path,
                f"It was changed while this command held its lease: serial {before.serial} became {serial}.",
                hint="Find out who replaces the file; then run the command again.",
            )

    def _write(self, delta: Delta) -> None:
        run = self._connection.execute
        for statement in CLEAR if delta.clear else ():
            run(statement)
        if delta.announced:
            run(ANNOUNCE, (_rows(delta.announced.items()),))
            newest = max(delta.announced)
            if newest % PRUNE_EVERY < len(delta.announced):  # crossed a multiple
                run(FORGET_SETTLED, (newest - SETTLED_KEPT,))
        if delta.last_intent:
            run(SKIP_NUMBERS, (delta.last_intent, checksum(b"{}", delta.last_intent)))
        if delta.settled:
            run(SETTLE, (orjson.dumps(list(delta.settled.items())).decode(),))
            run(FORGET_MARKS, (orjson.dumps(list(delta.settled)).decode(),))
        if put := [(address, body) for address, body in delta.records.items() if body is not None]:
            run(PUT_RECORDS, (_rows(put),))
        if drop := [address for address, body in delta.records.items() if body is None]:
            run(DROP_RECORDS, (orjson.dumps(drop).decode(),))
        self._write_rows(delta)
        for each in delta.runs.values():
            run(PUT_RUN, (each.plan_id, each.saved, each.status, each.serial))
            run(FORGET_RUNS, (RUNS_KEPT,))
        for entry in delta.notes:
            changes = orjson.dumps(entry.changes).decode()
            run(PUT_NOTE, (entry.at, entry.serial, entry.who, entry.command, entry.summary, changes))
            run(FORGET_NOTES, (HISTORY_KEPT,))

    def _write_rows(self, delta: Delta) -> None:
        """Write rows and traits. While it lasts nobody else can write, so nobody can take the lease."""
        for patch in delta.rows:
            write_patch(self._connection, patch)
        if delta.rows:  # it may have taken long: who saw the heartbeat stand still meanwhile begins to count anew
            self._connection.execute(BEAT)
        for (endpoint, name), value in delta.traits.items():
            self._connection.execute(PUT_TRAIT, (endpoint, name, value, trait_checksum(endpoint, name, value)))


def _rows(bodies: Iterable[tuple[int | str, bytes]]) -> str:
    return orjson.dumps([(key, body.decode(), checksum(body, key)) for key, body in bodies]).decode()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
