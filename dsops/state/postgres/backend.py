"""The database as the thread of a session uses it."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from psycopg import errors

from dsops.model import Holder, StateError
from dsops.state.address import Place
from dsops.state.codec import encode_holder
from dsops.state.entries import Delta, Keep, Lease, Snapshot, Stamp
from dsops.state.lease import lost
from dsops.state.postgres.connection import Connection, connected, reading, writing
from dsops.state.postgres.problems import Gone, unusable
from dsops.state.postgres.reading import check, read_lease, read_snapshot, read_whole
from dsops.state.postgres.schema import FORMAT, create, upgrade
from dsops.state.postgres.writing import write

T = TypeVar("T")

RECONNECT_SECONDS = 20.0
PAUSE_SECONDS = 0.25

# Beating first locks the lease's row: whoever would take it waits for the end of this transaction, and then finds
# another heartbeat than the one seen.
FENCE = """
UPDATE lease SET heartbeat = heartbeat + 1 WHERE token = %s AND holder IS NOT NULL
RETURNING heartbeat, (SELECT lineage FROM state), (SELECT serial FROM state)
"""
TAKE = "UPDATE lease SET token = %s, heartbeat = %s, seconds = %s, holder = %s WHERE token = %s AND heartbeat = %s"
RENEW = """
UPDATE lease SET heartbeat = heartbeat + 1, holder = jsonb_set(holder::jsonb, '{until}', to_jsonb(%s::float8))::text
WHERE token = %s AND holder IS NOT NULL
"""
RELEASE = "UPDATE lease SET holder = NULL WHERE token = %s"
PUT_STAMP = """
INSERT INTO state VALUES (1, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET lineage = excluded.lineage, serial = excluded.serial
"""


class PostgresBackend:
    """Implements `Backend`; made, used and closed by one thread."""

    poll = 0.25
    linger = 0.0

    def __init__(self, place: Place, *, stack: str, env: str | None, keep: Keep | None) -> None:
        """Connect, making schema and tables where there are none; raises as `StateStore.load`."""
        self._place = place
        self._stack = stack
        self._env = env
        self._keep = keep
        self._connection: Connection = connected(place)
        try:
            with reading(self._connection, place):
                version = check(self._connection, place, stack=stack, env=env)
            if not version:
                with writing(self._connection, place):
                    create(self._connection, place)
        except Gone as gone:
            raise gone.failure from gone
        except BaseException:
            self._connection.close()
            raise

    def look(self) -> Lease:
        """Return the lease as it is."""

        def look() -> Lease:
            with reading(self._connection, self._place):
                return read_lease(self._connection, self._place)

        return self._again(look)

    def take(self, seen: Lease, holder: Holder, seconds: float) -> Lease | None:
        """Take the lease if it is still as ``seen``, else return None; upgrade a state of an older format."""
        ours = Lease(seen.token + 1, seen.heartbeat + 1, seconds, holder)
        row = (ours.token, ours.heartbeat, seconds, encode_holder(holder), seen.token, seen.heartbeat)

        def take() -> Lease | None:
            try:
                with writing(self._connection, self._place):
                    if not self._connection.execute(TAKE, row).rowcount:
                        return None
                    version = check(self._connection, self._place, stack=self._stack, env=self._env)
                    if self._keep and version < FORMAT and (whole := read_whole(self._connection, self._place)):
                        self._keep(whole)
                    upgrade(self._connection, self._place)
                    return ours
            except StateError as problem:
                if isinstance(problem.__cause__, errors.LockNotAvailable):  # its holder saves much just now
                    return None
                raise

        try:
            return take()
        except Gone:  # perhaps it was ours already: then it is one more to wait out, or to prove dead
            return ours if self._again(self.look) == ours else None

    def renew(self, lease: Lease, until: float) -> None:
        """Count one heartbeat. Raises LeaseLost."""

        def renew() -> None:
            with writing(self._connection, self._place):
                if not self._connection.execute(RENEW, (until, lease.token)).rowcount:
                    raise lost(read_lease(self._connection, self._place).holder)

        self._again(renew)

    def release(self, lease: Lease) -> None:
        """Give the lease back if it is still ours."""

        def release() -> None:
            with writing(self._connection, self._place):
                self._connection.execute(RELEASE, (lease.token,))

        self._again(release)

    def read(self, lease: Lease) -> Snapshot:  # noqa: ARG002 - other stores need it
        """Return the whole; nobody else writes it while the lease is ours."""

        def read() -> Snapshot:
            with reading(self._connection, self._place):
                check(self._connection, self._place, stack=self._stack, env=self._env)
                return read_snapshot(self._connection, self._place)

        return self._again(read)

    def commit(self, lease: Lease, before: Stamp, after: Stamp, delta: Delta) -> None:
        """Make a delta durable, all or nothing, while the lease is ours and the stamp is ``before``.

        Where the connection breaks, the heartbeat tells whether the commit was made: each raises it, and only its
        holder does. One that wasn't made is made again, unless rows were being read, which can be done once only.
        """
        for attempt in range(2):
            beat = 0
            try:
                with writing(self._connection, self._place):
                    beat = self._fence(lease, before)
                    if after != before:
                        stamp = (after.lineage, after.serial, self._stack, self._env)
                        self._connection.execute(PUT_STAMP, stamp)
                    write(self._connection, delta)
            except Gone as gone:
                self._reconnect(gone)
                found = self.look()
                if beat and (found.token, found.heartbeat) == (lease.token, beat):
                    return
                if attempt or (beat and delta.rows):
                    raise gone.failure from gone
            else:
                return

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _fence(self, lease: Lease, before: Stamp) -> int:
        """Return the new heartbeat; raise unless the lease is ours and the state as we know it."""
        row = self._connection.execute(FENCE, (lease.token,)).fetchone()
        if row is None:
            raise lost(read_lease(self._connection, self._place).holder)
        heartbeat, lineage, serial = row
        if (lineage, serial or 0) != (before.lineage, before.serial):
            raise unusable(
                self._place,
                f"It was changed while this command held its lease: serial {before.serial} became {serial}.",
                hint="Find out who writes to these tables; then run the command again.",
            )
        return int(heartbeat)

    def _again(self, function: Callable[[], T]) -> T:
        """Do what may be done twice; once more over a new connection where the old one breaks."""
        try:
            return function()
        except Gone as gone:
            self._reconnect(gone)
        try:
            return function()
        except Gone as gone:
            raise gone.failure from gone

    def _reconnect(self, gone: Gone) -> None:
        """Connect anew; a server that is being restarted gets some time for it."""
        self._connection.close()
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            with suppress(StateError):
                self._connection = connected(self._place)
                return
            if time.monotonic() >= deadline:
                raise gone.failure from gone
            time.sleep(PAUSE_SECONDS)
