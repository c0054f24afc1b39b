"""What the ModelArts routes work with: tables, clock, switches, ids, and what happens by itself after a call.

create     0 creating ─ delay ─► [8 importing ─ delay ─►] 1 normal
publish    6 releasing, the version 0 creating ─ delay ─► 1 and 1, and the version is the current one
switch     7 switching ─ delay ─► 1, and the version is the current one
delete     2 deleting ─ delay ─► gone (a version too; its dataset stays 1)
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, assert_never

import orjson

from dsops.emulator.modelarts import codes
from dsops.emulator.modelarts.tables import Dataset, Tables, Version
from dsops.emulator.options import ModelartsSwitches, Offset
from dsops.emulator.store import Store

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 19
_COUNTER = "modelarts ids"


class Status(IntEnum):
    """States of a dataset."""

    CREATING = 0
    NORMAL = 1
    DELETING = 2
    DELETED = 3
    ABNORMAL = 4
    SYNCING = 5
    RELEASING = 6
    SWITCHING = 7
    IMPORTING = 8


class VersionStatus(IntEnum):
    """States of a version; the vendor calls 1 "running", and it means ready."""

    CREATING = 0
    RUNNING = 1
    DELETING = 2
    DELETED = 3
    ERROR = 4


class Next(StrEnum):
    """What happens by itself."""

    IMPORTING = "importing"
    NORMAL = "normal"
    PUBLISHED = "published"
    SWITCHED = "switched"
    GONE = "gone"
    VERSION_GONE = "version gone"


_BUSY: dict[int, tuple[str, str]] = {
    # No code is documented for a dataset that is being created; what it waits for is its source being taken in.
    Status.CREATING: (codes.IMPORTING, "The dataset is being created."),
    Status.IMPORTING: (codes.IMPORTING, "Data is being imported into the dataset."),
    Status.SYNCING: (codes.SYNCING, "The data source of the dataset is being synchronised."),
    Status.RELEASING: (codes.PUBLISHING, "A version of the dataset is being published."),
    Status.SWITCHING: (codes.SWITCHING, "The version of the dataset is being switched."),
    Status.DELETING: (codes.DELETING, "The dataset is being deleted."),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for one operation: the project, the values in its path, its raw query, its body."""

    project: str
    params: Mapping[str, str]
    query: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Service:
    """The ModelArts data, and the switches for the open questions of specs/modelarts.md."""

    store: Store
    clock: Callable[[], datetime]
    switches: ModelartsSwitches
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Tables(self.store))

    def now(self) -> int:
        """The time now, as answers carry it: milliseconds since 1970."""
        return (self.clock() - _EPOCH) // timedelta(milliseconds=1)

    def new_id(self) -> str:
        """The next id: 19 letters and digits, made from a counter, so that the same writes get the same ids."""
        count = self.store.count(_COUNTER) + 1
        self.store.set_count(_COUNTER, count)
        rest = int.from_bytes(hashlib.sha256(f"dsops modelarts {count}".encode()).digest())
        characters = []
        for _ in range(_ID_LENGTH):
            rest, digit = divmod(rest, len(_DIGITS))
            characters.append(_DIGITS[digit])
        return "".join(characters)

    def dataset(self, ask: Ask) -> Dataset:
        """The dataset that a path means. Raises Refusal."""
        found = self.tables.dataset(ask.project, ask.params["dataset_id"])
        if found is None:
            raise codes.trouble(codes.NO_DATASET, f"The dataset {ask.params['dataset_id']} does not exist.")
        return found

    def idle_dataset(self, ask: Ask) -> Dataset:
        """The dataset that a path means, when nothing is going on in it. Raises Refusal."""
        dataset = self.dataset(ask)
        if busy := _BUSY.get(dataset.status):
            raise codes.trouble(*busy)
        return dataset

    def version(self, dataset: Dataset, version_id: str) -> Version:
        """A version of a dataset. Raises Refusal."""
        found = self.tables.version(dataset.number, version_id)
        if found is None:
            raise codes.trouble(codes.NO_VERSION, f"The dataset version {version_id} does not exist.")
        return found

    def change(self, dataset: Dataset, fields: Mapping[str, Any], moment: int | None = None) -> Dataset:
        """Write fields into a dataset's document, and when that was; what is None goes."""
        document = orjson.loads(dataset.document)
        document |= {**fields, "update_time": self.now() if moment is None else moment}
        kept = {key: value for key, value in document.items() if value is not None}
        return self.tables.save_dataset(dataset._replace(document=orjson.dumps(kept)))

    def later(self, dataset: Dataset, *steps: Next, version: Version | None = None) -> None:
        """Let steps happen one after the other, each the switch's delay after the one before."""
        delay = round(self.switches.delay * 1000)
        for place, step in enumerate(steps, 1):
            self.tables.add_step(self.now() + place * delay, step, dataset.number, version.number if version else None)

    def skipped(self, offset: int, limit: int) -> int:
        """How many records stand before a page: `offset` counts pages, or, by the switch, records."""
        return offset if self.switches.offset is Offset.RECORDS else offset * limit

    def catch_up(self) -> None:
        """Do what is due."""
        while step := self.tables.next_step(self.now()):
            self._do(Next(step.what), step.due, step.dataset, step.version)

    def _do(self, what: Next, due: int, number: int, version: int | None) -> None:
        dataset = self.tables.dataset_by_number(number)
        match what:
            case Next.IMPORTING:
                self.tables.save_dataset(dataset._replace(status=Status.IMPORTING))
            case Next.NORMAL:
                self.change(dataset._replace(status=Status.NORMAL), {}, due)
            case Next.PUBLISHED:
                made = self.tables.version_by_number(version or 0)
                self.tables.save_version(made._replace(status=VersionStatus.RUNNING))
                self.change(dataset._replace(status=Status.NORMAL, current=version), {}, due)
            case Next.SWITCHED:
                self.change(dataset._replace(status=Status.NORMAL, current=version), {}, due)
            case Next.GONE:
                self.tables.delete_dataset(number)
            case Next.VERSION_GONE:
                self.tables.delete_version(version or 0)
                if dataset.current == version:
                    self.change(dataset._replace(current=self._last_ready(number)), {}, due)
            case _:
                assert_never(what)

    def _last_ready(self, dataset: int) -> int | None:
        ready = [each.number for each in self.tables.versions(dataset) if each.status == VersionStatus.RUNNING]
        return ready[-1] if ready else None
