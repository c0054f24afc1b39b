"""How datasets, versions and labels are shown: what was sent, and what the server adds."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from dsops.emulator.modelarts.service import Service, Status
from dsops.emulator.modelarts.shapes import TABLE
from dsops.emulator.modelarts.tables import Dataset, Version

# What is kept of a creation as it was sent; secrets of the source are in none of these.
_AS_SENT = ("description", "work_path", "work_path_type", "workspace_id", "managed", "import_data", "schema")
_SECRET = ("user_name", "user_password")
_FOLDERS = {
    "inner_annotation_path": "annotation",
    "inner_data_path": "data",
    "inner_log_path": "logs",
    "inner_temp_path": "temp",
    "inner_task_path": "task",
}
_TAGS = {
    0: ["Image", "Image classification"],
    1: ["Image", "Object detection"],
    3: ["Image", "Image segmentation"],
    100: ["Text", "Text classification"],
    101: ["Text", "Named entity recognition"],
    102: ["Text", "Text triplet"],
    200: ["Audio", "Sound classification"],
    201: ["Audio", "Speech labeling"],
    202: ["Audio", "Speech paragraph labeling"],
    400: ["Table"],
    600: ["Video", "Video labeling"],
    900: ["Free format"],
}
_SUFFIXES = {0: "jpg", 1: "jpg", 3: "jpg", 100: "txt", 101: "txt", 102: "txt", 400: "csv", 600: "mp4"}
_IMAGES = (0, 1, 3)
SAMPLE_COUNT = 10
_PREVIEWED = 4
# What a state is the work of, in the numbers of the list's `running_task_type`.
_TASKS: dict[int, int] = {Status.CREATING: 5, Status.IMPORTING: 5, Status.RELEASING: 6, Status.SWITCHING: 3}


def new_document(fields: Mapping[str, Any], dataset_id: str, now: int, import_task_id: str | None) -> dict[str, Any]:
    """The document of a new dataset, from a checked body. The paths hold its first name for good."""
    kind = fields.get("dataset_type", 0)
    inner = f"{fields['work_path'].rstrip('/')}/{fields['dataset_name']}-{dataset_id}/"
    sent = {key: fields[key] for key in _AS_SENT if fields.get(key) not in (None, [])}
    count = 0 if kind == TABLE else SAMPLE_COUNT
    document = {
        "description": "",
        "managed": False,
        "import_data": False,
        "workspace_id": "0",
        **sent,
        "data_format": fields.get("data_format", "Default"),
        "data_sources": [_source(each) for each in fields["data_sources"]],
        "dataset_format": 1 if kind == TABLE else 0,
        "dataset_tags": _TAGS[kind],
        "enterprise_project_id": "0",
        "feature_supports": ["0"],
        "content_labeling": True,
        "label_task_count": 1,
        "exist_workforce_task": False,
        "workforce_task_count": 0,
        "inner_work_path": inner,
        **{key: f"{inner}{folder}/" for key, folder in _FOLDERS.items()},
        "total_sample_count": count,
        "annotated_sample_count": 0,
        "unconfirmed_sample_count": 0,
        "loading_sample_count": 0,
        "deleted_sample_count": 0,
        "total_sub_sample_count": 0,
        "annotated_sub_sample_count": 0,
        "deletion_stats": {},
        "data_statistics": {},
        "next_version_num": 1,
        "create_time": now,
        "update_time": now,
        "data_update_time": now,
        "labels": [],
    }
    return document if import_task_id is None else {**document, "import_task_id": import_task_id}


def _source(given: Mapping[str, Any]) -> dict[str, Any]:
    """A source without its account, and without what is empty: clients of the vendor stumble over that."""
    info = {key: value for key, value in (given.get("source_info") or {}).items() if value and key not in _SECRET}
    shown = {"data_type": 0, **given, "source_info": info}
    return {key: value for key, value in shown.items() if value not in (None, {}, [])}


def shown_dataset(service: Service, dataset: Dataset, *, labels: bool, tasks: int | None = None) -> dict[str, Any]:
    """A dataset as answers show it. tasks: type of the running tasks that are shown; -1: all; None: none."""
    document = orjson.loads(dataset.document)
    current = service.tables.version_by_number(dataset.current) if dataset.current else None
    running = [_task_id(dataset)] if _has_task(dataset, tasks) else []
    shown = {
        "dataset_id": dataset.id,
        "dataset_name": dataset.name,
        "dataset_type": dataset.type,
        **document,
        "status": dataset.status,
        "dataset_version_count": service.tables.count_versions(dataset.number),
        "exist_running_task": bool(running),
        "running_tasks_id": running,
    }
    if current:
        shown |= {"current_version_id": current.id, "current_version_name": current.name}
        shown["versions"] = [shown_version(current, dataset)]
    if not labels:
        del shown["labels"]
    return _overlaid(shown)


def _overlaid(shown: dict[str, Any]) -> dict[str, Any]:
    """What is shown, with what a seed wants to be answered instead."""
    instead: dict[str, Any] = shown.pop("answers", {})
    return {**shown, **instead}


def _has_task(dataset: Dataset, tasks: int | None) -> bool:
    task = _TASKS.get(dataset.status)
    return task is not None and tasks in {-1, task}


def _task_id(dataset: Dataset) -> str:
    return _digest(dataset.id, str(dataset.status))[:19]


def listed_extras(dataset: Dataset, now: int, *, preview: bool) -> dict[str, Any]:
    """What an item of the list has besides: where to train from, and, if asked for, samples with signed addresses."""
    document = orjson.loads(dataset.document)
    extras: dict[str, Any] = {"data_url": document["inner_data_path"]}
    if preview:
        extras["samples"] = list(_samples(dataset, document, now))
    return extras


def _samples(dataset: Dataset, document: Mapping[str, Any], now: int) -> Iterator[dict[str, Any]]:
    path = document["data_sources"][0].get("data_path") or document["work_path"]
    bucket, _, folder = path.strip("/").partition("/")
    suffix = _SUFFIXES.get(dataset.type, "wav")
    size = {"width": 640, "height": 480, "depth": 3} if dataset.type in _IMAGES else {}
    for number in range(1, min(_PREVIEWED, document["total_sample_count"]) + 1):
        name = f"{number}.{suffix}"
        key = "/".join(part for part in (folder, name) if part)
        signature = quote(_digest(dataset.id, name)[:28], safe="")
        yield {
            "file_id": _digest(dataset.id, name)[:32],
            "file_Name": name,
            "file_type": suffix,
            "dataset_id": dataset.id,
            "create_time": document["create_time"] + number,
            "size": 1000 * number,
            "url": f"https://{bucket}.obs.emulator.invalid:443/{quote(key)}?AccessKeyId=EMULATOR"
            f"&Expires={now // 1000 + 3600}&Signature={signature}",
            **size,
        }


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def shown_version(version: Version, dataset: Dataset) -> dict[str, Any]:
    """A version as answers show it."""
    shown = {
        "version_id": version.id,
        "version_name": version.name,
        "version_format": version.format,
        "status": version.status,
        "is_current": version.number == dataset.current,
        **orjson.loads(version.document),
    }
    return _overlaid(shown)
