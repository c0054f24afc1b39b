"""Exports of datasets: create, list, get."""

from typing import Any

import orjson

from dsops.emulator import checks
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.vi import forms, shapes
from dsops.emulator.vi.downloads import signed_url
from dsops.emulator.vi.jobs import begin
from dsops.emulator.vi.paging import answer_page, asked_page
from dsops.emulator.vi.service import Ask, Service
from dsops.emulator.vi.tables import After, Dataset, Job, JobKind


def create_export(service: Service, ask: Ask) -> Answer:
    """A new export, which is made after the answer."""
    spec = checks.parse_body(ask.body, shapes.EXPORT_CREATE)["spec"]
    dataset = service.lasting_dataset(ask)
    return Answer(201, encode(_shown(service, ask, dataset, add_export(service, dataset, spec))))


def add_export(service: Service, dataset: Dataset, spec: dict[str, Any]) -> Job:
    """Begin an export, from a checked specification."""
    options = {"splitRatio": None, **spec["options"]}
    return begin(service, JobKind.EXPORT, dataset, service.new_id(), {**spec, "options": options})


def list_exports(service: Service, ask: Ask) -> Answer:
    """One page of a dataset's exports."""
    page = asked_page(shapes.Query(ask.query), "exports", ask.organization, ask.params["datasetId"])
    dataset = service.dataset(ask)
    found = service.tables.jobs(JobKind.EXPORT, dataset.number, page.number)
    return answer_page(page, ((After(each.number, each.number), _shown(service, ask, dataset, each)) for each in found))


def get_export(service: Service, ask: Ask) -> Answer:
    """One export."""
    dataset = service.dataset(ask)
    export = service.tables.job(JobKind.EXPORT, ask.organization, dataset.id, ask.params["datasetExportId"])
    if export is None:
        raise Refusal(404, f"Export {ask.params['datasetExportId']} not found in dataset {dataset.wire_id}.")
    return Answer(200, encode(_shown(service, ask, dataset, export)))


def _shown(service: Service, ask: Ask, dataset: Dataset, export: Job) -> dict[str, Any]:
    """An export; a split ratio that is null is left out, and so is an address where there is nothing to fetch."""
    spec = orjson.loads(export.spec)
    options = {key: value for key, value in spec["options"].items() if value is not None}
    shown = {
        "kind": "DatasetExport",
        "datasetExportId": export.id,
        **forms.job_parts(export, f"{forms.dataset_link(dataset)}/datasetExports/{export.id}"),
        "spec": {**spec, "options": options},
    }
    if export.finished is not None and export.failure is None:
        shown["status"]["downloadUrl"] = signed_url(service, ask, export)
    return shown
