"""What UiPath request bodies may hold, and the names in its paths (specs/uipath.md, specs/uipath.openapi.yaml)."""

import re
from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal

PROJECT = r"[A-Za-z0-9\-_.]{1,1024}"
NAME = r"[A-Za-z0-9\-_]{1,256}"
ID = r"[0-9a-f]{16}"
TAG = r"[^/]{1,128}"
# Letters, digits and ASCII punctuation but the slash.
COMMENT_ID = r"[A-Za-z0-9!-.:-@\[-`{-~]{1,1024}"
UID = rf"{ID}\.{COMMENT_ID}"
MODEL_FAMILIES = (
    "english",
    "english-dev",
    "random",
    "german",
    "german-dev",
    "transformer-english",
    "transformer-xlm",
)

_PATH_PATTERNS = {"project": PROJECT, "dataset": NAME, "stream": NAME, "id": ID, "tag": TAG, "source": NAME}

_title = checks.text(longest=128)
_description = checks.text(longest=16384)
_source_ids = checks.array(checks.text(pattern=ID), longest=1024)

DATASET_UPDATE = checks.mapping(
    {
        "dataset": checks.mapping({"title": _title, "description": _description, "source_ids": _source_ids}),
    },
    required=("dataset",),
)
DATASET_CREATE = checks.mapping(
    {
        "dataset": checks.mapping(
            {
                "title": _title,
                "description": _description,
                "source_ids": _source_ids,
                "model_family": checks.one_of(*MODEL_FAMILIES),
                "has_sentiment": checks.boolean,
            }
        ),
    },
    required=("dataset",),
)

_label_threshold = checks.mapping(
    {
        "name": checks.array(checks.text(shortest=1, longest=64), shortest=1, longest=64),
        "threshold": checks.number(lowest=0, highest=1),
    },
    required=("name", "threshold"),
)
_model = checks.mapping(
    {"version": checks.number(lowest=0, whole=True), "label_thresholds": checks.array(_label_threshold, longest=4096)},
    required=("version",),
)


def _several(item: checks.Check) -> checks.Check:
    return checks.array(item, shortest=1, longest=128, unique=True)


_words = _several(checks.text())
_string_property = checks.mapping({"one_of": _words, "not_one_of": _words, "domain_not_one_of": _words})
_number_property = checks.mapping(
    {
        "one_of": _several(checks.number()),
        "not_one_of": _several(checks.number()),
        "minimum": checks.number(),
        "maximum": checks.number(),
    }
)
_addresses = checks.mapping(
    {"one_of": _words, "not_one_of": _words, "domain_one_of": _words, "domain_not_one_of": _words}
)


def _property_kind(name: str, where: str) -> str:
    kind, separator, rest = name.partition(":")
    if kind not in ("string", "number") or not separator or not rest:
        raise Refusal(400, f"{where}: property {name!r} must be named string:NAME or number:NAME")
    return kind


def _user_properties(value: Any, where: str) -> None:
    checks.any_object(value, where)
    for name, condition in value.items():
        kind = _property_kind(name, where)
        (_string_property if kind == "string" else _number_property)(condition, f"{where}.{name}")


_comment_filter = checks.mapping(
    {
        "timestamp": checks.mapping({"minimum": checks.instant, "maximum": checks.instant}),
        "reviewed": checks.one_of("only_reviewed", "only_unreviewed"),
        "sources": _several(checks.text(pattern=ID)),
        "messages": checks.mapping(dict.fromkeys(("from", "recipient", "to", "cc", "bcc"), _addresses)),
        "user_properties": _user_properties,
        "trigger_exceptions": checks.any_object,
        "annotations": checks.any_object,
        "entities": checks.any_object,
        "thread_properties": checks.any_object,
    }
)
_stream = {
    "name": checks.text(pattern=NAME),
    "title": _title,
    "description": _description,
    "model": checks.nullable(_model),
    "comment_filter": _comment_filter,
}

STREAM_CREATE = checks.mapping({"stream": checks.mapping(_stream, required=("name",))}, required=("stream",))
STREAM_UPDATE = checks.mapping({"stream": checks.mapping(_stream)}, required=("stream",))
STREAM_RESET = checks.mapping({"to_comment_created_at": checks.instant}, required=("to_comment_created_at",))
STREAM_FETCH = checks.mapping(
    {
        "size": checks.number(lowest=1, highest=1024, whole=True),
        "max_filtered": checks.number(lowest=1, highest=1024, whole=True),
    },
    required=("size",),
)
STREAM_ADVANCE = checks.mapping({"sequence_id": checks.text()}, required=("sequence_id",))
uid = checks.text(pattern=UID)
EXCEPTIONS_PUT = checks.mapping(
    {
        "exceptions": checks.array(
            checks.mapping(
                {"uid": uid, "metadata": checks.mapping({"type": checks.text(shortest=1)}, required=("type",))},
                required=("uid", "metadata"),
            )
        )
    },
    required=("exceptions",),
)
TAG_PUT = checks.mapping({"version": checks.number(lowest=0, whole=True)}, required=("version",))

_export = checks.mapping(
    {
        "comment_uids": checks.array(uid, longest=256),
        "source_ids": _source_ids,
        "order_by": checks.one_of("created_at", "timestamp"),
        "from": checks.instant,
        "to": checks.instant,
        "continuation": checks.text(),
        "limit": checks.number(lowest=1, highest=256, whole=True),
    }
)


def EXPORT(value: Any, where: str) -> None:  # noqa: N802 — one of the shapes, which all are checks
    """The body of an export; `comment_uids` stands alone."""
    _export(value, where)
    if "comment_uids" in value and len(value) > 1:
        others = ", ".join(sorted(set(value) - {"comment_uids"}))
        raise Refusal(400, f"{where}: comment_uids stands alone; leave out {others}")


SOURCE_CREATE = checks.mapping(
    {
        "source": checks.mapping(
            {
                "title": _title,
                "description": _description,
                "language": checks.text(shortest=2, longest=8),
                "should_translate": checks.boolean,
            }
        )
    },
    required=("source",),
)

_passage = checks.mapping({"text": checks.text(longest=65536)}, required=("text",))
_recipients = checks.array(checks.text())
_message = checks.mapping(
    {
        "from": checks.text(),
        "to": _recipients,
        "cc": _recipients,
        "bcc": _recipients,
        "sent_at": checks.instant,
        "subject": _passage,
        "body": _passage,
        "signature": _passage,
    },
    required=("body",),
)


def _property_values(value: Any, where: str) -> None:
    checks.any_object(value, where)
    for name, entry in value.items():
        (checks.text() if _property_kind(name, where) == "string" else checks.number())(entry, f"{where}.{name}")


COMMENT_FIELDS = {
    "id": checks.text(pattern=COMMENT_ID),
    "timestamp": checks.instant,
    "messages": checks.array(_message, shortest=1),
    "thread_id": checks.text(),
    "user_properties": _property_values,
    "attachments": checks.array(checks.any_object),
}
COMMENT_REQUIRED = ("id", "timestamp", "messages")
COMMENTS_SYNC = checks.mapping(
    {"comments": checks.array(checks.mapping(COMMENT_FIELDS, required=COMMENT_REQUIRED), longest=1024)},
    required=("comments",),
)


def check_path(params: dict[str, str]) -> None:
    """Whether the names in a path can be names at all. Raises Refusal 400."""
    for name, value in params.items():
        if not re.fullmatch(_PATH_PATTERNS[name], value):
            raise Refusal(400, f"{value!r} cannot be a {name}: it must match {_PATH_PATTERNS[name]}")
