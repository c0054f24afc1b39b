"""Comments exports: a dataset's comments, a page at a time, with assigned labels and the latest predictions."""

import hashlib
import struct
from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.comments import Comment, Order, Place
from dsops.emulator.uipath.consume import exceptions_of
from dsops.emulator.uipath.instants import format_micros, parse_micros
from dsops.emulator.uipath.predictions import predict
from dsops.emulator.uipath.service import MODEL_TAG, Ask, Service

_DEFAULT_LIMIT = 64
_START = Place(-(2**62), -1)


def export(service: Service, ask: Ask) -> Answer:
    """One page of a dataset's comments, and a continuation where there are more."""
    body = parse_body(ask.body, shapes.EXPORT)
    dataset = service.dataset(ask.params)
    continuation = ""
    if "comment_uids" in body:
        page = _named(service, dataset, body["comment_uids"])
    else:
        order = Order(body.get("order_by", Order.TIMESTAMP))
        limit = body.get("limit", _DEFAULT_LIMIT)
        page = _page(service, dataset, body, order, limit + 1)
        if len(page) > limit:
            page.pop()
            continuation = _continuation(dataset, body, page[-1].place(order))
    items = b",".join(_items(service, dataset, page))
    more = b'"continuation":%s,' % encode(continuation) if continuation else b""
    return Answer(200, b'{"comments":[%s],%s"status":"ok"}' % (items, more))


def _named(service: Service, dataset: Mapping[str, Any], uids: list[str]) -> list[Comment]:
    sources = set(dataset["source_ids"])
    found = service.comments.find([uid for uid in uids if uid.partition(".")[0] in sources])
    return sorted(found.values(), key=lambda comment: comment.place(Order.TIMESTAMP))


def _page(
    service: Service, dataset: Mapping[str, Any], body: Mapping[str, Any], order: Order, length: int
) -> list[Comment]:
    sources = dataset["source_ids"]
    if "source_ids" in body:
        wanted = set(body["source_ids"])
        sources = [source for source in sources if source in wanted]
    if "continuation" in body:
        place = _place_of(dataset, body)
    elif "from" in body:
        place = Place(parse_micros(body["from"]), -1)
    else:
        place = _START
    until = parse_micros(body["to"]) if "to" in body else None
    return list(islice(service.comments.after(sources, order, place, until), length))


def _items(service: Service, dataset: Mapping[str, Any], page: list[Comment]) -> list[bytes]:
    version = _latest_version(service, dataset["id"])
    sentiment = dataset["has_sentiment"]
    return [
        b'{"annotations":{"labels":{"assigned":%s}},"comment":%s,"predictions":%s}'
        % (
            comment.assigned if sentiment else _plain(comment.assigned),
            _with_exceptions(service, dataset["id"], comment),
            _predictions(comment, version, sentiment=sentiment),
        )
        for comment in page
    ]


def _latest_version(service: Service, dataset_id: str) -> int | None:
    """The highest version that a model tag points to; None without tags."""
    tags = map(orjson.loads, service.store.documents(MODEL_TAG, dataset_id))
    return max((tag["version"] for tag in tags), default=None)


def _plain(assigned: bytes) -> bytes:
    return encode([{"name": label["name"]} for label in orjson.loads(assigned)])


def _with_exceptions(service: Service, dataset_id: str, comment: Comment) -> bytes:
    tagged = exceptions_of(service, dataset_id, comment.uid)
    if not tagged:
        return comment.comment
    document = orjson.loads(comment.comment)
    return encode({**document, "user_properties": {**document["user_properties"], **tagged}})


def _predictions(comment: Comment, version: int | None, *, sentiment: bool) -> bytes:
    predicted = predict(comment.predictions, version)
    labels = []
    for label in predicted.labels:
        shown: dict[str, Any] = {"name": label.name, "probability": label.probability}
        if sentiment and label.sentiment is not None:
            shown["sentiment"] = label.sentiment
        labels.append(shown)
    properties = {"label_properties": predicted.label_properties} if predicted.label_properties else {}
    return encode({"labels": labels, **properties})


def _continuation(dataset: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> str:
    """The place of the last comment answered, in the vendor's form, an instant and 32 digits; opaque to clients.

    A page begins behind a place and not at a count, so comments that arrive meanwhile push nothing out or in twice.
    """
    number = struct.pack(">q", place.seq)
    return f"{format_micros(place.at)}.{(number + _digest(dataset, body, place)).hex()}"


def _place_of(dataset: Mapping[str, Any], body: Mapping[str, Any]) -> Place:
    instant, _, digits = body["continuation"].rpartition(".")
    try:
        raw = bytes.fromhex(digits)
        place = Place(parse_micros(instant), *struct.unpack(">q", raw[:8]))
    except (ValueError, OverflowError, struct.error):
        place = _START
        raw = b""
    if raw[8:] != _digest(dataset, body, place):
        raise Refusal(
            400,
            "body.continuation: does not continue this export; send what the last answer held, with the same"
            " source_ids, order_by, from and to.",
        )
    return place


def _digest(dataset: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> bytes:
    """What ties a continuation to the request it continues: a client that drops a filter on the way is found out."""
    asked = (
        dataset["id"],
        body.get("order_by", Order.TIMESTAMP),
        [parse_micros(body[key]) if key in body else None for key in ("from", "to")],
        sorted(set(body["source_ids"])) if "source_ids" in body else None,
        *place,
    )
    return hashlib.blake2b(encode(asked), digest_size=8).digest()
