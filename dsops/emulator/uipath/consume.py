"""Streams in use: fetch, advance, reset, and exceptions.

fetch ── reads on from the position, which stays ──> results, each with a sequence id, and one for the batch
advance ── a sequence id ──> the position          reset ── an instant of upload ──> the position
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.comments import Comment, Order, Place
from dsops.emulator.uipath.filters import matcher
from dsops.emulator.uipath.instants import parse_micros
from dsops.emulator.uipath.predictions import above, predict
from dsops.emulator.uipath.sequence import (
    Position,
    place_of,
    read_position,
    reset_sequence_id,
    sequence_id,
    write_position,
)
from dsops.emulator.uipath.service import DONE, EXCEPTION, Ask, Service
from dsops.emulator.uipath.streams import find_stream, shown_stream


@dataclass(slots=True)
class _Batch:
    """What one fetch has gathered so far; `place` is the last comment it looked at."""

    place: Place
    chosen: list[Comment] = field(default_factory=list)
    filtered: int = 0
    is_end: bool = True


def fetch(service: Service, ask: Ask) -> Answer:
    """The next comments of a stream, with the labels its model predicts. Moves nothing."""
    body = parse_body(ask.body, shapes.STREAM_FETCH)
    dataset, stream = find_stream(service, ask.params)
    position = read_position(service, stream)
    comments = service.comments.after(dataset["source_ids"], Order.CREATED_AT, position.place)
    batch = _gather(
        comments, matcher(stream["comment_filter"]), body["size"], body.get("max_filtered", 0), position.place
    )
    render = _renderer(stream)
    # Joined by hand, since each comment is kept as JSON; keys stand in the order of the documented sample.
    content = b'{"filtered":%d,"is_end_sequence":%s,"results":[%s],"sequence_id":"%s","status":"ok"}' % (
        batch.filtered,
        b"true" if batch.is_end else b"false",
        b",".join([render(comment) for comment in batch.chosen]),
        sequence_id(stream["id"], batch.place).encode(),
    )
    return Answer(200, content)


def _gather(
    comments: Iterator[Comment], matches: Callable[[Comment], bool] | None, size: int, free: int, start: Place
) -> _Batch:
    """Up to `size` comments. One that is filtered out counts as well, but for the first `free` of them."""
    batch = _Batch(start)
    counted = 0
    for comment in comments:
        if counted >= size:
            batch.is_end = False
            break
        batch.place = comment.place(Order.CREATED_AT)
        if matches is None or matches(comment):
            batch.chosen.append(comment)
            counted += 1
        else:
            batch.filtered += 1
            counted += batch.filtered > free
    return batch


def _renderer(stream: Mapping[str, Any]) -> Callable[[Comment], bytes]:
    model = stream["model"]
    thresholds = {" > ".join(each["name"]): each["threshold"] for each in model["label_thresholds"]} if model else {}
    name = stream["id"]

    def render(comment: Comment) -> bytes:
        place = sequence_id(name, comment.place(Order.CREATED_AT)).encode()
        predicted = _predicted(comment, model["version"], thresholds) if model else b'"labels":[]'
        return b'{"comment":%s,"entities":[],%s,"sequence_id":"%s"}' % (comment.comment, predicted, place)

    return render


def _predicted(comment: Comment, version: int, thresholds: Mapping[str, float]) -> bytes:
    predicted = predict(comment.predictions, version)
    labels = above(predicted.labels, thresholds) if thresholds else predicted.labels
    shown = encode([{"name": label.name.split(" > "), "probability": label.probability} for label in labels])
    if not predicted.label_properties:
        return b'"labels":%s' % shown
    return b'"label_properties":%s,"labels":%s' % (encode(predicted.label_properties), shown)


def advance(service: Service, ask: Ask) -> Answer:
    """Put a stream behind the batch or comment that a sequence id stands for."""
    given = parse_body(ask.body, shapes.STREAM_ADVANCE)["sequence_id"]
    _, stream = find_stream(service, ask.params)
    position = read_position(service, stream)
    place = place_of(stream["id"], position, given)
    write_position(service, stream["dataset_id"], stream["name"], Position(place, position.reset_id, position.reset_at))
    return Answer(200, encode({"sequence_id": given, "status": "ok"}))


def reset(service: Service, ask: Ask) -> Answer:
    """Move a stream to a time of upload, backwards or forwards."""
    at = parse_micros(parse_body(ask.body, shapes.STREAM_RESET)["to_comment_created_at"])
    _, stream = find_stream(service, ask.params)
    given = reset_sequence_id(at)
    write_position(service, stream["dataset_id"], stream["name"], Position(Place(at, -1), given, at))
    return Answer(200, encode({"sequence_id": given, "status": "ok", "stream": shown_stream(service, stream)}))


def tag_exceptions(service: Service, ask: Ask) -> Answer:
    """Tag comments of the dataset as exceptions of this stream; a comment tagged before gets the new type."""
    exceptions = parse_body(ask.body, shapes.EXCEPTIONS_PUT)["exceptions"]
    dataset, stream = find_stream(service, ask.params)
    _check_uids(service, dataset, [each["uid"] for each in exceptions])
    for each in exceptions:
        tagged = {"stream": stream["name"], "type": each["metadata"]["type"]}
        service.store.put(EXCEPTION, f"{dataset['id']}/{each['uid']}", stream["name"], tagged)
    return DONE


def untag_exceptions(service: Service, ask: Ask) -> Answer:
    """Take the tags of this stream away; one that isn't there is as good as gone."""
    uids = ask.query.get("uid", [])
    if not uids:
        raise Refusal(400, "query.uid: name at least one comment: ?uid=SOURCE_ID.COMMENT_ID&uid=...")
    for position, uid in enumerate(uids):
        shapes.uid(uid, f"query.uid[{position}]")
    dataset, stream = find_stream(service, ask.params)
    _check_uids(service, dataset, uids)
    for uid in uids:
        service.store.delete(EXCEPTION, f"{dataset['id']}/{uid}", stream["name"])
    return DONE


def _check_uids(service: Service, dataset: Mapping[str, Any], uids: list[str]) -> None:
    sources = set(dataset["source_ids"])
    found = service.comments.find([uid for uid in uids if uid.partition(".")[0] in sources])
    for uid in uids:
        if uid not in found:
            raise Refusal(422, f"Comment {uid} is not in dataset {dataset['owner']}/{dataset['name']}.")


def exceptions_of(service: Service, dataset_id: str, uid: str) -> dict[str, str]:
    """The exceptions of one comment, as the user properties by which an export shows them."""
    tagged = map(orjson.loads, service.store.documents(EXCEPTION, f"{dataset_id}/{uid}"))
    return {f"string:Exception ({each['stream']})": each["type"] for each in tagged}
