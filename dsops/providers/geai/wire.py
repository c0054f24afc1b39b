"""Pieces of the wire format that datasets and rows share."""

from collections.abc import Mapping
from typing import Any

from dsops.model import Reference, Response
from dsops.providers.common import Answers

ROOT = "dataSetApi"
ROWS = "rows"
DATASET_ID = "dataSetId"

Path = tuple[str | Reference, ...]

ANSWERS = Answers("GEAI", "geai", (DATASET_ID,))
bad_answer, decoded = ANSWERS.refuse, ANSWERS.decoded


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
    return ANSWERS.objects(response.body, id_field, what)
