"""Pieces of the wire format that datasets and versions share: paths, pages, checks of answers."""

from collections.abc import Callable, Mapping
from typing import Any

from dsops.model import Call, Flow, Reference, Response
from dsops.providers.common import MOST_LISTED, Answers, has_id

PROJECT = "{project}"
"""Stands for the project's id in a path, until the connection is known (``ModelArts.prepared``)."""
ROOT = ("v2", PROJECT, "datasets")
LARGEST_PAGE = 100
DATASET_ID, VERSION_ID = "dataset_id", "version_id"
CURRENT_ID = "current_version_id"
READ, CREATE = "modelarts:dataset:get", "modelarts:dataset:create"
LIST, UPDATE, DELETE = "modelarts:dataset:list", "modelarts:dataset:update", "modelarts:dataset:delete"
"""Permissions (``x-permissions`` of ``specs/modelarts.openapi.yaml``)."""

Document = Mapping[str, Any]
Path = tuple[str | Reference, ...]

ANSWERS = Answers("ModelArts", "modelarts", (VERSION_ID, DATASET_ID))
bad_answer, decoded = ANSWERS.refuse, ANSWERS.decoded


def dataset_path(dataset: str | Reference, *rest: str) -> Path:
    """Return the path of a dataset, or of what is below it."""
    return (*ROOT, dataset, *rest)


def all_datasets(**query: str) -> Flow:
    """Read every dataset, as documents: in 1 call up to 100 (``specs/modelarts.md``, choices 1 to 4)."""
    asked = {"dataset_version": "all", "with_labels": "true", "sort_by": "create_time", "order": "asc", **query}

    def page(offset: int) -> Call:
        paging = (("limit", str(LARGEST_PAGE)), ("offset", str(offset)))
        return Call("GET", ROOT, query=(*asked.items(), *paging), permission=LIST)

    found: list[Document] = yield from every_page(page, "datasets", DATASET_ID, LARGEST_PAGE)
    return found


def every_page(page: Callable[[int], Call], name: str, id_field: str, limit: int) -> Flow:
    """Read page after page until one isn't full, whether the server's offset counts pages or records.

    A server that counts records answers page 1 with what page 0 had, but for one; from there on records are asked for.

    Args:
        page: An offset to the call that asks for what begins there.
        name: Of the list in the answers.
        id_field: Of the ids of what is listed.
        limit: How many a full page has.

    Raises:
        RemoteError: An answer is no such page, or a full page brings nothing new: the list would never be whole.
    """
    seen: dict[str, Document] = {}
    counts_records = False
    number = 0
    while True:
        response = yield page(number * (limit if counts_records else 1))
        found = items(response, name, id_field)
        new = {each[id_field]: each for each in found if each[id_field] not in seen}
        if number == 1 and not counts_records and len(found) - len(new) > len(new):
            counts_records = True
        elif len(found) < limit:
            return [*seen.values(), *new.values()]
        elif len(seen) > MOST_LISTED:
            bad_answer(f"its list {name!r} has no end: {len(seen):,} were read")
        elif not new:
            bad_answer(f"page {number} of its list {name!r} is full and brings nothing new")
        else:
            number += 1
        seen |= new


def items(response: Response, name: str, id_field: str) -> list[Document]:
    """Return the list under ``name`` in an answer: objects with ids, none of which comes twice.

    Raises:
        RemoteError: It isn't there, or isn't that.
    """
    return ANSWERS.objects(response.body.get(name) if isinstance(response.body, dict) else None, id_field, name)


def described(response: Response, id_field: str, remote_id: str) -> Document:
    """Return the object with an id that an answer is.

    Raises:
        RemoteError: It is something else.
    """
    document = response.body
    if not has_id(document, id_field) or document[id_field] != remote_id:
        bad_answer(f"it does not hold what has the {id_field} {remote_id}")
    found: Document = document
    return found


def status_of(document: Document) -> int:
    """Return the number of an object's status.

    Raises:
        RemoteError: It has none, so that nothing tells whether the object is there or on its way out.
    """
    status = document.get("status")
    if not isinstance(status, int) or isinstance(status, bool):
        bad_answer(f"it has the status {str(status)[:40]!r}, which is no number")
    return status


def is_in(document: Document, states: frozenset[int]) -> bool:
    """Whether an object is in one of some states; one that tells none is in none.

    Raises:
        RemoteError: It tells something that is no state.
    """
    return document.get("status") is not None and status_of(document) in states


def name_of(document: Document, field: str) -> str:
    """Return the name of an object.

    Raises:
        RemoteError: It has none, so that it may be any.
    """
    name = document.get(field)
    if not isinstance(name, str) or not name:
        bad_answer(f"it has the {field} {str(name)[:40]!r}, which is no name")
    return name
