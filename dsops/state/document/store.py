"""A document as commands use it: read without a lease, leased for writing, unlocked by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dsops.model import EMPTY_STATE, Holder, RowMark, State
from dsops.state.base import Backend, Session
from dsops.state.document.document import Document, encode
from dsops.state.document.reader import Reader, Vanished
from dsops.state.document.shelf import Overtaken, Shelf
from dsops.state.entries import HistoryEntry, Keep, Whole
from dsops.state.marks import SUMMED

T = TypeVar("T")

LEASE_SECONDS = 60.0
TRIES = 100
WAVE = 100
"""Calls that one save announces; sent are only as many at a time as --parallelism says."""


class DocumentStore:
    """Implements `StateStore` over a document."""

    def __init__(
        self,
        connect: Callable[[], Shelf],
        *,
        stack: str,
        env: str | None,
        lease_seconds: float = LEASE_SECONDS,
        keep: Keep | None = None,
    ) -> None:
        """Name a place; nothing is read yet.

        Args:
            connect: Opens it; called by each thread for itself.
            stack: The stack it must belong to.
            env: Its environment.
            lease_seconds: How long a lease lasts without a renewal; it is renewed four times as often.
            keep: Keeps the state before its format is changed.
        """
        self._connect = connect
        self._stack = stack
        self._env = env
        self._lease_seconds = lease_seconds
        self._keep = keep

    def load(self) -> State:
        """Read the state without a lease; see `StateStore.load`."""
        return self._read(lambda reader, document: reader.state(document), EMPTY_STATE)

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        """Return the newest entries of the history, newest first."""
        return self._read(lambda _, document: tuple(document.history[::-1][: max(0, limit)]), ())

    def holder(self) -> Holder | None:
        """Return who holds the lease, alive or not."""
        return self._read(lambda _, document: document.lease.holder, None)

    def rows(self, holder: str, keys: Iterable[bytes] | None = None) -> Mapping[bytes, RowMark]:
        """Read what is held of one object's rows; see `StateStore.rows`."""
        wanted = None if keys is None else tuple(keys)  # it may have to be read twice
        return self._read(lambda reader, document: reader.marks(document, holder, wanted), {})

    def row_counts(self) -> Mapping[str, int]:
        """Return how many rows are held, by holder."""

        def count(reader: Reader, document: Document) -> dict[str, int]:
            return {
                holder: layers[0].size // SUMMED if len(layers) == 1 else len(reader.marks(document, holder, None))
                for holder, layers in document.rows.items()
            }

        return self._read(count, {})

    def whole(self) -> Whole | None:
        """Return all that is held, as of one instant."""
        return self._read(lambda reader, document: reader.whole(document), None)

    def set_aside(self, folder: Path) -> str:
        """Move a damaged state out of the way and return where it is."""
        with closing(self._connect()) as shelf:
            return shelf.set_aside(folder)

    def connect(self) -> Backend:
        """Open the place for one thread that writes."""
        from dsops.state.document.backend import DocumentBackend

        shelf = self._connect()
        try:
            return DocumentBackend(
                Reader(shelf, stack=self._stack, env=self._env), lease_seconds=self._lease_seconds, keep=self._keep
            )
        except BaseException:
            shelf.close()
            raise

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
            wave=WAVE,
        )

    def unlock(self) -> Holder | None:
        """Take the lease from whoever holds it and return them."""
        with closing(self._connect()) as shelf:
            reader = Reader(shelf, stack=self._stack, env=self._env)
            for _ in range(TRIES):
                found = reader.find()
                holder = found[0].lease.holder if found else None
                if found is None or holder is None:
                    return None
                document = found[0].copy()
                document.saves = found[0].saves + 1
                document.lease = replace(document.lease, token=document.lease.token + 1, holder=None)
                try:
                    shelf.free(holder)
                    shelf.write(encode(document), found[1].version)
                except Overtaken:
                    continue
                finally:
                    shelf.unclaim()
                return holder
        raise reader.damaged("somebody writes it all the time")

    def _read(self, function: Callable[[Reader, Document], T], nothing: T) -> T:
        with closing(self._connect()) as shelf:
            reader = Reader(shelf, stack=self._stack, env=self._env)
            missing = ""
            for _ in range(TRIES):
                found = reader.find()
                if found is None:
                    return nothing
                try:
                    return function(reader, found[0])
                except Vanished as vanished:
                    if missing == found[1].version:  # nobody wrote meanwhile: it isn't there at all
                        raise reader.damaged(f"its rows in {vanished} are missing") from vanished
                    missing = found[1].version
        raise reader.damaged("somebody writes it all the time")
