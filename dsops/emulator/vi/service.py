"""What the Vi routes work with: tables, clock, switches, ids."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from dsops.emulator.exchange import Refusal
from dsops.emulator.options import ViSwitches
from dsops.emulator.store import Store
from dsops.emulator.vi.tables import Dataset, JobKind, Tables

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTER = "vi ids"
USER = "emulator-user"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for one operation: the organization, the values in its path, its raw query, its body, its headers."""

    organization: str
    params: Mapping[str, str]
    query: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """The Vi data, and the switches for the open questions of specs/vi.md."""

    store: Store
    clock: Callable[[], datetime]
    switches: ViSwitches
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Tables(self.store))

    def now(self) -> int:
        """The time now, as answers carry it: milliseconds since 1970."""
        return (self.clock() - _EPOCH) // timedelta(milliseconds=1)

    def new_id(self) -> str:
        """The next id: 20 hex digits, made from a counter, so that the same writes get the same ids.

        There must be no underscore in it: clients take what follows the last one for the id (specs/vi.md, choice 2).
        """
        count = self.store.count(_COUNTER) + 1
        self.store.set_count(_COUNTER, count)
        return hashlib.sha256(f"dsops vi {count}".encode()).hexdigest()[:20]

    def dataset(self, ask: Ask) -> Dataset:
        """The dataset that a path means. Raises Refusal 404."""
        wanted = ask.params["datasetId"]
        dataset_id = wanted.removeprefix(f"{ask.organization}_")
        found = self.tables.dataset(ask.organization, dataset_id) if dataset_id != wanted else None
        if found is None:
            raise Refusal(404, f"Dataset {wanted} not found.")
        return found

    def lasting_dataset(self, ask: Ask) -> Dataset:
        """The dataset that a path means, unless it is being deleted. Raises Refusal 404, 409."""
        dataset = self.dataset(ask)
        if self.is_being_deleted(dataset):
            raise Refusal(409, f"Dataset {dataset.wire_id} is being deleted.")
        return dataset

    def is_being_deleted(self, dataset: Dataset) -> bool:
        """Whether a dataset that is there won't be for long."""
        job = self.tables.job(JobKind.DELETION, dataset.organization, dataset.id, dataset.id)
        return job is not None and job.finished is None

    def check_name(self, organization: str, name: str) -> None:
        """Raise Refusal 409 where names are unique, by the switch, and a dataset has this one."""
        if self.switches.unique_names and self.tables.has_name(organization, name):
            raise Refusal(409, f"A dataset with the name {name!r} already exists.")

    def change(self, dataset: Dataset, fields: Mapping[str, Any], moment: int | None = None) -> Dataset:
        """Write fields into a dataset's document, and when that was."""
        accessed = self.now() if moment is None else moment
        document = {**orjson.loads(dataset.document), **fields, "lastAccessed": accessed}
        return self.tables.save_dataset(dataset._replace(document=orjson.dumps(document)))
