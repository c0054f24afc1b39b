"""How datasets, exports, deletions and assets are shown."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from dsops.emulator.vi import shapes
from dsops.emulator.vi.service import USER, Service
from dsops.emulator.vi.tables import Asset, Dataset, Job

ASSET_STATUSES = {
    "none": {"description": "Nobody has annotated it", "color": "#9E9E9E"},
    "annotated": {"description": "It has annotations", "color": "#4CAF50"},
    "error": {"description": "It could not be processed", "color": "#F44336"},
}
NO_STATISTIC: Mapping[str, Any] = {"assetTotal": 0, "annotationTotal": 0, "tagsCount": {}, "assetAnnotated": 0}


def new_document(fields: Mapping[str, Any], organization: str, now: int) -> dict[str, Any]:
    """The document of a new dataset, from a checked body."""
    return {
        "owner": organization,
        "description": fields.get("description", ""),
        "type": fields["type"],
        "content": fields["content"],
        "localization": shapes.LOCALIZATION,
        "dataLocalization": shapes.LOCALIZATION,
        "createDate": now,
        "statistic": NO_STATISTIC,
        "tags": fields.get("tags", {}),
        "cohorts": [],
        "status": fields.get("status", 0),
        "lastAccessed": now,
        "isLocked": False,
        "access": {"isPublic": False, "isReadOnly": None},
        "preference": {},
        "assetStatuses": {name: {**each, "createDate": now} for name, each in ASSET_STATUSES.items()},
    }


def dataset_link(dataset: Dataset) -> str:
    """The path of a dataset."""
    return f"/workspaces/{dataset.organization}/datasets/{dataset.wire_id}"


def shown_dataset(service: Service, dataset: Dataset) -> dict[str, Any]:
    """A dataset as answers show it; `deleteOp` is there while it is being deleted."""
    shown = {
        "kind": "Dataset",
        "datasetId": dataset.wire_id,
        "name": dataset.name,
        "workspaceId": dataset.organization,
        **orjson.loads(dataset.document),
        "users": {USER: {"workspaceRole": "owner", "datasets": {dataset.wire_id: "owner"}}},
        "selfLink": dataset_link(dataset),
    }
    if service.is_being_deleted(dataset):
        shown["deleteOp"] = f"{dataset_link(dataset)}/deleteOperation"
    return {**shown, "etag": _etag(shown)}


def job_parts(job: Job, self_link: str) -> dict[str, Any]:
    """What exports and deletions have in common. Of the conditions, the latest stands first."""
    started = {"condition": "Started", "status": "Reached", "lastTransitionTime": job.created}
    if job.finished is None:
        finished = {"condition": "Finished", "status": "Waiting", "lastTransitionTime": job.created}
    elif job.failure is None:
        finished = {"condition": "Finished", "status": "Reached", "lastTransitionTime": job.finished}
    else:
        finished = {
            "condition": "Finished",
            "status": "FailedReach",
            "lastTransitionTime": job.finished,
            "reason": "NotSupported",
            "message": job.failure,
        }
    updated = job.created if job.finished is None else job.finished
    return {
        "workspaceId": job.organization,
        "datasetId": f"{job.organization}_{job.dataset_id}",
        "metadata": {
            "timeCreated": job.created,
            "lastUpdated": updated,
            "generation": 1 if job.finished is None else 2,
            "attributes": {},
        },
        "status": {"conditions": [finished, started]},
        "selfLink": self_link,
        "etag": _etag([job.id, job.created, job.finished]),
    }


def shown_deletion(job: Job) -> dict[str, Any]:
    """The deletion of a dataset."""
    wire_id = f"{job.organization}_{job.dataset_id}"
    link = f"/workspaces/{job.organization}/datasets/{wire_id}/deleteOperation"
    return {"kind": "DeletedDataset", "user": USER, **job_parts(job, link)}


def shown_prune(job: Job, dataset: Dataset) -> dict[str, Any]:
    """The deletion of assets; of its specification, what isn't null."""
    spec = {key: value for key, value in orjson.loads(job.spec).items() if value is not None}
    return {
        "kind": "DeleteManyAssetsSession",
        "deleteManyAssetsSessionId": job.id,
        **job_parts(job, f"{dataset_link(dataset)}/deleteManyAssetsSessions/{job.id}"),
        "spec": spec,
    }


def new_asset(dataset: Dataset, asset_id: str, given: Mapping[str, Any], contents: bytes, now: int) -> Asset:
    """An asset with its bytes. given: as in a seed (specs/vi.md), with every key."""
    metadata = _asset_metadata(given, contents, now)
    document = {
        "kind": "Image",
        "assetId": asset_id,
        "datasetId": dataset.wire_id,
        "workspaceId": dataset.organization,
        "filename": given["filename"],
        "owner": dataset.organization,
        "metadata": metadata,
        "selfLink": f"{dataset_link(dataset)}/assets/{asset_id}",
    }
    document["etag"] = _etag(document)
    return Asset(
        number=0,
        dataset=dataset.number,
        id=asset_id,
        filename=given["filename"],
        size=len(contents),
        modified=now,
        document=orjson.dumps(document),
        annotations=orjson.dumps(given["annotations"]),
    )


def _asset_metadata(given: Mapping[str, Any], contents: bytes, now: int) -> dict[str, Any]:
    annotations = given["annotations"]
    size = {"height": given["height"], "width": given["width"]}
    return {
        "generations": {"asset": "1", "thumbnail": "1"},
        "insertedBy": USER,
        "annotations": {"withTag": tag_counts(annotations), "total": len(annotations)},
        "frames": 1,
        "cohorts": [],
        "fileSize": len(contents),
        **size,
        "mimeType": "image/png",
        "source": "managed/datature/default",
        "status": given["status"],
        "uploadStatus": "uploaded",
        "visibility": "visible",
        "userDefined": {},
        "customMetadata": given["customMetadata"],
        "dimensions": size,
        "pixelRatio": {"height": 1, "width": 1},
        "comments": 0,
        "customMetadataCount": len(given["customMetadata"]),
        "hash": {"algorithm": "sha256", "contents": hashlib.sha256(contents).hexdigest()},
        "contentsFrom": "upload",
        "framesChange": {},
        "timeCreated": now,
        "lastUpdated": now,
        "contentsLastUpdated": now,
    }


def tag_counts(annotations: list[dict[str, Any]]) -> dict[str, int]:
    """How often each phrase is found in an asset: what the emulator takes for its tags."""
    counts: dict[str, int] = {}
    for annotation in annotations:
        for phrase in annotation.get("groundedPhrases", ()):
            counts[phrase["phrase"]] = counts.get(phrase["phrase"], 0) + 1
    return counts


def _etag(content: Any) -> str:
    return hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
