"""The UiPath section of a seed file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal
from dsops.emulator.uipath import datasets, predictions, shapes, sources, streams, tags
from dsops.emulator.uipath.comments import Comment
from dsops.emulator.uipath.instants import to_micros
from dsops.emulator.uipath.service import DATASET, SOURCE, STREAM, Service

_OWN = ("project", "name", "streams", "model_tags")
_OBJECTS = checks.array(checks.any_object)
_SHAPE = checks.mapping({"datasets": _OBJECTS, "sources": _OBJECTS}, required=("datasets",))
_HEAD = checks.mapping(
    {
        "project": checks.text(pattern=shapes.PROJECT),
        "name": checks.text(pattern=shapes.NAME),
        "streams": _OBJECTS,
        "model_tags": checks.any_object,
    },
    required=("project", "name"),
)


def load_seed(service: Service, seed: Any) -> None:
    """Create what the section declares, checked as the API checks it. Raises Refusal that names the place."""
    _SHAPE(seed, "uipath")
    for position, entry in enumerate(seed["datasets"]):
        _load_dataset(service, entry, f"uipath.datasets[{position}]")
    for position, entry in enumerate(seed.get("sources", [])):
        _load_source(service, entry, f"uipath.sources[{position}]")


def _load_dataset(service: Service, entry: Mapping[str, Any], where: str) -> None:
    head = {key: entry[key] for key in _OWN if key in entry}
    fields = {key: entry[key] for key in entry if key not in _OWN}
    _HEAD(head, where)
    shapes.DATASET_CREATE({"dataset": fields}, where)
    project, name = head["project"], head["name"]
    if service.store.get(DATASET, project, name):
        raise Refusal(400, f"{where}: dataset {project}/{name} is declared twice")
    datasets.create_dataset(service, project, name, fields)
    dataset_id = service.store.get(DATASET, project, name)["id"]
    for position, stream in enumerate(head.get("streams", [])):
        _load_stream(service, dataset_id, stream, f"{where}.streams[{position}]")
    for tag, version in head.get("model_tags", {}).items():
        shapes.TAG_PUT({"version": version}, f"{where}.model_tags.{tag}")
        tags.write_tag(service, dataset_id, tag, version)


def _load_stream(service: Service, dataset_id: str, entry: Mapping[str, Any], where: str) -> None:
    fields = {key: entry[key] for key in entry if key != "created_at"}
    shapes.STREAM_CREATE({"stream": fields}, where)
    if service.store.get(STREAM, dataset_id, fields["name"]):
        raise Refusal(400, f"{where}: stream {fields['name']} is declared twice")
    streams.create_stream(service, dataset_id, fields, _created_at(service, entry, where))


def _created_at(service: Service, entry: Mapping[str, Any], where: str) -> datetime:
    if "created_at" not in entry:
        return service.clock()
    checks.instant(entry["created_at"], f"{where}.created_at")
    return checks.parse_instant(entry["created_at"])


_SOURCE_OWN = ("project", "name", "id", "comments")
_SOURCE_HEAD = checks.mapping(
    {
        "project": checks.text(pattern=shapes.PROJECT),
        "name": checks.text(pattern=shapes.NAME),
        "id": checks.text(pattern=shapes.ID),
        "comments": _OBJECTS,
    },
    required=("project", "name"),
)
_label_name = checks.text(shortest=1)
_assigned = checks.mapping(
    {"name": _label_name, "sentiment": checks.one_of("positive", "negative")}, required=("name",)
)
_predicted = checks.mapping(
    {
        "name": _label_name,
        "probability": checks.number(lowest=0, highest=1),
        "sentiment": checks.number(lowest=-1, highest=1),
    },
    required=("name", "probability"),
)
_label_property = checks.mapping(
    {"property_id": checks.text(pattern=shapes.ID), "property_name": checks.text(), "value": checks.number()},
    required=("property_id", "property_name", "value"),
)
_version = checks.mapping(
    {
        "version": checks.number(lowest=0, whole=True),
        "labels": checks.array(_predicted),
        "label_properties": checks.array(_label_property),
    },
    required=("version", "labels"),
)
_labels = checks.mapping({"assigned": checks.array(_assigned)}, required=("assigned",))
_COMMENT_OWN = ("created_at", "annotations", "predictions")
_COMMENT = checks.mapping(
    {
        **shapes.COMMENT_FIELDS,
        "created_at": checks.instant,
        "annotations": checks.mapping({"labels": _labels}, required=("labels",)),
        "predictions": checks.array(_version),
    },
    required=shapes.COMMENT_REQUIRED,
)


def _load_source(service: Service, entry: Mapping[str, Any], where: str) -> None:
    head = {key: entry[key] for key in _SOURCE_OWN if key in entry}
    fields = {key: entry[key] for key in entry if key not in _SOURCE_OWN}
    _SOURCE_HEAD(head, where)
    shapes.SOURCE_CREATE({"source": fields}, where)
    project, name = head["project"], head["name"]
    source_id = head.get("id") or service.store.new_id()
    if service.store.get(SOURCE, project, name) or service.store.find(SOURCE, source_id):
        raise Refusal(400, f"{where}: source {project}/{name}, or its id, is declared twice")
    now = service.now()
    sources.write_source(service, project, name, {**fields, "id": source_id, "created_at": now}, now)
    seq = service.comments.last_seq()
    made: dict[str, Comment] = {}
    for position, comment in enumerate(head.get("comments", [])):
        place = f"{where}.comments[{position}]"
        made_one = _comment(service, seq + position + 1, source_id, comment, place)
        if made_one.uid in made:
            raise Refusal(400, f"{place}: comment {comment['id']} is declared twice")
        made[made_one.uid] = made_one
    service.comments.write(made.values())


def _comment(service: Service, seq: int, source_id: str, entry: Mapping[str, Any], where: str) -> Comment:
    _COMMENT(entry, where)
    predicted = None
    if "predictions" in entry:
        predicted = predictions.given({each["version"]: each for each in entry["predictions"]})
    fields = {key: entry[key] for key in entry if key not in _COMMENT_OWN}
    created_at = to_micros(_created_at(service, entry, where))
    assigned = entry.get("annotations", {"labels": {"assigned": []}})["labels"]["assigned"]
    return sources.make_comment(seq, source_id, fields, created_at, assigned, predicted)
