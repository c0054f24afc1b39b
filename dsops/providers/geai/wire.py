"""Pieces of the wire format that datasets and rows share."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from dsops.model import LiveObject, Reference, RemoteError, Response

ROOT = "dataSetApi"
ROWS = "rows"
DATASET_ID = "dataSetId"

Path = tuple[str | Reference, ...]


def dataset_path(owner: str | Reference, *rest: str) -> Path:
    """Return the path of a dataset, or of what is below it."""
    return (ROOT, "dataSet", owner, *rest)


def row_path(owner: str, row_id: str, *rest: str) -> Path:
    """Return the path of a row, or of what is below it."""
    return dataset_path(owner, "dataSetRow", row_id, *rest)


def documents(response: Response, id_field: str, what: str) -> list[Mapping[str, Any]]:
    """Return the array that an answer is, proven to be whole: objects with ids, none of which comes twice.

    Raises:
        RemoteError: It isn't.
    """
    found = response.body
    if not isinstance(found, list) or not all(isinstance(each, dict) and has_id(each, id_field) for each in found):
        bad_answer(f"it is no array of {what} with ids")
    if len({each[id_field] for each in found}) != len(found):
        bad_answer(f"its array of {what} names an id twice")
    return found


def has_id(document: Mapping[str, Any], id_field: str) -> bool:
    """Whether a document has what tells its object from every other."""
    remote_id = document.get(id_field)
    return isinstance(remote_id, str) and remote_id != ""


def decoded(decode: Callable[[Mapping[str, Any]], LiveObject], document: Mapping[str, Any]) -> LiveObject:
    """Read one object of an answer.

    Raises:
        RemoteError: It has not the form that ``specs/geai.openapi.yaml`` describes.
    """
    try:
        return decode(document)
    except (LookupError, TypeError, ValueError) as wrong:
        bad_answer(f"the document of {document.get(DATASET_ID)} is malformed ({type(wrong).__name__}: {wrong})")


def bad_answer(why: str) -> NoReturn:
    """Refuse an answer that can't be relied on."""
    raise RemoteError.of(
        f"an answer of GEAI can't be relied on: {why}",
        hint="nothing is concluded from it; try again, and compare with specs/geai.openapi.yaml if it stays so",
    )
