"""Pieces of the wire format that datasets and exports share (``specs/vi.md``, paths, ids and pages)."""

from collections.abc import Mapping
from typing import Any

from dsops.model import Call, Flow, Reference, Response
from dsops.providers.common import MOST_LISTED, Answers, checked

ORGANIZATION = "{organization}"
"""Stands in paths and bodies for the connection's organization."""
WORKSPACES = "workspaces"
DATASETS = "datasets"
ROOT = (WORKSPACES, ORGANIZATION, DATASETS)
PAGE_SIZE = 1000
MOST_PAGES = 10_000

Path = tuple[str | Reference, ...]

ANSWERS = Answers("Vi", "vi", ("datasetExportId", "datasetId"))
bad_answer, decoded = ANSWERS.refuse, ANSWERS.decoded


def dataset_path(dataset: str | Reference, *rest: str) -> Path:
    """Return the path of a dataset, or of what is below it."""
    return (*ROOT, dataset, *rest)


def in_workspace(path: Path, organization: str) -> Path:
    """Return a path with the organization in it; a dataset's id has it in front, once."""
    found = [organization if part == ORGANIZATION else part for part in path]
    if len(found) > len(ROOT) and found[0] == WORKSPACES and found[2] == DATASETS:
        dataset = found[3]
        if isinstance(dataset, str) and not dataset.startswith(f"{organization}_"):
            found[3] = f"{organization}_{dataset}"
    return tuple(found)


def dataset_id(document: Mapping[str, Any]) -> str:
    """Return the id of the dataset that a document is about, without the workspace in front.

    Raises:
        TypeError: It has none.
    """
    whole = checked(document.get("datasetId"), str)
    return str(whole).removeprefix(f"{document.get('workspaceId')}_")


def pages(path: Path, id_field: str, what: str) -> Flow:
    """Read a list page by page; returns its documents, proven to be all: objects with ids, none of which comes twice.

    Raises:
        RemoteError: They aren't: a page is none, its token isn't text or came before, or there are too many pages.
    """
    found: list[Mapping[str, Any]] = []
    asked: set[str] = set()
    query: tuple[tuple[str, str], ...] = (("s", str(PAGE_SIZE)),)
    for _ in range(MOST_PAGES):
        response = yield Call("GET", path, query=query)
        found += _items(response, id_field, what)
        token = response.body.get("nextPage")
        if token is None or token == "":
            if len({each[id_field] for each in found}) != len(found):
                bad_answer(f"its pages of {what} name an id twice")
            return found
        if not isinstance(token, str):
            bad_answer(f"the token of the next page of {what} is not a text")
        if token in asked:
            bad_answer(f"it names a next page of {what} that it named before")
        if len(found) > MOST_LISTED:
            bad_answer(f"its pages of {what} have no end: {len(found):,} were read")
        asked.add(token)
        query = (("p", token), ("s", str(PAGE_SIZE)))
    bad_answer(f"after {MOST_PAGES:,} pages of {what} there are still more")


def _items(response: Response, id_field: str, what: str) -> list[Mapping[str, Any]]:
    body = response.body
    # Some APIs leave an empty list out; anything else that has none is no page.
    empty = isinstance(body, dict) and body.keys() <= {"nextPage", "prevPage"}
    found = [] if empty else body.get("items") if isinstance(body, dict) else None
    return ANSWERS.objects(found, id_field, what)


def part(document: Any, *path: str) -> Any:
    """Return what stands at a path of a document; None where nothing does."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def without_address(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an export without the address of its archive, which is a secret; when that expires stays."""
    status = document.get("status")
    if not isinstance(status, dict) or "downloadUrl" not in status:
        return document
    kept = {"expiresAt": part(status, "downloadUrl", "expiresAt")}
    return {**document, "status": {**status, "downloadUrl": kept}}
