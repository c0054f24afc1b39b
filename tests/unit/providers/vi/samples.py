"""Documents as Vi answers them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsops.model import Connection, Response

ORGANIZATION = "acme"
CONNECTION = Connection("vi", "vi", "https://api.vi.example.com", settings={"organization": ORGANIZATION})


def dataset(own: str = "d1", name: str = "shelves", **more: Any) -> dict[str, Any]:
    """Return a dataset."""
    return {
        "datasetId": f"{ORGANIZATION}_{own}",
        "name": name,
        "owner": ORGANIZATION,
        "workspaceId": ORGANIZATION,
        "type": "phrase-grounding",
        "content": "Image",
        "description": "Shelf photos",
        "createDate": 1_700_000_000_000,
        "lastAccessed": 1_700_000_000_000,
        "statistic": {"assetTotal": 4, "annotationTotal": 9, "assetAnnotated": 3, "tagsCount": {"box": 1}},
        "tags": {"box": 2, "can": 7},
        "access": {"isPublic": True, "isReadOnly": None},
        "isLocked": False,
        **more,
    }


def conditions(*statuses: str, **more: Any) -> dict[str, Any]:
    """Return conditions, Started first, each with one of the statuses."""
    names = ("Started", "Finished", "Checked")
    found = [
        {"condition": name, "status": status, "lastTransitionTime": 1, **(more if status == "FailedReach" else {})}
        for name, status in zip(names, statuses, strict=False)
    ]
    return {"conditions": found}


FINISHED = conditions("Reached", "Reached")
RUNNING = conditions("Reached", "Waiting")
FAILED = conditions("Reached", "FailedReach", reason="NotSupported", message="no such format")


def export(
    own: str = "e1", status: Mapping[str, Any] = FINISHED, made: int = 1, ratio: float | None = None, **spec: Any
) -> dict[str, Any]:
    """Return an export; a split ratio that is null is left out, as Vi does."""
    options = {"normalized": spec.pop("normalized", True)} | ({"splitRatio": ratio} if ratio is not None else {})
    return {
        "workspaceId": ORGANIZATION,
        "datasetId": f"{ORGANIZATION}_d1",
        "datasetExportId": own,
        "spec": {"format": "ViFull", "options": options, **spec},
        "status": dict(status),
        "metadata": {"timeCreated": made, "lastUpdated": made, "generation": 1, "attributes": {}},
    }


def ready(own: str = "e1", url: str = "https://files.example.com/e1?signature=s3cret", **more: Any) -> dict[str, Any]:
    """Return a finished export with its address."""
    return export(own, {**FINISHED, "downloadUrl": {"url": url, "expiresAt": 2}}, **more)


def page(items: Sequence[Any], token: Any = None) -> Response:
    """Return a page."""
    return Response(200, body={"items": list(items), "nextPage": token, "prevPage": None})
