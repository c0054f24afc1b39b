"""What the GEAI routes work with: tables, clock, switches, and the common forms of its answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, Refusal, SetupError, encode
from dsops.emulator.geai import forms
from dsops.emulator.geai.forms import Forms, Ids
from dsops.emulator.geai.tables import Dataset, Row, Tables
from dsops.emulator.options import DeleteAnswer, GeaiSwitches
from dsops.emulator.store import Store

_SMALL = 1024 * 1024
_SPELLING = "geai extension field"
_SPELLINGS = {
    (forms.VENDOR_EXTENSION,): 1,
    (forms.SDK_EXTENSION,): 2,
    (forms.VENDOR_EXTENSION, forms.SDK_EXTENSION): 3,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for one operation: the project it is about, the values in its path, its headers, its body."""

    project: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Service:
    """The GEAI data and the switches for the open questions of specs/geai.md."""

    store: Store
    clock: Callable[[], datetime]
    switches: GeaiSwitches
    tables: Tables = field(init=False)
    ids: Ids = field(init=False)
    forms: Forms = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", Tables(self.store))
        object.__setattr__(self, "ids", Ids(self.store))
        object.__setattr__(self, "forms", Forms(self.ids, self.switches.extension_field))

    def check_spelling(self) -> None:
        """Raise SetupError where rows are kept with another spelling of the extension: they are answered as kept."""
        kept = self.store.count(_SPELLING)
        if kept not in {0, _SPELLINGS[self.forms.written]}:
            raise SetupError("the data file was written with another --extension-field; use that, or another file")

    def note_spelling(self) -> None:
        """Keep, beside the data, how its extensions are spelled."""
        self.store.set_count(_SPELLING, _SPELLINGS[self.forms.written])

    def now(self) -> str:
        """The time now, as answers carry it."""
        return shown_time(self.clock())

    def dataset(self, ask: Ask) -> Dataset:
        """The dataset that a path means. Raises Refusal 404."""
        found = self.tables.dataset(ask.project, ask.params[forms.DATASET_ID])
        if found is None:
            raise Refusal(404, f"Dataset {ask.params[forms.DATASET_ID]} not found.")
        return found

    def row(self, ask: Ask) -> tuple[Dataset, Row]:
        """The row that a path means, and its dataset. Raises Refusal 404."""
        dataset = self.dataset(ask)
        found = self.tables.row(dataset.number, ask.params[forms.ROW_ID])
        if found is None:
            raise Refusal(404, f"Row {ask.params[forms.ROW_ID]} not found in dataset {dataset.id}.")
        return dataset, found

    def touch(self, dataset: Dataset, moment: str | None = None) -> Dataset:
        """Note that a dataset was changed, now or at that time."""
        updated = {**orjson.loads(dataset.head), forms.UPDATED: moment or self.now()}
        return self.write_head(dataset, updated)

    def write_head(self, dataset: Dataset, head: Mapping[str, Any]) -> Dataset:
        """Keep a dataset's head. Raises Refusal 409 where its name is another's."""
        name = head[forms.NAME]
        if name != dataset.name:
            self.check_name(dataset.project, name)
        encoded = encode(head)
        self.tables.change_dataset(dataset.number, name, encoded)
        return dataset._replace(name=name, head=encoded)

    def check_name(self, project: str, name: str) -> None:
        """Raise Refusal 409 where a dataset has that name."""
        if self.tables.has_name(project, name):
            raise Refusal(409, f"A dataset with the name {name!r} already exists.")

    def deleted(self, what: str) -> Answer:
        """The answer to a delete."""
        if self.switches.delete_answer is DeleteAnswer.EMPTY:
            return Answer(200, b"")
        return Answer(200, encode({"message": f"{what} deleted successfully"}))

    def shown_dataset(self, dataset: Dataset) -> Answer:
        """A dataset with all its rows."""
        return streamed(forms.around(dataset.head, self.tables.rows(dataset.number)))


def streamed(pieces: Iterable[bytes]) -> Answer:
    """A good answer made of pieces: whole where it is short, else piece by piece."""
    rest = iter(pieces)
    begun: list[bytes] = []
    size = 0
    for piece in rest:
        begun.append(piece)
        size += len(piece)
        if size > _SMALL:
            return Answer(200, b"", parts=_chained(begun, rest))
    return Answer(200, b"".join(begun))


def _chained(begun: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield b"".join(begun)
    begun.clear()
    yield from rest


def shown_time(moment: datetime) -> str:
    """A time as answers carry it: UTC, to the millisecond."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
