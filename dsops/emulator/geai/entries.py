"""What is nested in a row, one by one: expected sources and filter variables. Both have the same five operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.geai import forms, shapes
from dsops.emulator.geai.forms import Fields, Forms
from dsops.emulator.geai.service import Ask, Service
from dsops.emulator.geai.shapes import Check
from dsops.emulator.geai.tables import Dataset, Row


@dataclass(frozen=True, slots=True)
class _Nested:
    """One of the two. parameter: what its id is called in a path; kept_in: the list of a row that holds it."""

    name: str
    parameter: str
    id_field: str
    kept_in: str
    create: Check
    update: Check
    make: Callable[..., dict[str, Any]]


_SOURCE = _Nested(
    name="Expected source",
    parameter="dataSetExpectedSourceId",
    id_field=forms.SOURCE_ID,
    kept_in=forms.SOURCES,
    create=shapes.SOURCE_CREATE,
    update=shapes.SOURCE_UPDATE,
    make=Forms.source,
)
_VARIABLE = _Nested(
    name="Filter variable",
    parameter="dataSetRowFilterVarId",
    id_field=forms.VARIABLE_ID,
    kept_in=forms.VARIABLES,
    create=shapes.VARIABLE_CREATE,
    update=shapes.VARIABLE_UPDATE,
    make=Forms.variable,
)


@dataclass(frozen=True, slots=True)
class Entries:
    """The operations on one kind of nested entry."""

    kind: _Nested

    def list(self, service: Service, ask: Ask) -> Answer:
        """All of a row."""
        dataset, row = service.row(ask)
        entries = orjson.loads(row.document)[self.kind.kept_in]
        return Answer(200, encode([_shown(dataset, row, entry) for entry in entries]))

    def create(self, service: Service, ask: Ask) -> Answer:
        """A new one behind the others."""
        fields = shapes.parse(ask.body, self.kind.create)
        dataset, row = service.row(ask)
        document = orjson.loads(row.document)
        entry = self.kind.make(service.forms, fields)
        document[self.kind.kept_in].append(entry)
        return _written(service, dataset, row, document, entry)

    def get(self, service: Service, ask: Ask) -> Answer:
        """One."""
        dataset, row = service.row(ask)
        document = orjson.loads(row.document)
        return Answer(200, encode(_shown(dataset, row, document[self.kind.kept_in][self._place(ask, document)])))

    def update(self, service: Service, ask: Ask) -> Answer:
        """Change what is given."""
        fields = shapes.parse(ask.body, self.kind.update)
        dataset, row = service.row(ask)
        document = orjson.loads(row.document)
        entries, place = document[self.kind.kept_in], self._place(ask, document)
        entries[place] = self.kind.make(service.forms, fields, entries[place])
        return _written(service, dataset, row, document, entries[place])

    def delete(self, service: Service, ask: Ask) -> Answer:
        """Delete one."""
        dataset, row = service.row(ask)
        document = orjson.loads(row.document)
        entry = document[self.kind.kept_in].pop(self._place(ask, document))
        _written(service, dataset, row, document, entry)
        return service.deleted(self.kind.name)

    def _place(self, ask: Ask, document: Fields) -> int:
        wanted = ask.params[self.kind.parameter]
        for place, entry in enumerate(document[self.kind.kept_in]):
            if entry[self.kind.id_field] == wanted:
                return place
        raise Refusal(404, f"{self.kind.name} {wanted} not found in row {document[forms.ROW_ID]}.")


def _written(service: Service, dataset: Dataset, row: Row, document: Fields, entry: Fields) -> Answer:
    service.tables.change_row(row.place, encode(document))
    service.touch(dataset)
    return Answer(200, encode(_shown(dataset, row, entry)))


def _shown(dataset: Dataset, row: Row, entry: Fields) -> dict[str, Any]:
    return {**entry, forms.DATASET_ID: dataset.id, forms.ROW_ID: row.id}


SOURCES = Entries(_SOURCE)
VARIABLES = Entries(_VARIABLE)
