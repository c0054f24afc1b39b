"""Datasets: list, create, upload whole, get, update, delete."""

from collections.abc import Iterator

import orjson

from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.geai import forms, shapes
from dsops.emulator.geai.forms import Fields
from dsops.emulator.geai.rows import changed_row
from dsops.emulator.geai.service import Ask, Service, streamed
from dsops.emulator.geai.tables import Dataset


def list_datasets(service: Service, ask: Ask) -> Answer:
    """All datasets of the project, each with all its rows."""
    found = [(dataset.head, service.tables.rows(dataset.number)) for dataset in service.tables.datasets(ask.project)]

    def pieces() -> Iterator[bytes]:
        comma = b"["
        for head, rows in found:
            yield comma
            yield from forms.around(head, rows)
            comma = b","
        yield b"]" if found else b"[]"

    return streamed(pieces())


def get_dataset(service: Service, ask: Ask) -> Answer:
    """One dataset with all its rows."""
    return service.shown_dataset(service.dataset(ask))


def create_dataset(service: Service, ask: Ask) -> Answer:
    """A new dataset, with or without rows."""
    fields = shapes.parse(ask.body, shapes.DATASET_CREATE)
    return service.shown_dataset(add_dataset(service, ask.project, fields, service.now()))


def add_dataset(service: Service, project: str, fields: Fields, moment: str) -> Dataset:
    """Keep a new dataset with its rows, from checked fields, as of a time. Raises Refusal 409."""
    service.check_name(project, fields[forms.NAME])
    service.note_spelling()
    dataset_id = service.ids.new()
    head = forms.head(fields, {forms.DATASET_ID: dataset_id, forms.CREATED: moment, forms.UPDATED: moment})
    dataset = service.tables.add_dataset(dataset_id, project, fields[forms.NAME], encode(head))
    service.tables.add_rows(dataset.number, map(service.forms.row, fields.get("rows") or ()))
    return dataset


def update_dataset(service: Service, ask: Ask) -> Answer:
    """Change what is given. Rows, if any are given, are all there will be (specs/geai.md, choice 1)."""
    fields = shapes.parse(ask.body, shapes.DATASET_UPDATE)
    dataset = service.dataset(ask)
    head = forms.head(fields, {**orjson.loads(dataset.head), forms.UPDATED: service.now()})
    dataset = service.write_head(dataset, head)
    if fields.get("rows"):
        _replace_rows(service, dataset, fields["rows"])
    return service.shown_dataset(dataset)


def _replace_rows(service: Service, dataset: Dataset, rows: list[Fields]) -> None:
    listed = {row[forms.ROW_ID]: row for row in rows if row.get(forms.ROW_ID) is not None}
    for row_id in service.tables.row_ids(dataset.number):
        row = service.tables.row(dataset.number, row_id)
        given = listed.pop(row_id, None)
        if row is not None and given is None:
            service.tables.delete_row(row.place)
        elif row is not None and given is not None:
            service.tables.change_row(row.place, changed_row(service, row, given))
    if listed:
        raise Refusal(404, f"Rows not found in dataset {dataset.id}: {', '.join(listed)}.")
    service.tables.add_rows(dataset.number, [service.forms.row(row) for row in rows if row.get(forms.ROW_ID) is None])


def delete_dataset(service: Service, ask: Ask) -> Answer:
    """Delete a dataset with its rows."""
    service.tables.delete_dataset(service.dataset(ask).number)
    return service.deleted("Dataset")
