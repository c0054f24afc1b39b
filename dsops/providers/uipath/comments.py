"""An exported comment as cells of a table (``specs/uipath.md``, exports and their labels: choices 22 and 25)."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from dsops.model import Column

_FIRST = (
    "uid",
    "id",
    "source_id",
    "created_at",
    "timestamp",
    "last_modified",
    "thread_id",
    "context",
    "text_format",
    "has_annotations",
)
_RANKS = {name: rank for rank, name in enumerate(_FIRST)}
_OTHER, _MESSAGES = 100, 1000
# Each message has a rank of its own: as texts, 10 would stand before 2.
_PROPERTIES, _ASSIGNED, _PREDICTED, _LABEL_PROPERTIES, _REST = range(10**9, 10**9 + 5)
_Cell = tuple[Column, Any]


def comment_cells(document: Mapping[str, Any]) -> Mapping[Column, Any]:
    """Flatten one exported comment.

    The comment's own fields come first, then its messages (``messages.0.subject``), user properties
    (``user_properties.string:Country``), assigned labels (``assigned.Label``: its sentiment, or true), predictions
    (``predicted.Label``: its probability; ``predicted_sentiment.Label``) and label properties
    (``label_property.tone``). What isn't known here is JSON text in a column of its path: nothing is left out.
    """
    parts = {name: _mapping(document.get(name)) for name in ("comment", "annotations", "predictions")}
    cells = dict(_comment(parts["comment"]))
    cells |= _annotations(parts["annotations"])
    cells |= _predictions(parts["predictions"])
    return cells | {(_REST, name): _plain(value) for name, value in document.items() if name not in parts}


def _comment(comment: Mapping[str, Any]) -> Iterator[_Cell]:
    for name, value in comment.items():
        if name == "user_properties" and isinstance(value, dict):
            yield from (((_PROPERTIES, f"{name}.{each}"), _plain(inner)) for each, inner in value.items())
        elif name == "messages" and isinstance(value, list):
            for number, message in enumerate(value):
                yield from _message(number, _mapping(message))
        else:
            yield (_RANKS.get(name, _OTHER), name), _plain(value)


def _message(number: int, message: Mapping[str, Any]) -> Iterator[_Cell]:
    rank, head = _MESSAGES + number, f"messages.{number}"
    for name, value in message.items():
        # Subject, body and signature are {"text": ...}, perhaps with more beside the text.
        if isinstance(value, dict) and "text" in value:
            for each, inner in value.items():
                yield (rank, f"{head}.{name}" if each == "text" else f"{head}.{name}.{each}"), _plain(inner)
        else:
            yield (rank, f"{head}.{name}"), _plain(value)


def _annotations(annotations: Mapping[str, Any]) -> Iterator[_Cell]:
    for name, value in annotations.items():
        if name == "labels":
            labels = _mapping(value)
            for label in _documents(labels.get("assigned")):
                yield (_ASSIGNED, f"assigned.{label.get('name')}"), label.get("sentiment", True)
            rest = {each: inner for each, inner in labels.items() if each != "assigned"}
            yield from (((_REST, f"annotations.labels.{each}"), _plain(inner)) for each, inner in rest.items())
        else:
            yield (_REST, f"annotations.{name}"), _plain(value)


def _predictions(predictions: Mapping[str, Any]) -> Iterator[_Cell]:
    for name, value in predictions.items():
        if name == "labels":
            for label in _documents(value):
                yield (_PREDICTED, f"predicted.{label.get('name')}"), label.get("probability")
                if "sentiment" in label:
                    yield (_PREDICTED, f"predicted_sentiment.{label.get('name')}"), label["sentiment"]
        elif name == "label_properties":
            for each in _documents(value):
                title = each.get("property_name", each.get("property_id"))
                yield (_LABEL_PROPERTIES, f"label_property.{title}"), each.get("value")
        else:
            yield (_REST, f"predictions.{name}"), _plain(value)


def _plain(value: Any) -> Any:
    """Return a value that fits into a cell: a list of texts joined, anything else that isn't a scalar as JSON."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "; ".join(value)
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _documents(value: Any) -> Iterator[Mapping[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
