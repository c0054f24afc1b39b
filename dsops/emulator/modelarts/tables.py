"""ModelArts' own tables: datasets, their versions, and steps that fall due later.

A document is what answers show, but for what follows from other columns; `forms` puts both together.
"""

import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from dsops.emulator.store import Store

_DATASETS = """
CREATE TABLE IF NOT EXISTS modelarts_datasets (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL, name TEXT NOT NULL,
    workspace TEXT NOT NULL, type INTEGER NOT NULL, generation TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER NOT NULL, current INTEGER, published INTEGER, document BLOB NOT NULL,
    UNIQUE (project, name)
);
CREATE INDEX IF NOT EXISTS modelarts_listed
    ON modelarts_datasets (project, workspace, created, number, generation, type, name);
"""
_VERSIONS = """
CREATE TABLE IF NOT EXISTS modelarts_versions (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, dataset INTEGER NOT NULL, name TEXT NOT NULL,
    created INTEGER NOT NULL, status INTEGER NOT NULL, format TEXT NOT NULL, ratio REAL NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (dataset, name)
);
"""
_STEPS = """
CREATE TABLE IF NOT EXISTS modelarts_steps (
    number INTEGER PRIMARY KEY, due INTEGER NOT NULL, what TEXT NOT NULL, dataset INTEGER NOT NULL, version INTEGER
);
CREATE INDEX IF NOT EXISTS modelarts_due ON modelarts_steps (due, number);
"""


class Dataset(NamedTuple):
    """One dataset.

    generation: `v1` or `v2`, what the list's `dataset_version` asks for.
    created, published: milliseconds since 1970; the second is when its last version was made.
    current: the number of its current version.
    """

    number: int
    id: str
    project: str
    name: str
    workspace: str
    type: int
    generation: str
    created: int
    status: int
    current: int | None
    published: int | None
    document: bytes


class Version(NamedTuple):
    """One version; `dataset` is the number of its dataset."""

    number: int
    id: str
    dataset: int
    name: str
    created: int
    status: int
    format: str
    ratio: float
    document: bytes


class Step(NamedTuple):
    """Something that happens by itself at a time (milliseconds since 1970); `service.Step` says what there is."""

    number: int
    due: int
    what: str
    dataset: int
    version: int | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on datasets: SQL over their columns, and the values in it."""

    sql: str
    values: tuple[object, ...] = ()


class Tables:
    """What ModelArts stores. Writes belong into a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._connection = store.own_table("modelarts_datasets", _DATASETS)
        store.own_table("modelarts_versions", _VERSIONS)
        store.own_table("modelarts_steps", _STEPS)

    # --- datasets

    def count_datasets(self, conditions: list[Condition]) -> int:
        """How many datasets meet all conditions."""
        where, values = _joined(conditions)
        found = self._run(f"SELECT COUNT(*) FROM modelarts_datasets WHERE {where}", *values)  # noqa: S608 — our own SQL
        return int(found.fetchone()[0])

    def datasets(self, conditions: list[Condition], order: str, limit: int, skip: int) -> list[Dataset]:
        """Datasets that meet all conditions. order: SQL over their columns."""
        where, values = _joined(conditions)
        # Documents are long: only those of the page are touched.
        page = f"SELECT number FROM modelarts_datasets WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 — the same
        rest = f"number IN ({page}) ORDER BY {order}"
        found = self._run(f"SELECT * FROM modelarts_datasets WHERE {rest}", *values, limit, skip)  # noqa: S608 — the same
        return [Dataset._make(row) for row in found]

    def dataset(self, project: str, dataset_id: str) -> Dataset | None:
        """By id; one of another project isn't there."""
        found = self._run("SELECT * FROM modelarts_datasets WHERE id = ? AND project = ?", dataset_id, project)
        row = found.fetchone()
        return Dataset._make(row) if row else None

    def dataset_by_number(self, number: int) -> Dataset:
        """The dataset with a number, which must be there."""
        return Dataset._make(self._run("SELECT * FROM modelarts_datasets WHERE number = ?", number).fetchone())

    def has_name(self, project: str, name: str) -> bool:
        """Whether a dataset of this project has the name."""
        found = self._run("SELECT 1 FROM modelarts_datasets WHERE project = ? AND name = ?", project, name)
        return found.fetchone() is not None

    def save_dataset(self, dataset: Dataset) -> Dataset:
        """Write a dataset; one with the number 0 is new and gets one."""
        return dataset._replace(number=self._save("modelarts_datasets", dataset))

    def delete_dataset(self, number: int) -> None:
        """Delete one with its versions, and all that was to become of them."""
        self._run("DELETE FROM modelarts_steps WHERE dataset = ?", number)
        self._run("DELETE FROM modelarts_versions WHERE dataset = ?", number)
        self._run("DELETE FROM modelarts_datasets WHERE number = ?", number)

    # --- versions

    def versions(self, dataset: int) -> list[Version]:
        """All of a dataset, in the order of creation."""
        found = self._run("SELECT * FROM modelarts_versions WHERE dataset = ? ORDER BY number", dataset)
        return [Version._make(row) for row in found]

    def count_versions(self, dataset: int) -> int:
        """How many versions a dataset has."""
        return int(self._run("SELECT COUNT(*) FROM modelarts_versions WHERE dataset = ?", dataset).fetchone()[0])

    def version(self, dataset: int, version_id: str) -> Version | None:
        """By id; one of another dataset isn't there."""
        row = self._run("SELECT * FROM modelarts_versions WHERE dataset = ? AND id = ?", dataset, version_id).fetchone()
        return Version._make(row) if row else None

    def version_by_number(self, number: int) -> Version:
        """The version with a number, which must be there."""
        return Version._make(self._run("SELECT * FROM modelarts_versions WHERE number = ?", number).fetchone())

    def save_version(self, version: Version) -> Version:
        """Write a version; one with the number 0 is new and gets one."""
        return version._replace(number=self._save("modelarts_versions", version))

    def delete_version(self, number: int) -> None:
        """Delete one."""
        self._run("DELETE FROM modelarts_versions WHERE number = ?", number)

    # --- steps

    def add_step(self, due: int, what: str, dataset: int, version: int | None = None) -> None:
        """Keep something for later."""
        self._save("modelarts_steps", Step(0, due, what, dataset, version))

    def next_step(self, until: int) -> Step | None:
        """The first of those due by a time; it is gone from here."""
        found = self._run("SELECT * FROM modelarts_steps WHERE due <= ? ORDER BY due, number LIMIT 1", until).fetchone()
        if found:
            self._run("DELETE FROM modelarts_steps WHERE number = ?", found[0])
        return Step._make(found) if found else None

    def _save(self, table: str, row: Dataset | Version | Step) -> int:
        marks = ", ".join("?" * len(row))
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608 — names of our own
        cursor = self._run(statement, row[0] or None, *row[1:])
        return cursor.lastrowid or 0

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)


def _joined(conditions: list[Condition]) -> tuple[str, list[object]]:
    return " AND ".join(each.sql for each in conditions), [value for each in conditions for value in each.values]
