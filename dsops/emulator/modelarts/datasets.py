"""Datasets: create, get, update, delete."""

from collections.abc import Mapping
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, encode
from dsops.emulator.modelarts import codes, labels, shapes
from dsops.emulator.modelarts.forms import new_document, shown_dataset
from dsops.emulator.modelarts.service import Ask, Next, Service, Status, VersionStatus
from dsops.emulator.modelarts.tables import Dataset


def create_dataset(service: Service, ask: Ask) -> Answer:
    """A new dataset; its creation goes on after the answer."""
    fields = shapes.parse(ask.body, shapes.dataset_create)
    dataset = add_dataset(service, ask.project, fields)
    importing = bool(fields.get("import_data"))
    service.later(dataset, *([Next.IMPORTING] if importing else []), Next.NORMAL)
    answer = {"dataset_id": dataset.id}
    if importing:
        answer["import_task_id"] = orjson.loads(dataset.document)["import_task_id"]
    return Answer(201, encode(answer))


def add_dataset(service: Service, project: str, fields: Mapping[str, Any], generation: str = "v1") -> Dataset:
    """Keep a dataset that is being created, from a checked body. Raises Refusal."""
    _check_name(service, project, fields["dataset_name"])
    dataset_id, now = service.new_id(), service.now()
    task = f"{dataset_id}_{service.new_id()}" if fields.get("import_data") else None
    document = new_document(fields, dataset_id, now, task)
    kind = fields.get("dataset_type", 0)
    document["labels"] = labels.with_added(service, [], fields.get("labels") or [], kind)
    labels.verify(document["labels"])
    return service.tables.save_dataset(
        Dataset(
            number=0,
            id=dataset_id,
            project=project,
            name=fields["dataset_name"],
            workspace=document["workspace_id"],
            type=kind,
            generation=generation,
            created=now,
            status=Status.CREATING,
            current=None,
            published=None,
            document=orjson.dumps(document),
        )
    )


def _check_name(service: Service, project: str, name: str) -> None:
    if service.tables.has_name(project, name):
        raise codes.trouble(codes.NAME_TAKEN, f"The dataset name {name} already exists.")


def get_dataset(service: Service, ask: Ask) -> Answer:
    """One dataset, with its labels."""
    tasks = asked_tasks(shapes.Query(ask.query))
    return Answer(200, encode(shown_dataset(service, service.dataset(ask), labels=True, tasks=tasks)))


def asked_tasks(query: shapes.Query) -> int | None:
    """Which running tasks a request wants to see: a type; -1: all; None: none."""
    kind = query.choice("running_task_type", *range(8))
    if not query.flag("check_running_task"):
        return None
    return -1 if kind is None else kind


def update_dataset(service: Service, ask: Ask) -> Answer:
    """Change what is given: all of it, or nothing. Labels: delete, then update, then add (specs/modelarts.md)."""
    fields = shapes.parse(ask.body, shapes.DATASET_UPDATE)
    dataset = service.idle_dataset(ask)
    name = fields.get("dataset_name", dataset.name)
    if name != dataset.name:
        _check_name(service, dataset.project, name)
    changed: dict[str, Any] = {"labels": _changed_labels(service, dataset, fields)}
    if "description" in fields:
        changed["description"] = fields["description"]
    dataset = service.change(dataset._replace(name=name), changed)
    if "current_version_id" in fields:
        _switch(service, dataset, fields["current_version_id"])
    return Answer(200, encode({"dataset_id": dataset.id}))


def _changed_labels(service: Service, dataset: Dataset, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = orjson.loads(dataset.document)["labels"]
    kept = labels.with_deleted(kept, fields.get("delete_labels") or [])
    kept = labels.with_updated(service, kept, fields.get("update_labels") or [])
    kept = labels.with_added(service, kept, fields.get("add_labels") or [], dataset.type)
    labels.verify(kept, codes.ENTITY_IN_USE if fields.get("delete_labels") else codes.NO_ENTITY)
    return kept


def _switch(service: Service, dataset: Dataset, version_id: str) -> None:
    version = service.version(dataset, version_id)
    if version.status != VersionStatus.RUNNING:
        raise codes.trouble(codes.NO_VERSION, f"The dataset version {version.name} isn't ready.")
    if version.number != dataset.current:
        service.tables.save_dataset(dataset._replace(status=Status.SWITCHING))
        service.later(dataset, Next.SWITCHED, version=version)


def delete_dataset(service: Service, ask: Ask) -> Answer:
    """Begin to delete a dataset with its versions; one that is being deleted already is fine."""
    if service.dataset(ask).status != Status.DELETING:
        dataset = service.idle_dataset(ask)
        service.tables.save_dataset(dataset._replace(status=Status.DELETING))
        service.later(dataset, Next.GONE)
    return Answer(204, b"")
