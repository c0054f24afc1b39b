"""Made-up accounts: datasets with two sources each, model tags and streams, and comments in the sources.

The same numbers give the same account, whatever the time. Its streams stand before its first comment, so that there is
something to fetch at once.
"""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dsops.emulator.uipath import datasets, sources, streams, tags
from dsops.emulator.uipath.comments import Comment
from dsops.emulator.uipath.instants import to_micros
from dsops.emulator.uipath.mails import write_mails
from dsops.emulator.uipath.service import DATASET, Service

PROJECT = "generated"
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_TAGS = {"live": 8, "staging": 9}
_THRESHOLDS = [
    {"name": ["Dispute"], "threshold": 0.6},
    {"name": ["Payment"], "threshold": 0.5},
    {"name": ["Payment", "Overdue"], "threshold": 0.7},
]
_FILTER = {"user_properties": {"string:Country": {"one_of": ["de", "uk"]}, "number:Spend": {"minimum": 1000}}}
# Streams take turns: thresholds, a filter, both, neither model nor filter.
_STREAMS: tuple[dict[str, Any], ...] = (
    {"model": {"version": 8, "label_thresholds": _THRESHOLDS}},
    {"model": {"version": 8}, "comment_filter": _FILTER},
    {"model": {"version": 9, "label_thresholds": _THRESHOLDS}, "comment_filter": _FILTER},
    {},
)


def generate(service: Service, counts: Mapping[str, int]) -> None:
    """Make up what is asked for, if anything is; there is one dataset and one stream unless it says otherwise."""
    if not counts.keys() & {"comments", "datasets", "streams"}:
        return
    pairs = [_sources(service, number) for number in range(max(counts.get("datasets", 1), 1))]
    made = [_dataset(service, number, pairs[number]) for number in range(counts.get("datasets", 1))]
    if made:
        for number in range(counts.get("streams", 1)):
            fields = {**_STREAMS[number % len(_STREAMS)], "name": f"stream-{number:05}", "title": f"Stream {number}"}
            streams.create_stream(service, made[number % len(made)], fields, BEGIN)
    flat = [source for pair in pairs for source in pair]
    service.comments.write(_comments(service.comments.last_seq(), flat, counts.get("comments", 0)))


def _sources(service: Service, number: int) -> list[str]:
    now, ids = service.now(), []
    for kind in ("inbox", "archive"):
        source_id = service.store.new_id()
        fields = {"id": source_id, "title": f"Mailbox {number}, {kind}", "created_at": now}
        sources.write_source(service, PROJECT, f"mailbox-{number:05}-{kind}", fields, now)
        ids.append(source_id)
    return ids


def _dataset(service: Service, number: int, source_ids: list[str]) -> str:
    name = f"mail-{number:05}"
    fields = {"title": f"Mail {number}", "description": "Made up by the emulator.", "source_ids": source_ids}
    datasets.create_dataset(service, PROJECT, name, fields)
    dataset_id = str(service.store.get(DATASET, PROJECT, name)["id"])
    for tag, version in _TAGS.items():
        tags.write_tag(service, dataset_id, tag, version)
    return dataset_id


def _comments(last: int, source_ids: list[str], count: int) -> Iterator[Comment]:
    """The comments, dealt out to the sources in turn; every tenth has been labelled by a person."""
    chance = random.Random("labels of the dsops emulator")  # noqa: S311 — meant to be the same every time
    for number, mail in enumerate(write_mails(count, to_micros(BEGIN))):
        assigned: tuple[Mapping[str, Any], ...] = ()
        if chance.random() < 0.1:
            assigned = ({"name": "Reviewed", "sentiment": chance.choice(("positive", "negative"))},)
        created_at = mail.pop("created_at")
        yield sources.make_comment(last + number + 1, source_ids[number % len(source_ids)], mail, created_at, assigned)
