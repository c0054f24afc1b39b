"""The table of GEAI operations: the documented ones, then the second spellings that the documentation has of some."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from dsops.emulator.exchange import Answer
from dsops.emulator.geai import datasets, rows, uploads
from dsops.emulator.geai.entries import SOURCES, VARIABLES
from dsops.emulator.geai.service import Ask, Service
from dsops.emulator.routing import Table

PREFIX = "/dataSetApi"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the path is written as in specs/geai.openapi.yaml."""

    method: str
    path: str
    handler: Callable[[Service, Ask], Answer]


_ALL = f"{PREFIX}/dataSets"
_NEW = f"{PREFIX}/dataSet"
_DATASET = f"{_NEW}/{{dataSetId}}"
_ROW = f"{_DATASET}/dataSetRow/{{dataSetRowId}}"
_SOURCE = f"{_ROW}/dataSetRowExpectedSource"
_ONE_SOURCE = f"{_SOURCE}/{{dataSetExpectedSourceId}}"
_VARIABLE = f"{_ROW}/dataSetRowFilterVariable"
_ONE_VARIABLE = f"{_VARIABLE}/{{dataSetRowFilterVarId}}"

DOCUMENTED = (
    Operation("GET", _ALL, datasets.list_datasets),
    Operation("POST", _NEW, datasets.create_dataset),
    Operation("POST", f"{_NEW}/FileUpload", uploads.upload_dataset),
    Operation("GET", _DATASET, datasets.get_dataset),
    Operation("PUT", _DATASET, datasets.update_dataset),
    Operation("DELETE", _DATASET, datasets.delete_dataset),
    Operation("POST", f"{_DATASET}/dataSetRow", rows.create_row),
    Operation("GET", f"{_DATASET}/dataSetRows", rows.list_rows),
    Operation("POST", f"{_DATASET}/dataSetRow/FileUpload", uploads.upload_rows),
    Operation("GET", _ROW, rows.get_row),
    Operation("PUT", _ROW, rows.update_row),
    Operation("DELETE", _ROW, rows.delete_row),
    Operation("POST", _SOURCE, SOURCES.create),
    Operation("GET", f"{_SOURCE}s", SOURCES.list),
    Operation("GET", _ONE_SOURCE, SOURCES.get),
    Operation("PUT", _ONE_SOURCE, SOURCES.update),
    Operation("DELETE", _ONE_SOURCE, SOURCES.delete),
    Operation("POST", _VARIABLE, VARIABLES.create),
    Operation("GET", f"{_VARIABLE}s", VARIABLES.list),
    Operation("GET", _ONE_VARIABLE, VARIABLES.get),
    Operation("PUT", _ONE_VARIABLE, VARIABLES.update),
    Operation("DELETE", _ONE_VARIABLE, VARIABLES.delete),
)
ALIASES = (
    Operation("POST", _ALL, datasets.create_dataset),
    Operation("GET", _SOURCE, SOURCES.list),
    Operation("GET", _VARIABLE, VARIABLES.list),
)
OPERATIONS = (*DOCUMENTED, *ALIASES)


def find_operation(method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
    """The operation a request means, and the values in its path. Raises Refusal 404, 405.

    What isn't UTF-8 is decoded all the same: an id like that is one of nothing.
    """
    return _TABLE.find(method, raw_path, [unquote(segment) for segment in raw_path.split("/")])


_TABLE = Table(OPERATIONS)
