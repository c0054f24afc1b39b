"""Streams: list, get, create, update, delete, reset.

A stream's position is a document of its own, which answers don't show.
"""

import base64
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from dsops.emulator.checks import parse_body, parse_instant
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.options import PutExisting
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.service import DONE, POSITION, STREAM, Ask, Service, format_instant, many, ok


def list_streams(service: Service, ask: Ask) -> Answer:
    """All streams of a dataset."""

    def build(documents: list[bytes]) -> bytes:
        if not service.echo:
            documents = [encode(_shown(service, orjson.loads(document))) for document in documents]
        return many("streams", documents)

    return Answer(200, service.store.listing(STREAM, service.dataset(ask.params)["id"], build))


def get_stream(service: Service, ask: Ask) -> Answer:
    """One stream."""
    return _answer(service, _stream(service, ask.params))


def put_stream(service: Service, ask: Ask) -> Answer:
    """Create a stream; what happens to an existing one is the switch `put_existing`."""
    fields = parse_body(ask.body, shapes.STREAM_CREATE)["stream"]
    dataset = service.dataset(ask.params)
    existing = service.store.get(STREAM, dataset["id"], fields["name"])
    if existing and service.put_existing is PutExisting.CONFLICT:
        raise Refusal(409, f"Stream {fields['name']} already exists in dataset {dataset['owner']}/{dataset['name']}.")
    return create_stream(service, dataset["id"], fields, existing)


def create_stream(
    service: Service, dataset_id: str, fields: Mapping[str, Any], existing: Mapping[str, Any] | None = None
) -> Answer:
    """Write a whole stream from checked fields; one that exists keeps id, creation time and position."""
    moment = service.clock()
    now = format_instant(moment)
    if existing is None:
        kept = {"id": service.store.new_id(), "created_at": now}
        _move(service, dataset_id, fields["name"], moment)
    else:
        kept = {"id": existing["id"], "created_at": existing["created_at"]}
    defaults: dict[str, Any] = {"title": "", "description": "", "model": None, "comment_filter": {}, "context": "0"}
    return _write(service, {**defaults, **_canonical(fields), **kept, "dataset_id": dataset_id, "updated_at": now})


def update_stream(service: Service, ask: Ask) -> Answer:
    """Change the given fields only; `model` and `comment_filter` are replaced whole, `model: null` takes it away."""
    fields = parse_body(ask.body, shapes.STREAM_UPDATE)["stream"]
    stream = _stream(service, ask.params)
    if fields.get("name", stream["name"]) != stream["name"]:
        raise Refusal(422, f"Stream {stream['name']} cannot be renamed: its name is its identity.")
    return _write(service, {**stream, **_canonical(fields), "updated_at": service.now()})


def delete_stream(service: Service, ask: Ask) -> Answer:
    """Delete a stream and its position."""
    stream = _stream(service, ask.params)
    for kind in (STREAM, POSITION):
        service.store.delete(kind, stream["dataset_id"], stream["name"])
    return DONE


def reset_stream(service: Service, ask: Ask) -> Answer:
    """Move a stream to a time of upload, backwards or forwards."""
    moment = parse_instant(parse_body(ask.body, shapes.STREAM_RESET)["to_comment_created_at"])
    stream = _stream(service, ask.params)
    sequence_id = _move(service, stream["dataset_id"], stream["name"], moment)
    answer = {"sequence_id": sequence_id, "status": "ok", "stream": _shown(service, stream)}
    return Answer(200, encode(answer))


def _stream(service: Service, params: Mapping[str, str]) -> dict[str, Any]:
    dataset = service.dataset(params)
    stream = service.store.get(STREAM, dataset["id"], params["stream"])
    if stream is None:
        raise Refusal(404, f"Stream {params['stream']} not found in dataset {dataset['owner']}/{dataset['name']}.")
    return dict(stream)


def _canonical(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: no thresholds is an empty list, and thresholds stand in our order, being a set."""
    if not fields.get("model"):
        return dict(fields)
    thresholds = sorted(fields["model"].get("label_thresholds", []), key=lambda threshold: list(threshold["name"]))
    return {**fields, "model": {**fields["model"], "label_thresholds": thresholds}}


def _shown(service: Service, stream: Mapping[str, Any]) -> dict[str, Any]:
    if service.echo:
        return dict(stream)
    shown = {key: value for key, value in stream.items() if key not in ("comment_filter", "model")}
    if stream["model"] is not None:
        shown["model"] = {"version": stream["model"]["version"]}
    return shown


def _answer(service: Service, stream: Mapping[str, Any]) -> Answer:
    return ok("stream", encode(_shown(service, stream)))


def _write(service: Service, stream: dict[str, Any]) -> Answer:
    service.store.put(STREAM, stream["dataset_id"], stream["name"], stream, remote_id=stream["id"])
    return _answer(service, stream)


def _move(service: Service, dataset_id: str, name: str, moment: datetime) -> str:
    """Set a position and answer its sequence id: milliseconds since 1970 as eight bytes, little end first, in base 64.

    That is what the sequence id in the vendor's reset sample holds: exactly the time the sample asks for.
    """
    sequence_id = base64.b64encode(struct.pack("<q", int(moment.timestamp() * 1000))).decode()
    position = {"created_at": format_instant(moment), "sequence_id": sequence_id}
    service.store.put(POSITION, dataset_id, name, position)
    return sequence_id
