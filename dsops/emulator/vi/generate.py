"""Made-up datasets with pictures and annotations: the same numbers give the same ones."""

from collections.abc import Mapping
from typing import Any

from dsops.emulator.vi.datasets import add_dataset
from dsops.emulator.vi.jobs import count_assets
from dsops.emulator.vi.seed import add_asset
from dsops.emulator.vi.service import Service

_TYPES = ("phrase-grounding", "vqa")
_THINGS = ("box", "bottle", "can", "jar", "label")
_CAMERAS = ("front", "side", "top")


def generate(service: Service, counts: Mapping[str, int], organization: str) -> None:
    """Make up so many datasets, in turn to ground phrases and to answer questions, with so many assets each."""
    assets = counts.get("vi-assets", 0)
    for number in range(counts.get("vi-datasets", 1 if assets else 0)):
        kind = _TYPES[number % len(_TYPES)]
        fields = {
            "name": f"shelves-{number:05}",
            "description": f"Made up, number {number}",
            "type": kind,
            "content": "Image",
        }
        dataset = add_dataset(service, organization, fields)
        for place in range(assets):
            add_asset(service, dataset, _asset(place, kind))
        count_assets(service, dataset, service.now())


def _asset(place: int, kind: str) -> dict[str, Any]:
    """Every fourth has no annotation, every tenth has the status of an error."""
    asset: dict[str, Any] = {
        "filename": f"shelf-{place:06}.png",
        "customMetadata": {"camera": _CAMERAS[place % len(_CAMERAS)], "row": place % 7},
    }
    if place % 4 != 3:
        asset["annotations"] = [_grounding(place) if kind == "phrase-grounding" else _interactions(place)]
    if place % 10 == 9:
        asset["status"] = "error"
    return asset


def _grounding(place: int) -> dict[str, Any]:
    thing, left = _THINGS[place % len(_THINGS)], place % 10 / 20
    bounds = [[left, 0.25], [left + 0.25, 0.25], [left + 0.25, 0.75], [left, 0.75]]
    phrase = {"phrase": thing, "startTokenIndex": 1, "endTokenIndex": 2, "bounds": bounds}
    return {"caption": f"a {thing} on a shelf", "groundedPhrases": [phrase]}


def _interactions(place: int) -> dict[str, Any]:
    thing = _THINGS[place % len(_THINGS)]
    return {"interactions": [{"question": "What stands on the shelf?", "answer": f"a {thing}"}]}
