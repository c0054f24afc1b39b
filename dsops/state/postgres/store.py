"""The database as commands use it: read without a lease, leased for writing, unlocked by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from psycopg import sql

from dsops.model import EMPTY_STATE, Holder, RowMark, State
from dsops.state.address import Place
from dsops.state.base import Backend, Session
from dsops.state.entries import HistoryEntry, Keep, Whole
from dsops.state.postgres.connection import Connection, connected, reading, schema_of, writing
from dsops.state.postgres.problems import Gone
from dsops.state.postgres.reading import check, read_history, read_lease, read_state, read_whole
from dsops.state.postgres.rows import read_counts, read_marks
from dsops.state.postgres.schema import ROWS_SINCE

T = TypeVar("T")

LEASE_SECONDS = 60.0


class PostgresStore:
    """Implements `StateStore` over one schema of a database."""

    def __init__(
        self,
        place: Place,
        *,
        stack: str,
        env: str | None,
        lease_seconds: float = LEASE_SECONDS,
        keep: Keep | None = None,
    ) -> None:
        """Name a schema; nothing is read yet.

        Args:
            place: Its address.
            stack: The stack it must belong to.
            env: Its environment.
            lease_seconds: How long a lease lasts without a renewal; it is renewed four times as often.
            keep: Keeps the state before its format is changed.
        """
        self._place = place
        self._stack = stack
        self._env = env
        self._lease_seconds = lease_seconds
        self._keep = keep

    def load(self) -> State:
        """Read the state without a lease; see `StateStore.load`."""
        return self._read(lambda connection: read_state(connection, self._place), EMPTY_STATE)

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        """Return the newest entries of the history, newest first."""
        return self._read(lambda connection: read_history(connection, max(0, limit)), ())

    def holder(self) -> Holder | None:
        """Return who holds the lease, alive or not."""
        return self._read(lambda connection: read_lease(connection, self._place).holder, None)

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read what is held of one object's rows; see `StateStore.rows`."""
        return self._read(lambda connection: read_marks(connection, self._place, holder, keys), {}, since=ROWS_SINCE)

    def row_counts(self) -> Mapping[str, int]:
        """Return how many rows are held, by holder."""
        return self._read(lambda connection: read_counts(connection, self._place), {}, since=ROWS_SINCE)

    def whole(self) -> Whole | None:
        """Return all that is held, as of one instant."""
        return self._read(lambda connection: read_whole(connection, self._place), None)

    def set_aside(self, folder: Path) -> str:  # noqa: ARG002 - it stays in its database
        """Rename the schema and return its new name."""
        old = schema_of(self._place)
        new = f"{old[:40]}_damaged_{uuid4().hex[:8]}"
        with closing(connected(self._place)) as connection:
            try:
                with writing(connection, self._place):
                    statement = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
                    connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))
            except Gone as gone:
                raise gone.failure from gone
        return f"schema {new}"

    def connect(self) -> Backend:
        """Connect for one thread that writes."""
        from dsops.state.postgres.backend import PostgresBackend

        return PostgresBackend(self._place, stack=self._stack, env=self._env, keep=self._keep)

    def lease(
        self, *, command: str, wait: float, on_event: Callable[[str], None]
    ) -> AbstractAsyncContextManager[Session]:
        """Take the lease and give it back at the end; see `StateStore.lease`."""
        from dsops.state.session import leased  # and with it asyncio, which `load` does without

        return leased(
            self.connect, self.rows, command=command, seconds=self._lease_seconds, wait=wait, on_event=on_event
        )

    def unlock(self) -> Holder | None:
        """Take the lease from whoever holds it and return them."""

        def unlock(connection: Connection) -> Holder | None:
            connection.execute("SELECT FROM lease FOR UPDATE")
            holder = read_lease(connection, self._place).holder
            if holder:
                connection.execute("UPDATE lease SET token = token + 1, holder = NULL")
            return holder

        return self._within(unlock, None, since=1, read_only=False)

    def _read(self, function: Callable[[Connection], T], nothing: T, *, since: int = 1) -> T:
        return self._within(function, nothing, since=since, read_only=True)

    def _within(self, function: Callable[[Connection], T], nothing: T, *, since: int, read_only: bool) -> T:
        """Return what a function gives in one transaction, or ``nothing`` where the format is older than ``since``."""
        place = self._place
        with closing(connected(place)) as connection:
            try:
                with reading(connection, place) if read_only else writing(connection, place):
                    version = check(connection, place, stack=self._stack, env=self._env)
                    return function(connection) if version >= since else nothing
            except Gone as gone:
                raise gone.failure from gone
