"""Datasets: list, get, create, update, and their deletion, which goes on after its answer."""

from collections.abc import Mapping
from typing import Any

import orjson

from dsops.emulator import checks
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.vi import forms, shapes
from dsops.emulator.vi.jobs import begin
from dsops.emulator.vi.paging import answer_page, asked_page
from dsops.emulator.vi.service import Ask, Service
from dsops.emulator.vi.tables import After, Dataset, JobKind


def list_datasets(service: Service, ask: Ask) -> Answer:
    """One page of an organization's datasets."""
    page = asked_page(shapes.Query(ask.query), "datasets", ask.organization)
    found = service.tables.datasets(ask.organization, page.number)
    return answer_page(page, ((After(each.number, each.number), forms.shown_dataset(service, each)) for each in found))


def get_dataset(service: Service, ask: Ask) -> Answer:
    """One dataset."""
    return _answer(service, service.dataset(ask))


def create_dataset(service: Service, ask: Ask) -> Answer:
    """A new dataset."""
    fields = checks.parse_body(ask.body, shapes.DATASET_CREATE)
    if fields["owner"] != ask.organization:
        raise Refusal(422, f"body.owner: must be the organization, {ask.organization!r}")
    return _answer(service, add_dataset(service, ask.organization, fields), 201)


def add_dataset(service: Service, organization: str, fields: Mapping[str, Any]) -> Dataset:
    """Keep a new dataset, from a checked body. Raises Refusal 409."""
    service.check_name(organization, fields["name"])
    dataset_id = fields.get("datasetId") or service.new_id()
    if service.tables.dataset(organization, dataset_id):
        raise Refusal(409, f"A dataset with the id {dataset_id!r} already exists.")
    document = orjson.dumps(forms.new_document(fields, organization, service.now()))
    return service.tables.save_dataset(Dataset(0, organization, dataset_id, fields["name"], document))


def update_dataset(service: Service, ask: Ask) -> Answer:
    """Change what is given; the rest stays."""
    fields = checks.parse_body(ask.body, shapes.DATASET_UPDATE)
    dataset = service.lasting_dataset(ask)
    name = fields.pop("name", dataset.name)
    if name != dataset.name:
        service.check_name(ask.organization, name)
    if "preference" in fields:
        fields["preference"] = {**orjson.loads(dataset.document)["preference"], **fields["preference"]}
    return _answer(service, service.change(dataset._replace(name=name), fields))


def delete_dataset(service: Service, ask: Ask) -> Answer:
    """Begin to delete a dataset; one that is being deleted already is fine."""
    dataset = service.dataset(ask)
    job = service.tables.job(JobKind.DELETION, ask.organization, dataset.id, dataset.id)
    if job is None or job.finished is not None:
        job = begin(service, JobKind.DELETION, dataset, dataset.id, {})
    return Answer(200, encode(forms.shown_deletion(job)))


def get_deletion(service: Service, ask: Ask) -> Answer:
    """How far the deletion of a dataset is; it can be asked for when the dataset is gone (specs/vi.md, choice 9)."""
    wanted = ask.params["datasetId"]
    dataset_id = wanted.removeprefix(f"{ask.organization}_")
    job = service.tables.job(JobKind.DELETION, ask.organization, dataset_id, dataset_id)
    if job is None or dataset_id == wanted:
        raise Refusal(404, f"Dataset {wanted} isn't being deleted.")
    return Answer(200, encode(forms.shown_deletion(job)))


def _answer(service: Service, dataset: Dataset, status: int = 200) -> Answer:
    return Answer(status, encode(forms.shown_dataset(service, dataset)))
