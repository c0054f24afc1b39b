"""The UiPath section of a seed file."""

from collections.abc import Mapping
from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal
from dsops.emulator.uipath import datasets, shapes, streams, tags
from dsops.emulator.uipath.service import DATASET, STREAM, Service

_OWN = ("project", "name", "streams", "model_tags")
_SHAPE = checks.mapping({"datasets": checks.array(checks.any_object)}, required=("datasets",))
_HEAD = checks.mapping(
    {
        "project": checks.text(pattern=shapes.PROJECT),
        "name": checks.text(pattern=shapes.NAME),
        "streams": checks.array(checks.any_object),
        "model_tags": checks.any_object,
    },
    required=("project", "name"),
)


def load_datasets(service: Service, seed: Any) -> None:
    """Create what the section declares, checked as the API checks it. Raises Refusal that names the place."""
    _SHAPE(seed, "uipath")
    for position, entry in enumerate(seed["datasets"]):
        _load_dataset(service, entry, f"uipath.datasets[{position}]")


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
        place = f"{where}.streams[{position}]"
        shapes.STREAM_CREATE({"stream": stream}, place)
        if service.store.get(STREAM, dataset_id, stream["name"]):
            raise Refusal(400, f"{place}: stream {stream['name']} is declared twice")
        streams.create_stream(service, dataset_id, stream, service.clock())
    for tag, version in head.get("model_tags", {}).items():
        shapes.TAG_PUT({"version": version}, f"{where}.model_tags.{tag}")
        tags.write_tag(service, dataset_id, tag, version)
