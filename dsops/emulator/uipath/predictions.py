"""What models predict for a comment: its labels at a version, as streams and exports show them.

Kept with each comment is one of two things. A seed gives predictions version by version, and other versions predict
nothing. Any other comment has scores, which `score` finds by words in its text, once, when it is uploaded; each version
shifts them a little, so that every version predicts something and no two predict quite the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

# A label, and the words that speak for it.
_WORDS = (
    ("Payment", ("payment", "invoice", "refund")),
    ("Payment > Overdue", ("overdue", "reminder", "late fee")),
    ("Payment > Refund", ("refund", "money back")),
    ("Dispute", ("dispute", "disagree", "mismatch")),
    ("Dispute > Collateral", ("collateral", "margin call")),
    ("Delivery", ("delivery", "shipment", "parcel")),
    ("Delivery > Delayed", ("delayed", "still waiting", "not arrived")),
    ("Contract", ("contract", "renewal", "terms")),
    ("Thanks", ("thank you", "thanks", "appreciate")),
)
_TONE = {"property_id": "0000000000000001", "property_name": "tone"}
_QUALITY = {"property_id": "0000000000000002", "property_name": "quality_of_service"}


class Label(NamedTuple):
    """A predicted label: its name with " > " between parent and child, its probability, its sentiment from -1 to 1."""

    name: str
    probability: float
    sentiment: float | None


class Predicted(NamedTuple):
    """What one version predicts for one comment."""

    labels: Sequence[Label]
    label_properties: Sequence[Mapping[str, Any]]


NOTHING = Predicted((), ())


def given(versions: Mapping[int, Mapping[str, Any]]) -> bytes:
    """What is kept for predictions that a seed gives, by version."""
    return orjson.dumps({"versions": {str(version): predicted for version, predicted in versions.items()}})


def score(text: str, salt: int) -> bytes:
    """What is kept for a text: a score for each label it speaks of, and for one it doesn't.

    salt: makes equal texts differ a little, the same way every time.
    """
    text = text.lower()
    labels = []
    for position, (name, words) in enumerate(_WORDS):
        hits = [word in text for word in words].count(True)
        noise = (salt >> (position * 4)) % 997 / 997
        if hits or noise < 0.12:
            probability = 0.55 + 0.13 * min(hits, 3) + 0.05 * noise if hits else 0.04 + noise
            labels.append((name, round(probability, 6), round(noise * 2 - 1, 6)))
    tone = round((salt % 1009) / 1009 * 6 - 3, 6)
    return orjson.dumps({"scores": labels, "properties": (tone, round(-tone / 2, 6))})


def predict(kept: bytes, version: int | None) -> Predicted:
    """What a version predicts; None means the latest that predicts anything: of scores, version 1."""
    document = orjson.loads(kept)
    if "scores" in document:
        return _shifted(document, 1 if version is None else version)
    versions = document["versions"]
    if version is None and versions:
        version = max(map(int, versions))
    predicted = versions.get(str(version))
    if predicted is None:
        return NOTHING
    labels = [Label(each["name"], each["probability"], each.get("sentiment")) for each in predicted["labels"]]
    return Predicted(labels, predicted.get("label_properties", ()))


def _shifted(document: Mapping[str, Any], version: int) -> Predicted:
    shift = (version * 7919 % 61 - 30) / 1000
    labels = [
        Label(name, round(min(max(probability + shift, 0.001), 0.999), 6), sentiment)
        for name, probability, sentiment in document["scores"]
    ]
    tone, quality = document["properties"]
    return Predicted(labels, ({**_TONE, "value": tone}, {**_QUALITY, "value": quality}))


def above(labels: Iterable[Label], thresholds: Mapping[str, float]) -> list[Label]:
    """Those labels that have a threshold and reach it (specs/uipath.md, choice 14)."""
    return [label for label in labels if label.probability >= thresholds.get(label.name, 2.0)]
