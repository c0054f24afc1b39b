"""Streams: list, get, create, update, delete. What moves along a stream is in consume.py.

A stream's position is a document of its own, which answers don't show.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.options import PutExisting
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.comments import Place
from dsops.emulator.uipath.instants import format_instant, to_micros
from dsops.emulator.uipath.sequence import Position, write_position
from dsops.emulator.uipath.service import DONE, POSITION, STREAM, Ask, Service, many, ok


def list_streams(service: Service, ask: Ask) -> Answer:
    """All streams of a dataset."""

    def build(documents: list[bytes]) -> bytes:
        if not service.echo:
            documents = [encode(shown_stream(service, orjson.loads(document))) for document in documents]
        return many("streams", documents)

    return Answer(200, service.store.listing(STREAM, service.dataset(ask.params)["id"], build))


def get_stream(service: Service, ask: Ask) -> Answer:
    """One stream."""
    return _answer(service, find_stream(service, ask.params)[1])


def put_stream(service: Service, ask: Ask) -> Answer:
    """Create a stream; what happens to an existing one is the switch `put_existing`."""
    fields = parse_body(ask.body, shapes.STREAM_CREATE)["stream"]
    dataset = service.dataset(ask.params)
    existing = service.store.get(STREAM, dataset["id"], fields["name"])
    if existing and service.put_existing is PutExisting.CONFLICT:
        raise Refusal(409, f"Stream {fields['name']} already exists in dataset {dataset['owner']}/{dataset['name']}.")
    return create_stream(service, dataset["id"], fields, service.clock(), existing)


def create_stream(
    service: Service,
    dataset_id: str,
    fields: Mapping[str, Any],
    moment: datetime,
    existing: Mapping[str, Any] | None = None,
) -> Answer:
    """Write a whole stream from checked fields, at a time; one that exists keeps id, creation time and position."""
    now = format_instant(moment)
    if existing is None:
        kept = {"id": service.store.new_id(), "created_at": now}
        # What was uploaded before counts as older, even in the same microsecond of a clock that stands still.
        write_position(
            service, dataset_id, fields["name"], Position(Place(to_micros(moment), service.comments.last_seq()))
        )
    else:
        kept = {"id": existing["id"], "created_at": existing["created_at"]}
    defaults: dict[str, Any] = {"title": "", "description": "", "model": None, "comment_filter": {}, "context": "0"}
    return _write(service, {**defaults, **_canonical(fields), **kept, "dataset_id": dataset_id, "updated_at": now})


def update_stream(service: Service, ask: Ask) -> Answer:
    """Change the given fields only; `model` and `comment_filter` are replaced whole, `model: null` takes it away."""
    fields = parse_body(ask.body, shapes.STREAM_UPDATE)["stream"]
    _, stream = find_stream(service, ask.params)
    if fields.get("name", stream["name"]) != stream["name"]:
        raise Refusal(422, f"Stream {stream['name']} cannot be renamed: its name is its identity.")
    return _write(service, {**stream, **_canonical(fields), "updated_at": service.now()})


def delete_stream(service: Service, ask: Ask) -> Answer:
    """Delete a stream and its position."""
    _, stream = find_stream(service, ask.params)
    for kind in (STREAM, POSITION):
        service.store.delete(kind, stream["dataset_id"], stream["name"])
    return DONE


def find_stream(service: Service, params: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The dataset and the stream that a path means. Raises Refusal 404."""
    dataset = service.dataset(params)
    stream = service.store.get(STREAM, dataset["id"], params["stream"])
    if stream is None:
        raise Refusal(404, f"Stream {params['stream']} not found in dataset {dataset['owner']}/{dataset['name']}.")
    return dataset, dict(stream)


def _canonical(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: no thresholds is an empty list, and thresholds stand in our order, being a set."""
    if not fields.get("model"):
        return dict(fields)
    thresholds = sorted(fields["model"].get("label_thresholds", []), key=lambda threshold: list(threshold["name"]))
    return {**fields, "model": {**fields["model"], "label_thresholds": thresholds}}


def shown_stream(service: Service, stream: Mapping[str, Any]) -> dict[str, Any]:
    """A stream as answers show it."""
    if service.echo:
        return dict(stream)
    shown = {key: value for key, value in stream.items() if key not in ("comment_filter", "model")}
    if stream["model"] is not None:
        shown["model"] = {"version": stream["model"]["version"]}
    return shown


def _answer(service: Service, stream: Mapping[str, Any]) -> Answer:
    return ok("stream", encode(shown_stream(service, stream)))


def _write(service: Service, stream: dict[str, Any]) -> Answer:
    service.store.put(STREAM, stream["dataset_id"], stream["name"], stream, remote_id=stream["id"])
    return _answer(service, stream)
