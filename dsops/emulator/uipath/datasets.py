"""Datasets: list, get, create, update, delete."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.options import PutExisting
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.service import DATASET, DONE, MODEL_TAG, POSITION, STREAM, Ask, Service, many, ok

_DEFAULTS = {"title": "", "description": "", "source_ids": [], "model_family": "english", "has_sentiment": True}
_EMPTY: dict[str, list[Any]] = {
    # The documented samples lack these; the vendor's own clients refuse an answer without them (specs/uipath.md).
    "_dataset_flags": [],
    "entity_defs": [],
    "general_fields": [],
    "label_defs": [],
    "label_groups": [],
}


def list_datasets(service: Service, ask: Ask) -> Answer:
    """All datasets, or those of one project; an unknown project has none."""
    return Answer(200, service.store.listing(DATASET, ask.params.get("project"), partial(many, "datasets")))


def get_dataset(service: Service, ask: Ask) -> Answer:
    """One dataset."""
    return ok("dataset", encode(service.dataset(ask.params)))


def put_dataset(service: Service, ask: Ask) -> Answer:
    """Create a dataset; what happens to an existing one is the switch `put_existing`."""
    fields = parse_body(ask.body, shapes.DATASET_CREATE)["dataset"]
    existing = service.store.get(DATASET, ask.params["project"], ask.params["dataset"])
    if existing and service.put_existing is PutExisting.CONFLICT:
        raise Refusal(409, f"Dataset {ask.params['project']}/{ask.params['dataset']} already exists.")
    return create_dataset(service, ask.params["project"], ask.params["dataset"], fields, existing)


def create_dataset(
    service: Service, project: str, name: str, fields: Mapping[str, Any], existing: Mapping[str, Any] | None = None
) -> Answer:
    """Write a whole dataset from checked fields; one that exists keeps id, creation time and create-only fields."""
    now = service.now()
    kept = {"id": service.store.new_id(), "created": now} if existing is None else _lasting(existing)
    document = {**_DEFAULTS, **fields, **kept, **_EMPTY, "name": name, "owner": project, "last_modified": now}
    return _write(service, document)


def _lasting(existing: Mapping[str, Any]) -> dict[str, Any]:
    return {key: existing[key] for key in ("id", "created", "model_family", "has_sentiment")}


def update_dataset(service: Service, ask: Ask) -> Answer:
    """Change the given fields only; arrays replace."""
    fields = parse_body(ask.body, shapes.DATASET_UPDATE)["dataset"]
    return _write(service, {**service.dataset(ask.params), **fields, "last_modified": service.now()})


def delete_dataset(service: Service, ask: Ask) -> Answer:
    """Delete a dataset with its streams and model tags; sources and their comments stay."""
    dataset = service.dataset(ask.params)
    for kind in (STREAM, POSITION, MODEL_TAG):
        service.store.delete_children(kind, dataset["id"])
    service.store.delete(DATASET, dataset["owner"], dataset["name"])
    return DONE


def _write(service: Service, document: dict[str, Any]) -> Answer:
    # A set: answered in our order, not the request's, so that a client which compares lists is found out.
    document["source_ids"] = sorted(set(document["source_ids"]))
    return ok(
        "dataset", service.store.put(DATASET, document["owner"], document["name"], document, remote_id=document["id"])
    )
