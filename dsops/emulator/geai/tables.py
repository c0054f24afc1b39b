"""GEAI's own tables: datasets, their rows, and uploads that are accepted and not yet done.

A row is kept as the JSON that every answer shows, so that a list is these bytes one after the other. The place of a row
holds its dataset and its number in there: the rows of a dataset stand together, in the order in which they came.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from weakref import WeakSet

from dsops.emulator.store import Store

_DATASETS = """
CREATE TABLE IF NOT EXISTS geai_datasets (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL, name TEXT NOT NULL, head BLOB NOT NULL,
    UNIQUE (project, name)
);
"""
_ROWS = """
CREATE TABLE IF NOT EXISTS geai_rows (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document BLOB NOT NULL);
"""
_JOBS = """
CREATE TABLE IF NOT EXISTS geai_jobs (
    number INTEGER PRIMARY KEY, due INTEGER NOT NULL, project TEXT NOT NULL, dataset TEXT, content BLOB NOT NULL
);
"""
_SHIFT = 32
_BATCH = 512
_PIECE = 1024 * 1024


class Dataset(NamedTuple):
    """A dataset without its rows; `head` is its JSON."""

    number: int
    id: str
    project: str
    name: str
    head: bytes


class Row(NamedTuple):
    """A row and where it stands; `document` is its JSON."""

    place: int
    id: str
    document: bytes


class Job(NamedTuple):
    """An upload that was accepted: of rows into the dataset with this id, or, without one, of a whole dataset.

    due: when it is done, in microseconds since 1970.
    """

    number: int
    due: int
    project: str
    dataset: str | None
    content: bytes


class Snapshot:
    """The rows of one dataset as they are now, as JSON with commas between, taken from the table piece by piece.

    It keeps to what was there when it was made: before the dataset changes, what is left is put aside.
    """

    def __init__(self, number: int, pieces: Iterator[bytes]) -> None:
        self.number = number
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def put_aside(self) -> None:
        """Read what is left, to memory or, if it is long, to disk."""
        self._pieces = _replay(_spool(self._pieces))
        next(self._pieces)  # to inside the `with`, so that the file is closed whatever becomes of this


def _spool(pieces: Iterator[bytes]) -> "tempfile.SpooledTemporaryFile[bytes]":
    spool = tempfile.SpooledTemporaryFile(max_size=8 * _PIECE)  # noqa: SIM115 — closed by its reader
    for piece in pieces:
        spool.write(piece)
    spool.seek(0)
    return spool


def _replay(spool: "tempfile.SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    with spool:
        yield b""
        while piece := spool.read(_PIECE):
            yield piece


class Tables:
    """What GEAI stores. Writes belong into a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._connection = store.own_table("geai_datasets", _DATASETS)
        store.own_table("geai_rows", _ROWS)
        store.own_table("geai_jobs", _JOBS)
        self._snapshots: WeakSet[Snapshot] = WeakSet()

    # --- datasets

    def datasets(self, project: str) -> list[Dataset]:
        """All of a project, in the order of creation."""
        return [Dataset._make(row) for row in self._select("geai_datasets WHERE project = ? ORDER BY number", project)]

    def dataset(self, project: str, dataset_id: str) -> Dataset | None:
        """By id; one of another project isn't there."""
        found = self._select("geai_datasets WHERE id = ? AND project = ?", dataset_id, project).fetchone()
        return Dataset._make(found) if found else None

    def has_name(self, project: str, name: str) -> bool:
        """Whether a dataset of this project has the name."""
        return self._select("geai_datasets WHERE project = ? AND name = ?", project, name).fetchone() is not None

    def add_dataset(self, dataset_id: str, project: str, name: str, head: bytes) -> Dataset:
        """Add one; its name must be free."""
        cursor = self._connection.execute(
            "INSERT INTO geai_datasets (id, project, name, head) VALUES (?, ?, ?, ?)", (dataset_id, project, name, head)
        )
        return Dataset(cursor.lastrowid or 0, dataset_id, project, name, head)

    def change_dataset(self, number: int, name: str, head: bytes) -> None:
        """Give one another name and head."""
        self._connection.execute("UPDATE geai_datasets SET name = ?, head = ? WHERE number = ?", (name, head, number))

    def delete_dataset(self, number: int) -> None:
        """Delete one with its rows."""
        self._preserve(number)
        self._connection.execute("DELETE FROM geai_rows WHERE place BETWEEN ? AND ?", _range(number))
        self._connection.execute("DELETE FROM geai_datasets WHERE number = ?", (number,))

    # --- rows

    def rows(self, number: int) -> Snapshot:
        """The rows of a dataset, read while they are taken."""
        snapshot = Snapshot(number, self._pieces(number))
        self._snapshots.add(snapshot)
        return snapshot

    def row_ids(self, number: int) -> list[str]:
        """The ids of a dataset's rows, in order."""
        found = self._connection.execute(
            "SELECT id FROM geai_rows WHERE place BETWEEN ? AND ? ORDER BY place", _range(number)
        )
        return [row[0] for row in found]

    def row(self, number: int, row_id: str) -> Row | None:
        """By id; one of another dataset isn't there."""
        found = self._select("geai_rows WHERE id = ?", row_id).fetchone()
        return Row._make(found) if found and found[0] >> _SHIFT == number else None

    def add_rows(self, number: int, rows: Iterable[tuple[str, bytes]]) -> None:
        """Append rows, each an id and its JSON."""
        self._preserve(number)
        first, last = _range(number)
        end = self._connection.execute(
            "SELECT MAX(place) FROM geai_rows WHERE place BETWEEN ? AND ?", (first, last)
        ).fetchone()[0]
        begin = first if end is None else end + 1
        self._connection.executemany(
            "INSERT INTO geai_rows VALUES (?, ?, ?)",
            ((place, row_id, document) for place, (row_id, document) in enumerate(rows, begin)),
        )

    def change_row(self, place: int, document: bytes) -> None:
        """Give a row other content."""
        self._preserve(place >> _SHIFT)
        self._connection.execute("UPDATE geai_rows SET document = ? WHERE place = ?", (document, place))

    def delete_row(self, place: int) -> None:
        """Delete a row."""
        self._preserve(place >> _SHIFT)
        self._connection.execute("DELETE FROM geai_rows WHERE place = ?", (place,))

    # --- uploads accepted

    def add_job(self, due: int, project: str, dataset: str | None, content: bytes) -> int:
        """Keep an upload for later; answers its number."""
        cursor = self._connection.execute(
            "INSERT INTO geai_jobs (due, project, dataset, content) VALUES (?, ?, ?, ?)",
            (due, project, dataset, content),
        )
        return cursor.lastrowid or 0

    def take_jobs(self, until: int) -> list[Job]:
        """Uploads due by a time, in order; they are gone from here."""
        due = [Job._make(row) for row in self._select("geai_jobs WHERE due <= ? ORDER BY due, number", until)]
        self._connection.executemany("DELETE FROM geai_jobs WHERE number = ?", [(job.number,) for job in due])
        return due

    def _select(self, rest: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(f"SELECT * FROM {rest}", values)  # noqa: S608 — texts of our own

    def _preserve(self, number: int) -> None:
        for snapshot in [each for each in self._snapshots if each.number == number]:
            snapshot.put_aside()
            self._snapshots.discard(snapshot)

    def _pieces(self, number: int) -> Iterator[bytes]:
        first, last = _range(number)
        comma = b""
        while True:
            found = self._connection.execute(
                "SELECT place, document FROM geai_rows WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
                (first, last, _BATCH),
            ).fetchall()
            if not found:
                return
            yield comma + b",".join([document for _, document in found])
            comma = b","
            first = found[-1][0] + 1


def _range(number: int) -> tuple[int, int]:
    """The first and the last place that a dataset's rows can have."""
    return number << _SHIFT, ((number + 1) << _SHIFT) - 1
