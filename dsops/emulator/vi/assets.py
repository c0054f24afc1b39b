"""Assets: list, count; and the deletion of many, which goes on after its answer."""

from collections.abc import Iterator
from typing import Any

import orjson

from dsops.emulator import checks
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.vi import forms, shapes
from dsops.emulator.vi.filters import Selection, parse_selection
from dsops.emulator.vi.jobs import begin
from dsops.emulator.vi.paging import Page, answer_page, asked_page
from dsops.emulator.vi.service import Ask, Service
from dsops.emulator.vi.tables import After, Dataset, JobKind

_COLUMNS = {
    "default": "number",
    "assetId": "id",
    "filename": "filename",
    "lastModified.contents": "modified",
    "metadata.fileSize": "size",
}
_SELECTING = ("filter", "metadataQuery", "ruleQuery")


def list_assets(service: Service, ask: Ask) -> Answer:
    """One page of those assets of a dataset that are asked for."""
    query = shapes.Query(ask.query)
    column = _COLUMNS[query.word("sortBy", _COLUMNS, "default")]
    descending = query.word("o", ("asc", "desc"), "asc") == "desc"
    for name in ("contents", "pageAfter"):
        query.flag(name)
    asked = [query.text(name) or "" for name in _SELECTING]
    page = asked_page(query, "assets", ask.organization, ask.params["datasetId"], column, str(descending), *asked)
    dataset = service.dataset(ask)
    selection = _asked_selection(service, dataset, query)
    return answer_page(page, _selected(service, dataset, selection, page, column, descending=descending))


def _selected(
    service: Service, dataset: Dataset, selection: Selection, page: Page, column: str, *, descending: bool
) -> Iterator[tuple[After, dict[str, Any]]]:
    for asset in service.tables.assets(dataset.number, column, descending=descending, after=page.after):
        document = orjson.loads(asset.document)
        if selection.takes(document):
            yield After(getattr(asset, column), asset.number), document


def count_assets(service: Service, ask: Ask) -> Answer:
    """How many assets of a dataset are meant."""
    query = shapes.Query(ask.query)
    dataset = service.dataset(ask)
    selection = _asked_selection(service, dataset, query)
    found = (selection.takes(orjson.loads(asset.document)) for asset in service.tables.assets(dataset.number))
    return Answer(200, encode({"count": sum(found)}))


def _asked_selection(service: Service, dataset: Dataset, query: shapes.Query) -> Selection:
    fields = {name: query.text(name) for name in _SELECTING}
    selection = parse_selection(fields, "query")
    if query.flag("strictQuery"):
        _check_strictly(service, dataset, selection, "query")
    return selection


def _check_strictly(service: Service, dataset: Dataset, selection: Selection, where: str) -> None:
    sample = next(service.tables.assets(dataset.number), None)
    if sample is not None:
        selection.check_strictly(orjson.loads(sample.document), where)


def create_prune(service: Service, ask: Ask) -> Answer:
    """Begin to delete the assets that are meant; all of them can't be (specs/vi.md, choice 13)."""
    spec = checks.parse_body(ask.body, shapes.PRUNE_CREATE)["spec"]
    selection = parse_selection(spec, "body.spec")
    if not selection.conditions:
        raise Refusal(422, "body.spec: says nothing of which assets shall be deleted")
    dataset = service.lasting_dataset(ask)
    if spec.get("strictQuery"):
        _check_strictly(service, dataset, selection, "body.spec")
    job = begin(service, JobKind.PRUNE, dataset, service.new_id(), spec)
    return Answer(201, encode(forms.shown_prune(job, dataset)))


def list_prunes(service: Service, ask: Ask) -> Answer:
    """One page of a dataset's deletions of assets."""
    page = asked_page(shapes.Query(ask.query), "prunes", ask.organization, ask.params["datasetId"])
    dataset = service.dataset(ask)
    found = service.tables.jobs(JobKind.PRUNE, dataset.number, page.number)
    return answer_page(page, ((After(each.number, each.number), forms.shown_prune(each, dataset)) for each in found))


def get_prune(service: Service, ask: Ask) -> Answer:
    """One deletion of assets."""
    dataset = service.dataset(ask)
    job = service.tables.job(JobKind.PRUNE, ask.organization, dataset.id, ask.params["sessionId"])
    if job is None:
        raise Refusal(404, f"Session {ask.params['sessionId']} not found in dataset {dataset.wire_id}.")
    return Answer(200, encode(forms.shown_prune(job, dataset)))
