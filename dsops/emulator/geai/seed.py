"""The GEAI section of a seed file: datasets as in a creation, each with the project that it belongs to."""

from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal
from dsops.emulator.geai import forms, shapes
from dsops.emulator.geai.datasets import add_dataset
from dsops.emulator.geai.service import Service

_SECTION = checks.mapping({"datasets": checks.array(checks.any_object)}, required=("datasets",))
_PROJECT = checks.text(shortest=1)


def load_seed(service: Service, seed: Any, project: str) -> None:
    """Create what the section declares, checked as the API checks it. Raises Refusal that names the place.

    project: that of datasets that don't name one.
    """
    _SECTION(seed, "geai")
    for position, entry in enumerate(seed["datasets"]):
        where = f"geai.datasets[{position}]"
        owner = entry.get("projectId", project)
        _PROJECT(owner, f"{where}.projectId")
        shapes.verify(entry, shapes.DATASET_CREATE, where)
        if service.tables.has_name(owner, entry[forms.NAME]):
            raise Refusal(400, f"{where}: dataset {entry[forms.NAME]!r} is declared twice")
        add_dataset(service, owner, entry, service.now())
