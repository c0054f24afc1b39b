"""Versions of a dataset: list, create (publish), describe, delete. They can't be changed."""

from collections.abc import Mapping
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.modelarts import codes, shapes
from dsops.emulator.modelarts.forms import shown_version
from dsops.emulator.modelarts.service import Ask, Next, Service, Status, VersionStatus
from dsops.emulator.modelarts.shapes import TABLE, VERSION_FORMATS
from dsops.emulator.modelarts.tables import Dataset, Version

_MOST = 1000
_FLAGS = {"clear_hard_property": True, "remove_sample_usage": True, "export_images": False, "with_column_header": True}


def list_versions(service: Service, ask: Ask) -> Answer:
    """One page of a dataset's versions, the newest first."""
    dataset, query = service.dataset(ask), shapes.Query(ask.query)
    status, number = query.choice("status", *VersionStatus), query.choice("version_format", 0, 1, 2)
    low, high = query.span("train_evaluate_ratio") or (0.0, 1.0)
    limit = query.number("limit", 1, _MOST) or _MOST
    skip = service.skipped(query.offset(), limit)
    found = [
        version
        for version in reversed(service.tables.versions(dataset.number))
        if status in {None, version.status}
        and (number is None or version.format == VERSION_FORMATS[number])
        and low <= version.ratio <= high
    ]
    shown = [shown_version(version, dataset) for version in found[skip : skip + limit]]
    return Answer(200, encode({"total_number": len(found), "versions": shown}))


def create_version(service: Service, ask: Ask) -> Answer:
    """Begin to publish a version: one a minute (or what the switch says) for each dataset."""
    fields = shapes.parse(ask.body, shapes.VERSION_CREATE, may_be_empty=True)
    dataset = service.idle_dataset(ask)
    _check_interval(service, dataset)
    version = add_version(service, dataset, fields)
    dataset = service.tables.dataset_by_number(dataset.number)
    service.tables.save_dataset(dataset._replace(status=Status.RELEASING))
    service.later(dataset, Next.PUBLISHED, version=version)
    return Answer(201, encode({"version_id": version.id}))


def _check_interval(service: Service, dataset: Dataset) -> None:
    earliest = (dataset.published or 0) + service.switches.version_interval * 1000
    if dataset.published is not None and service.now() < earliest:
        raise codes.trouble(
            codes.TOO_SOON, f"Only one version can be published in {service.switches.version_interval:g} seconds."
        )


def add_version(service: Service, dataset: Dataset, fields: Mapping[str, Any]) -> Version:
    """Keep a version that is being published, from a checked body. Raises Refusal."""
    document = orjson.loads(dataset.document)
    name = fields.get("version_name") or f"V{document['next_version_num']:03}"
    others = service.tables.versions(dataset.number)
    if any(each.name == name for each in others):
        raise codes.trouble(codes.VERSION_TAKEN, f"The dataset version name {name} already exists.")
    form = fields.get("version_format", "Default")
    if form != "Default" and dataset.type != TABLE:
        raise Refusal(400, f"body.version_format: {form} is for table datasets only")
    ratio = fields.get("train_evaluate_sample_ratio", "1.00")
    now = service.now()
    content = {
        **_content(document, dataset, fields, name),
        "train_evaluate_sample_ratio": ratio,
        "create_time": now,
        "update_time": now,
    }
    if dataset.current:
        before = service.tables.version_by_number(dataset.current)
        content["previous_version_id"] = before.id
    version = service.tables.save_version(
        Version(
            number=0,
            id=service.new_id(),
            dataset=dataset.number,
            name=name,
            created=now,
            status=VersionStatus.CREATING,
            format=form,
            ratio=float(ratio),
            document=orjson.dumps(content),
        )
    )
    service.change(dataset._replace(published=now), {"next_version_num": document["next_version_num"] + 1})
    return version


def _content(dataset: Mapping[str, Any], held: Dataset, fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    folder = f"{dataset['inner_annotation_path']}{name}/"
    return {
        "description": fields.get("description", ""),
        **{key: fields.get(key, default) for key, default in _FLAGS.items()},
        "task_type": held.type,
        "tags": dataset["dataset_tags"],
        "label_type": "unlabeled",
        "label_stats": [{**label, "count": 0, "sample_count": 0} for label in dataset["labels"]],
        "manifest_path": f"{folder}{name}.manifest",
        "data_path": f"{folder}data/",
        "total_sample_count": dataset["total_sample_count"],
        "annotated_sample_count": dataset["annotated_sample_count"],
        "add_sample_count": 0,
        "modified_sample_count": 0,
        "deleted_sample_count": 0,
        "total_sub_sample_count": 0,
        "annotated_sub_sample_count": 0,
        "deletion_stats": {},
        "data_statistics": {},
        "data_validate": False,
        "include_dataset_data": True,
        "analysis_status": 0,
        "crop": False,
        "rotate": False,
        "extract_serial_number": False,
        "start_processor_task": False,
    }


def get_version(service: Service, ask: Ask) -> Answer:
    """One version."""
    dataset = service.dataset(ask)
    return Answer(200, encode(shown_version(service.version(dataset, ask.params["version_id"]), dataset)))


def delete_version(service: Service, ask: Ask) -> Answer:
    """Begin to delete a version; one that is being deleted already is fine."""
    dataset = service.idle_dataset(ask)
    version = service.version(dataset, ask.params["version_id"])
    if version.status != VersionStatus.DELETING:
        service.tables.save_version(version._replace(status=VersionStatus.DELETING))
        service.later(dataset, Next.VERSION_GONE, version=version)
    return Answer(204, b"")
