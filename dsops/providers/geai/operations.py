"""What can be done with datasets that is not desired state: every call here reads."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import THE_ANSWER, Arguments, Call, Column, Entry, Flow, NaturalKey, Operation, Page
from dsops.providers.common import has_id
from dsops.providers.geai.dataset import DATASETS
from dsops.providers.geai.fields import (
    DATASET,
    NESTED,
    ROW,
    ROW_ID,
    SOURCE_ID,
    SOURCES,
    VARIABLE_ID,
    VARIABLES,
)
from dsops.providers.geai.nested import SOURCE_SEGMENT, VARIABLE_SEGMENT
from dsops.providers.geai.rows import Rows
from dsops.providers.geai.wire import DATASET_ID, ROWS, bad_answer, dataset_path, documents, row_path

_CODEC = Rows()
_PART = MappingProxyType({"source": (SOURCE_SEGMENT, SOURCE_ID), "variable": (VARIABLE_SEGMENT, VARIABLE_ID)})


def _list_datasets(_key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield DATASETS
    found = documents(response, DATASET_ID, "datasets")
    return Page(tuple(Entry((_name(each),), each) for each in found))


def _get(key: NaturalKey, arguments: Arguments) -> Flow:
    parts = [name for name in _PART if name in arguments]
    if parts and "row" not in arguments:
        raise ValueError(f"the {parts[0]} of which row? Name the row too")
    if len(parts) > 1:
        raise ValueError("either a source or a variable is shown, not both at once")
    if parts:
        return _get_part(key, arguments, parts[0])
    return _get_row(key, arguments) if "row" in arguments else _get_dataset(key, arguments)


def _get_dataset(key: NaturalKey, arguments: Arguments) -> Flow:
    response = yield Call("GET", dataset_path(arguments["id"]), stream=ROWS)
    return Entry(key, _object(response.body, DATASET_ID, arguments["id"]))


def _get_row(key: NaturalKey, arguments: Arguments) -> Flow:
    """The row, with what is nested in it as the lists of sources and variables have it."""
    dataset, row = arguments["id"], arguments["row"]
    response = yield Call("GET", row_path(dataset, row))
    document = _object(response.body, ROW_ID, row)
    sources = yield Call("GET", row_path(dataset, row, f"{SOURCE_SEGMENT}s"))
    variables = yield Call("GET", row_path(dataset, row, f"{VARIABLE_SEGMENT}s"))
    nested = {
        SOURCES: documents(sources, SOURCE_ID, "expected sources"),
        VARIABLES: documents(variables, VARIABLE_ID, "filter variables"),
    }
    return Entry((*key, row), {**document, **nested})


def _get_part(key: NaturalKey, arguments: Arguments, name: str) -> Flow:
    segment, id_field = _PART[name]
    row, part = arguments["row"], arguments[name]
    response = yield Call("GET", row_path(arguments["id"], row, segment, part))
    return Entry((*key, row, part), _object(response.body, id_field, part))


def _export(_key: NaturalKey, arguments: Arguments) -> Flow:
    response = yield Call("GET", dataset_path(arguments["id"], "dataSetRows"), stream=THE_ANSWER)
    if response.body != []:
        bad_answer("it is no array of rows")


def _exported(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return _CODEC.manifest(_CODEC.live(document).values)


def row_cells(row: Mapping[str, Any]) -> Mapping[Column, Any]:
    """Flatten a row in field names of the manifest: its texts, then ``expectedSources.0.name`` and so on."""
    return dict(_cells(row))


def _cells(row: Mapping[str, Any]) -> Iterator[tuple[Column, Any]]:
    for rank, field in enumerate(ROW.fields):
        if field not in NESTED:
            yield (rank, field), row.get(field, "")
            continue
        names = NESTED[field].fields
        for number, entry in enumerate(row.get(field, ())):
            # Ranks and not names order the columns: as texts, 10 would stand before 2.
            first = rank * 10**9 + number * len(names)
            for at, name in enumerate(names):
                yield (first + at, f"{field}.{number}.{name}"), entry.get(name, "")


def _object(body: Any, id_field: str, remote_id: str) -> Mapping[str, Any]:
    if not isinstance(body, dict) or not has_id(body, id_field) or body[id_field] != remote_id:
        bad_answer(f"it does not hold what has the {id_field} {remote_id}")
    return body


def _name(document: Mapping[str, object]) -> str:
    name = document.get(DATASET["name"])
    if not isinstance(name, str) or not name:
        bad_answer(f"the dataset {document.get(DATASET_ID)} has no name")
    return name


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "dataset list": Operation(
            "Dataset",
            _list_datasets,
            columns={
                "type": DATASET["type"],
                "active": DATASET["active"],
                "updated": "dataSetUpdateDate",
                "id": DATASET_ID,
            },
        ),
        "dataset get": Operation("Dataset", _get, arguments=frozenset({"id", "row", *_PART})),
        "dataset export": Operation(
            "Dataset", _export, arguments=frozenset({"id"}), cells=row_cells, unit="row", row=_exported
        ),
    }
)
"""By the words of the command."""
