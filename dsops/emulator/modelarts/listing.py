"""The list of datasets, with every filter that the vendor documents."""

from dsops.emulator.exchange import Answer, encode
from dsops.emulator.modelarts.datasets import asked_tasks
from dsops.emulator.modelarts.forms import listed_extras, shown_dataset
from dsops.emulator.modelarts.service import Ask, Service
from dsops.emulator.modelarts.shapes import DATASET_TYPES, VERSION_FORMATS, Query
from dsops.emulator.modelarts.tables import Condition

_EXPORTABLE = "type IN (0, 1, 900)"
_OF_IT = "EXISTS (SELECT 1 FROM modelarts_versions AS v WHERE v.dataset = modelarts_datasets.number"


def list_datasets(service: Service, ask: Ask) -> Answer:
    """One page of the datasets of a workspace."""
    query = Query(ask.query)
    conditions = _conditions(ask.project, query)
    limit = query.number("limit", 1, 100) or 10
    tasks, with_labels, preview = asked_tasks(query), query.flag("with_labels"), query.flag("file_preview")
    found = service.tables.datasets(conditions, _order(query), limit, service.skipped(query.offset(), limit))
    now = service.now()
    items = [
        shown_dataset(service, dataset, labels=with_labels, tasks=tasks) | listed_extras(dataset, now, preview=preview)
        for dataset in found
    ]
    return Answer(200, encode({"total_number": service.tables.count_datasets(conditions), "datasets": items}))


def _order(query: Query) -> str:
    column = {"create_time": "created", "dataset_name": "name"}[query.word("sort_by", "create_time", "dataset_name")]
    direction = query.word("order", "desc", "asc")
    return f"{column} {direction}, number {direction}"


def _conditions(project: str, query: Query) -> list[Condition]:
    conditions = [
        Condition("project = ?", (project,)),
        Condition("workspace = ?", (query.text("workspace_id") or "0",)),
    ]
    generation = query.word("dataset_version", "v1", "v2", "all")
    if generation != "all":
        conditions.append(Condition("generation = ?", (generation,)))
    kind = query.choice("dataset_type", *DATASET_TYPES)
    if kind is not None:
        conditions.append(Condition("type = ?", (kind,)))
    if wanted := query.text("search_content"):
        conditions.append(Condition("instr(lower(name), lower(?)) > 0", (wanted,)))
    if query.flag("support_export"):
        conditions.append(Condition(_EXPORTABLE))
    return conditions + _version_conditions(query)


def _version_conditions(query: Query) -> list[Condition]:
    conditions = []
    if query.flag("contain_versions"):
        conditions.append(Condition(f"{_OF_IT})"))
    number = query.choice("version_format", 0, 1, 2)
    if number is not None:
        conditions.append(Condition(f"{_OF_IT} AND v.format = ?)", (VERSION_FORMATS[number],)))
    if span := query.span("train_evaluate_ratio"):
        conditions.append(Condition(f"{_OF_IT} AND v.ratio BETWEEN ? AND ?)", span))
    return conditions
