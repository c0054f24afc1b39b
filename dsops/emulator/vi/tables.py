"""Vi's own tables: datasets, assets, jobs (exports, deletions of assets, deletions of datasets), and archives.

A document is what answers show of an object, but for what follows from other columns; `forms` puts both together.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from dsops.emulator.store import Store

# Numbers are never given twice (AUTOINCREMENT): a page token says behind which number the next page begins.
_DATASETS = """
CREATE TABLE IF NOT EXISTS vi_datasets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, organization TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (organization, id)
);
CREATE INDEX IF NOT EXISTS vi_dataset_names ON vi_datasets (organization, name);
"""
_ASSETS = """
CREATE TABLE IF NOT EXISTS vi_assets (
    number INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL, id TEXT NOT NULL, filename TEXT NOT NULL,
    size INTEGER NOT NULL, modified INTEGER NOT NULL, document BLOB NOT NULL, annotations BLOB NOT NULL,
    UNIQUE (dataset, filename)
);
"""
_JOBS = """
CREATE TABLE IF NOT EXISTS vi_jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, dataset INTEGER NOT NULL, organization TEXT NOT NULL,
    dataset_id TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL, finished INTEGER,
    failure TEXT, spec BLOB NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS vi_jobs_due ON vi_jobs (due, number) WHERE finished IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS vi_job_ids ON vi_jobs (kind, organization, dataset_id, id);
"""
_ARCHIVES = """
CREATE TABLE IF NOT EXISTS vi_archives (
    job INTEGER NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (job, position)
);
"""
PIECE = 256 * 1024


class Dataset(NamedTuple):
    """One dataset; `id` is the server's part of it, without the organization."""

    number: int
    organization: str
    id: str
    name: str
    document: bytes

    @property
    def wire_id(self) -> str:
        """The id as answers and paths hold it."""
        return f"{self.organization}_{self.id}"


class Asset(NamedTuple):
    """One asset; `modified` is in milliseconds since 1970, `annotations` a JSON array."""

    number: int
    dataset: int
    id: str
    filename: str
    size: int
    modified: int
    document: bytes
    annotations: bytes


class JobKind(StrEnum):
    """What goes on after its answer."""

    EXPORT = "export"
    PRUNE = "prune"
    DELETION = "deletion"


class Job(NamedTuple):
    """Something that goes on; times are in milliseconds since 1970.

    dataset: the number of its dataset; 0 for the deletion of one, which outlives it.
    due, finished: when it is to end, when it ended.
    failure: why it failed.
    size, digest: of an export's archive.
    """

    number: int
    kind: str
    dataset: int
    organization: str
    dataset_id: str
    id: str
    created: int
    due: int
    finished: int | None
    failure: str | None
    spec: bytes
    size: int = 0
    digest: str = ""


class After(NamedTuple):
    """Where a page begins: behind the row with this number, which has this value in the column of the order."""

    value: Any
    number: int


class Tables:
    """What Vi stores. Writes belong into a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._connection = store.own_table("vi_datasets", _DATASETS)
        store.own_table("vi_assets", _ASSETS)
        store.own_table("vi_jobs", _JOBS)
        store.own_table("vi_archives", _ARCHIVES)

    # --- datasets

    def datasets(self, organization: str, after: int) -> Iterator[Dataset]:
        """Those of an organization behind a number, in the order of creation."""
        return map(
            Dataset._make,
            self._run(
                "SELECT * FROM vi_datasets WHERE organization = ? AND number > ? ORDER BY number", organization, after
            ),
        )

    def dataset(self, organization: str, dataset_id: str) -> Dataset | None:
        """By the server's part of its id."""
        found = self._run("SELECT * FROM vi_datasets WHERE organization = ? AND id = ?", organization, dataset_id)
        row = found.fetchone()
        return Dataset._make(row) if row else None

    def dataset_by_number(self, number: int) -> Dataset:
        """The dataset with a number, which must be there."""
        return Dataset._make(self._run("SELECT * FROM vi_datasets WHERE number = ?", number).fetchone())

    def has_name(self, organization: str, name: str) -> bool:
        """Whether a dataset of this organization has the name."""
        found = self._run("SELECT 1 FROM vi_datasets WHERE organization = ? AND name = ?", organization, name)
        return found.fetchone() is not None

    def save_dataset(self, dataset: Dataset) -> Dataset:
        """Write a dataset; one with the number 0 is new and gets one."""
        return dataset._replace(number=self._save("vi_datasets", dataset))

    def delete_dataset(self, number: int) -> None:
        """Delete one with its assets, its exports and what else went on in it."""
        self._run("DELETE FROM vi_archives WHERE job IN (SELECT number FROM vi_jobs WHERE dataset = ?)", number)
        self._run("DELETE FROM vi_jobs WHERE dataset = ?", number)
        self._run("DELETE FROM vi_assets WHERE dataset = ?", number)
        self._run("DELETE FROM vi_datasets WHERE number = ?", number)

    # --- assets

    def assets(
        self, dataset: int, column: str = "number", *, descending: bool = False, after: After | None = None
    ) -> Iterator[Asset]:
        """Those of a dataset, from a place on. column: one of the table's, by which they are ordered."""
        compare, direction = ("<", "DESC") if descending else (">", "ASC")
        where, values = "dataset = ?", [dataset]
        if after is not None:
            where += f" AND ({column}, number) {compare} (?, ?)"
            values += [after.value, after.number]
        order = f"{column} {direction}, number {direction}"
        found = self._run(f"SELECT * FROM vi_assets WHERE {where} ORDER BY {order}", *values)  # noqa: S608 — our own SQL
        return map(Asset._make, found)

    def add_asset(self, asset: Asset) -> None:
        """Write a new asset."""
        self._save("vi_assets", asset)

    def delete_assets(self, numbers: Iterable[int]) -> None:
        """Delete assets."""
        self._connection.executemany("DELETE FROM vi_assets WHERE number = ?", ((number,) for number in numbers))

    # --- jobs

    def jobs(self, kind: JobKind, dataset: int, after: int) -> Iterator[Job]:
        """Those of a dataset behind a number, in the order of creation."""
        found = self._run(
            "SELECT * FROM vi_jobs WHERE kind = ? AND dataset = ? AND number > ? ORDER BY number", kind, dataset, after
        )
        return map(Job._make, found)

    def job(self, kind: JobKind, organization: str, dataset_id: str, job_id: str) -> Job | None:
        """One job."""
        row = self._run(
            "SELECT * FROM vi_jobs WHERE kind = ? AND organization = ? AND dataset_id = ? AND id = ?",
            kind,
            organization,
            dataset_id,
            job_id,
        ).fetchone()
        return Job._make(row) if row else None

    def job_by_id(self, kind: JobKind, job_id: str) -> Job | None:
        """One job, whatever it belongs to."""
        row = self._run("SELECT * FROM vi_jobs WHERE kind = ? AND id = ?", kind, job_id).fetchone()
        return Job._make(row) if row else None

    def next_due(self, until: int) -> Job | None:
        """The first of those that are to end by a time and haven't."""
        row = self._run(
            "SELECT * FROM vi_jobs WHERE finished IS NULL AND due <= ? ORDER BY due, number LIMIT 1", until
        ).fetchone()
        return Job._make(row) if row else None

    def save_job(self, job: Job) -> Job:
        """Write a job; one with the number 0 is new and gets one."""
        return job._replace(number=self._save("vi_jobs", job))

    # --- archives

    def add_piece(self, job: int, position: int, piece: bytes) -> None:
        """Write a piece of an archive; all but the last have `PIECE` bytes."""
        self._run("INSERT INTO vi_archives VALUES (?, ?, ?)", job, position, piece)

    def piece(self, job: int, position: int) -> bytes:
        """A piece of an archive; empty where it is gone."""
        row = self._run("SELECT bytes FROM vi_archives WHERE job = ? AND position = ?", job, position).fetchone()
        return row[0] if row else b""

    def _save(self, table: str, row: Dataset | Asset | Job) -> int:
        marks = ", ".join("?" * len(row))
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608 — names of our own
        cursor = self._run(statement, row[0] or None, *row[1:])
        return cursor.lastrowid or 0

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)
