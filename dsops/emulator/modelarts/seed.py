"""The ModelArts section of a seed file: datasets as in a creation, with what a server would have made of them."""

from collections.abc import Mapping
from typing import Any

import orjson

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal
from dsops.emulator.modelarts import codes, shapes
from dsops.emulator.modelarts.datasets import add_dataset
from dsops.emulator.modelarts.projects import PROJECT_ID
from dsops.emulator.modelarts.service import Next, Service, Status, VersionStatus
from dsops.emulator.modelarts.tables import Dataset
from dsops.emulator.modelarts.versions import add_version

_SECTION = checks.mapping({"datasets": checks.array(checks.any_object)}, required=("datasets",))
_COUNT = checks.number(lowest=0, whole=True)
_OWN = shapes.fields(
    {
        "project_id": checks.text(shortest=1),
        "dataset_version": checks.one_of("v1", "v2"),
        "status": shapes.number_of(*Status),
        "seconds": checks.number(lowest=0),
        "total_sample_count": _COUNT,
        "annotated_sample_count": _COUNT,
        "versions": checks.array(checks.any_object),
        "answers": checks.any_object,
    }
)
_OF_VERSION = shapes.fields(
    {"status": shapes.number_of(*VersionStatus), "current": checks.boolean, "answers": checks.any_object}
)


def load_seed(service: Service, seed: Any) -> None:
    """Create what the section declares, checked as the API checks it. Raises Refusal that names the place."""
    _SECTION(seed, "modelarts")
    for position, entry in enumerate(seed["datasets"]):
        where = f"modelarts.datasets[{position}]"
        _OWN(entry, where)
        shapes.dataset_create(entry, where)
        try:
            _load(service, shapes.given(entry), where)
        except Refusal as refusal:
            _, text = codes.split(refusal.status, refusal.message)
            raise Refusal(400, text if text.startswith(where) else f"{where}: {text}") from refusal


def _load(service: Service, entry: Mapping[str, Any], where: str) -> None:
    generation = entry.get("dataset_version", "v1")
    dataset = add_dataset(service, entry.get("project_id", PROJECT_ID), entry, generation)
    counts = {key: entry[key] for key in ("total_sample_count", "annotated_sample_count") if key in entry}
    dataset = service.change(dataset, counts)
    for position, version in enumerate(entry.get("versions", [])):
        dataset = _load_version(service, dataset, version, f"{where}.versions[{position}]")
    dataset = dataset._replace(status=entry.get("status", Status.NORMAL), published=None)
    service.change(dataset, {"answers": entry["answers"]} if "answers" in entry else {})
    if "seconds" in entry:
        due = service.now() + round(entry["seconds"] * 1000)
        service.tables.add_step(due, Next.NORMAL, dataset.number)


def _load_version(service: Service, dataset: Dataset, entry: Mapping[str, Any], where: str) -> Dataset:
    _OF_VERSION(entry, where)
    shapes.VERSION_CREATE(entry, where)
    version = add_version(service, dataset, shapes.given(entry))
    status = entry.get("status", VersionStatus.RUNNING)
    document = orjson.loads(version.document)
    if "answers" in entry:
        document["answers"] = entry["answers"]
    service.tables.save_version(version._replace(status=status, document=orjson.dumps(document)))
    dataset = service.tables.dataset_by_number(dataset.number)
    if status == VersionStatus.RUNNING and entry.get("current", True):
        return service.tables.save_dataset(dataset._replace(current=version.number))
    return dataset
