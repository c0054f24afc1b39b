"""What UiPath request bodies may hold, and the names in its paths (specs/uipath.md, specs/uipath.openapi.yaml)."""

import re
from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal

PROJECT = r"[A-Za-z0-9\-_.]{1,1024}"
NAME = r"[A-Za-z0-9\-_]{1,256}"
ID = r"[0-9a-f]{16}"
TAG = r"[^/]{1,128}"
MODEL_FAMILIES = (
    "english",
    "english-dev",
    "random",
    "german",
    "german-dev",
    "transformer-english",
    "transformer-xlm",
)

_PATH_PATTERNS = {"project": PROJECT, "dataset": NAME, "stream": NAME, "id": ID, "tag": TAG}

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


def _user_properties(value: Any, where: str) -> None:
    checks.any_object(value, where)
    for name, condition in value.items():
        kind, separator, rest = name.partition(":")
        if kind not in ("string", "number") or not separator or not rest:
            raise Refusal(400, f"{where}: property {name!r} must be named string:NAME or number:NAME")
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
TAG_PUT = checks.mapping({"version": checks.number(lowest=0, whole=True)}, required=("version",))


def check_path(params: dict[str, str]) -> None:
    """Whether the names in a path can be names at all. Raises Refusal 400."""
    for name, value in params.items():
        if not re.fullmatch(_PATH_PATTERNS[name], value):
            raise Refusal(400, f"{value!r} cannot be a {name}: it must match {_PATH_PATTERNS[name]}")
