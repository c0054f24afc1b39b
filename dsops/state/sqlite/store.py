"""The state file as commands use it: read at rest, leased for writing, unlocked by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from dsops.model import EMPTY_STATE, Holder, RowMark, State
from dsops.state.base import Backend, Session
from dsops.state.entries import HistoryEntry, Keep, Whole
from dsops.state.sqlite.files import check_surroundings, exists, open_for_writing, set_aside, transaction
from dsops.state.sqlite.problems import explaining
from dsops.state.sqlite.reading import check, read_file, read_history, read_lease, read_state, read_whole
from dsops.state.sqlite.rows import read_counts, read_marks

T = TypeVar("T")

LEASE_SECONDS = 60.0


class SqliteStore:
    """Implements `StateStore` over one file."""

    def __init__(
        self, path: Path, *, stack: str, env: str | None, lease_seconds: float = LEASE_SECONDS, keep: Keep | None = None
    ) -> None:
        """Name a state file; nothing is read yet.

        Args:
            path: The file.
            stack: The stack it must belong to.
            env: Its environment.
            lease_seconds: How long a lease lasts without a renewal; it is renewed four times as often.
            keep: Keeps the state before its format is changed.
        """
        self._path = path.resolve()
        self._stack = stack
        self._env = env
        self._lease_seconds = lease_seconds
        self._keep = keep
        self._looked = False

    def load(self) -> State:
        """Read the state without a lease; see `StateStore.load`."""
        return self._read(lambda connection: read_state(connection, self._path), EMPTY_STATE)

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        """Return the newest entries of the history, newest first."""
        return self._read(lambda connection: read_history(connection, self._path, max(0, limit)), ())

    def holder(self) -> Holder | None:
        """Return who holds the lease, alive or not."""
        return self._read(lambda connection: read_lease(connection, self._path).holder, None)

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read what is held of one object's rows; see `StateStore.rows`."""
        wanted = None if keys is None else tuple(keys)  # the file may have to be read twice
        return self._read(lambda connection: read_marks(connection, self._path, holder, wanted), {})

    def row_counts(self) -> Mapping[str, int]:
        """Return how many rows are held, by holder."""
        return self._read(lambda connection: read_counts(connection, self._path), {})

    def lease(
        self, *, command: str, wait: float, on_event: Callable[[str], None]
    ) -> AbstractAsyncContextManager[Session]:
        """Take the lease and give it back at the end; see `StateStore.lease`."""
        from dsops.state.session import leased  # and with it asyncio, which `load` does without

        return leased(
            self.connect,
            self.rows,
            command=command,
            seconds=self._lease_seconds,
            wait=wait,
            on_event=on_event,
        )

    def whole(self) -> Whole | None:
        """Return all that is held, as of one instant."""
        return self._read(lambda connection: read_whole(connection, self._path), None)

    def set_aside(self, folder: Path) -> str:  # noqa: ARG002 - it stays beside its place
        """Rename a damaged file and what belongs to it; return the new name."""
        return str(set_aside(self._path))

    def connect(self) -> Backend:
        """Open the file for one thread that writes."""
        from dsops.state.sqlite.backend import SqliteBackend

        if exists(self._path):
            self._look()
        return SqliteBackend(self._path, stack=self._stack, env=self._env, keep=self._keep)

    def unlock(self) -> Holder | None:
        """Take the lease from whoever holds it and return them."""
        if not exists(self._path):
            return None
        self._look()
        with explaining(self._path):
            connection = open_for_writing(self._path)
            try:
                with transaction(connection, "IMMEDIATE"):
                    check(connection, self._path, stack=self._stack, env=self._env)
                    holder = read_lease(connection, self._path).holder
                    if holder:
                        connection.execute("UPDATE lease SET token = token + 1, holder = NULL")
                return holder
            finally:
                connection.close()

    def _read(self, function: Callable[[Connection], T], nothing: T) -> T:
        if not exists(self._path):
            return nothing
        self._look()
        return read_file(self._path, function, stack=self._stack, env=self._env)

    def _look(self) -> None:
        """Once, since it may take a while: whether something was lost of the log that a killed command left."""
        if not self._looked:
            check_surroundings(self._path)
            self._looked = True
