"""Rows: create, list, get, update, delete."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, encode
from dsops.emulator.geai import forms, shapes
from dsops.emulator.geai.forms import Fields
from dsops.emulator.geai.service import Ask, Service, streamed
from dsops.emulator.geai.tables import Dataset, Row
from dsops.emulator.options import RowPut


def list_rows(service: Service, ask: Ask) -> Answer:
    """All rows of a dataset, in the order in which they came."""
    rows = service.tables.rows(service.dataset(ask).number)

    def pieces() -> Iterator[bytes]:
        yield b"["
        yield from rows
        yield b"]"

    return streamed(pieces())


def create_row(service: Service, ask: Ask) -> Answer:
    """A new row behind the others."""
    fields = shapes.parse(ask.body, shapes.ROW_CREATE)
    dataset = service.dataset(ask)
    return Answer(200, append_rows(service, dataset, [fields], service.now())[0])


def append_rows(service: Service, dataset: Dataset, rows: Sequence[Fields], moment: str) -> list[bytes]:
    """Keep new rows, from checked fields, as of a time; answers the JSON of each."""
    made = [service.forms.row(row) for row in rows]
    service.tables.add_rows(dataset.number, made)
    service.touch(dataset, moment)
    return [document for _, document in made]


def get_row(service: Service, ask: Ask) -> Answer:
    """One row."""
    return Answer(200, service.row(ask)[1].document)


def update_row(service: Service, ask: Ask) -> Answer:
    """Change what is given; what becomes of the nested lists is the switch `row_put`."""
    fields = shapes.parse(ask.body, shapes.ROW_UPDATE)
    dataset, row = service.row(ask)
    document = changed_row(service, row, fields)
    service.tables.change_row(row.place, document)
    service.touch(dataset)
    return Answer(200, document)


def delete_row(service: Service, ask: Ask) -> Answer:
    """Delete a row with what is nested in it."""
    dataset, row = service.row(ask)
    service.tables.delete_row(row.place)
    service.touch(dataset)
    return service.deleted("Dataset row")


def changed_row(service: Service, row: Row, fields: Fields) -> bytes:
    """The JSON of a row with checked fields changed, by the switch `row_put`."""
    document = orjson.loads(row.document)
    for name in (forms.INPUT, forms.ANSWER, forms.CONTEXT):
        if fields.get(name) is not None:
            document[name] = fields[name]
    if fields.get(forms.SOURCES) is not None:
        document[forms.SOURCES] = _nested(
            service.switches.row_put,
            document[forms.SOURCES],
            fields[forms.SOURCES],
            (forms.SOURCE_NAME, forms.SOURCE_VALUE),
            service.forms.source,
        )
    if fields.get(forms.VARIABLES) is not None:
        document[forms.VARIABLES] = _nested(
            service.switches.row_put,
            document[forms.VARIABLES],
            fields[forms.VARIABLES],
            (forms.KEY,),
            service.forms.variable,
        )
    return encode(document)


def _nested(
    mode: RowPut,
    old: list[dict[str, Any]],
    given: list[Fields],
    same: tuple[str, ...],
    make: Callable[..., dict[str, Any]],
) -> list[dict[str, Any]]:
    """A nested list after an update. `same`: the fields by which merging takes two entries for one."""
    if mode is RowPut.IGNORE_NESTED:
        return old
    if mode is RowPut.REPLACE:
        return [make(each) for each in given]
    merged = list(old)
    for each in given:
        equal = (at for at, kept in enumerate(merged) if all(kept[name] == each[name] for name in same))
        at = next(equal, None)
        if at is None:
            merged.append(make(each))
        else:
            merged[at] = make(each, merged[at])
    return merged
