"""What goes on after its answer: exports, deletions of assets, deletions of datasets. Each ends when it is due."""

from typing import Any, assert_never

import orjson

from dsops.emulator.vi import archive, forms
from dsops.emulator.vi.filters import parse_selection
from dsops.emulator.vi.service import Service
from dsops.emulator.vi.tables import Dataset, Job, JobKind

_WRITTEN = ("ViFull", "ViJsonl")


def begin(service: Service, kind: JobKind, dataset: Dataset, job_id: str, spec: Any) -> Job:
    """Begin something; without a delay it is done at once. The job as it then is."""
    now = service.now()
    job = service.tables.save_job(
        Job(
            number=0,
            kind=kind,
            dataset=0 if kind is JobKind.DELETION else dataset.number,
            organization=dataset.organization,
            dataset_id=dataset.id,
            id=job_id,
            created=now,
            due=now + round(service.switches.delay * 1000),
            finished=None,
            failure=None,
            spec=orjson.dumps(spec),
        )
    )
    return _end(service, job) if service.switches.delay == 0 else job


def catch_up(service: Service) -> None:
    """End what is due."""
    while job := service.tables.next_due(service.now()):
        _end(service, job)


def _end(service: Service, job: Job) -> Job:
    ended = job._replace(finished=job.due)
    match JobKind(job.kind):
        case JobKind.EXPORT:
            ended = _export(service, ended)
        case JobKind.PRUNE:
            _prune(service, job)
        case JobKind.DELETION:
            dataset = service.tables.dataset(job.organization, job.dataset_id)
            service.tables.delete_dataset(dataset.number if dataset else 0)
        case other:
            assert_never(other)
    return service.tables.save_job(ended)


def _export(service: Service, job: Job) -> Job:
    spec = orjson.loads(job.spec)
    if spec["format"] not in _WRITTEN:
        return job._replace(failure=f"The emulator doesn't write {spec['format']}.")
    size, digest = archive.write(service.tables, job, spec)
    return job._replace(size=size, digest=digest)


def _prune(service: Service, job: Job) -> None:
    selection = parse_selection(orjson.loads(job.spec), "spec")
    gone = [
        asset.number for asset in service.tables.assets(job.dataset) if selection.takes(orjson.loads(asset.document))
    ]
    service.tables.delete_assets(gone)
    count_assets(service, service.tables.dataset_by_number(job.dataset), job.due)


def count_assets(service: Service, dataset: Dataset, moment: int) -> None:
    """Keep, with a dataset, how many assets and annotations there are."""
    assets = annotated = annotations = 0
    tags: dict[str, int] = {}
    for asset in service.tables.assets(dataset.number):
        held = orjson.loads(asset.annotations)
        assets += 1
        annotated += bool(held)
        annotations += len(held)
        for tag, count in forms.tag_counts(held).items():
            tags[tag] = tags.get(tag, 0) + count
    statistic = {
        "assetTotal": assets,
        "annotationTotal": annotations,
        "tagsCount": tags,
        "assetAnnotated": annotated,
    }
    service.change(dataset, {"statistic": statistic, "tags": tags}, moment)
