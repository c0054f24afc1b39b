"""Uploads of whole files: a dataset with its rows, or rows into a dataset. All of a file is done, or nothing.

With the switch `upload` at `async`, a file that is in order is accepted with 202, and done once the clock has moved on
a little. Whether it can still be done is seen then; there is nowhere to ask.
"""

from datetime import UTC, datetime, timedelta

import orjson

from dsops.emulator.exchange import Answer, encode
from dsops.emulator.geai import forms, shapes
from dsops.emulator.geai.datasets import add_dataset
from dsops.emulator.geai.multipart import uploaded
from dsops.emulator.geai.rows import append_rows
from dsops.emulator.geai.service import Ask, Service, shown_time
from dsops.emulator.geai.tables import Job
from dsops.emulator.options import Upload, UploadAnswer

DELAY = timedelta(milliseconds=300)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def upload_dataset(service: Service, ask: Ask) -> Answer:
    """A new dataset with its rows, from a file."""
    content = uploaded(ask.headers, ask.body)
    fields = shapes.parse(content, shapes.DATASET_CREATE)
    service.check_name(ask.project, fields[forms.NAME])
    if service.switches.upload is Upload.ASYNC:
        return _accept(service, ask.project, None, content)
    return service.shown_dataset(add_dataset(service, ask.project, fields, service.now()))


def upload_rows(service: Service, ask: Ask) -> Answer:
    """More rows for a dataset, from a file."""
    content = uploaded(ask.headers, ask.body)
    rows = shapes.parse(content, shapes.ROWS_UPLOAD)
    dataset = service.dataset(ask)
    if service.switches.upload is Upload.ASYNC:
        return _accept(service, ask.project, dataset.id, content)
    documents = append_rows(service, dataset, rows, service.now())
    if service.switches.upload_answer is UploadAnswer.SUMMARY:
        return Answer(200, encode({"success": True, "totalRowsUploaded": len(documents), "errors": []}))
    return Answer(200, b"[" + b",".join(documents) + b"]")


def _accept(service: Service, project: str, dataset_id: str | None, content: bytes) -> Answer:
    service.tables.add_job(_micros(service.clock() + DELAY), project, dataset_id, content)
    return Answer(202, encode({"jobId": service.ids.new(), "status": "accepted"}))


def do_accepted(service: Service) -> None:
    """Do the accepted uploads that are due, each as of its time. One that has become impossible is dropped."""
    for job in service.tables.take_jobs(_micros(service.clock())):
        with service.ids:
            _do(service, job)


def _do(service: Service, job: Job) -> None:
    content = orjson.loads(job.content)
    moment = shown_time(_EPOCH + job.due * _MICROSECOND)
    if job.dataset is None:
        if not service.tables.has_name(job.project, content[forms.NAME]):
            add_dataset(service, job.project, content, moment)
        return
    dataset = service.tables.dataset(job.project, job.dataset)
    if dataset is not None:
        append_rows(service, dataset, content, moment)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
