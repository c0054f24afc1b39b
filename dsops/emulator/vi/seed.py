"""The Vi section of a seed file: datasets as in a creation, with what is in them."""

from collections.abc import Mapping
from typing import Any

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal
from dsops.emulator.vi import forms, shapes
from dsops.emulator.vi.archive import stem
from dsops.emulator.vi.datasets import add_dataset
from dsops.emulator.vi.exports import add_export
from dsops.emulator.vi.images import png
from dsops.emulator.vi.jobs import count_assets
from dsops.emulator.vi.service import Service
from dsops.emulator.vi.tables import Dataset

_SIDE = checks.number(lowest=1, highest=4096, whole=True)
_PLACE = checks.number(lowest=0, highest=1)
_PHRASE = checks.mapping(
    {
        "phrase": shapes.TEXT,
        "startTokenIndex": shapes.COUNT,
        "endTokenIndex": shapes.COUNT,
        "bounds": checks.array(checks.array(_PLACE, shortest=2, longest=2), shortest=4, longest=4),
    },
    required=("phrase", "startTokenIndex", "endTokenIndex", "bounds"),
)
_GROUNDING = checks.mapping(
    {"caption": shapes.TEXT, "groundedPhrases": checks.array(_PHRASE)}, required=("caption", "groundedPhrases")
)
_ANSWERED = checks.mapping({"question": shapes.TEXT, "answer": shapes.TEXT}, required=("question", "answer"))
_VQA = checks.mapping({"interactions": checks.array(_ANSWERED)}, required=("interactions",))


def _annotation(value: Any, where: str) -> None:
    checks.any_object(value, where)
    (_VQA if "interactions" in value else _GROUNDING)(value, where)


def _plain(value: Any, where: str) -> None:
    if not isinstance(value, str | int | float | bool):
        raise Refusal(400, f"{where}: is neither text, number nor boolean")


_ASSET = checks.mapping(
    {
        "filename": checks.text(pattern=r"[^/\\\x00-\x1f]+\.png"),
        "width": _SIDE,
        "height": _SIDE,
        "status": checks.one_of(*forms.ASSET_STATUSES),
        "customMetadata": shapes.mapping_of(_plain),
        "annotations": checks.array(_annotation),
    },
    required=("filename",),
)
_DATASET = checks.mapping(
    {
        "organization": checks.text(pattern="[^/]+"),
        "id": shapes.ID,
        "name": shapes.NAME,
        "description": shapes.TEXT,
        "type": checks.one_of(*shapes.DATASET_TYPES),
        "content": checks.one_of("Image"),
        "assets": checks.array(_ASSET),
        "exports": checks.array(shapes.EXPORT_SPEC),
    },
    required=("name",),
)
_SECTION = checks.mapping({"datasets": checks.array(_DATASET)}, required=("datasets",))


def load_seed(service: Service, seed: Any, organization: str) -> None:
    """Create what the section declares. Raises Refusal that names the place.

    organization: that of datasets that don't name one.
    """
    _SECTION(seed, "vi")
    for position, entry in enumerate(seed["datasets"]):
        where = f"vi.datasets[{position}]"
        fields = {"type": "phrase-grounding", "content": "Image", **entry}
        if "id" in entry:
            fields["datasetId"] = entry["id"]
        try:
            dataset = add_dataset(service, entry.get("organization", organization), fields)
        except Refusal as refusal:
            raise Refusal(400, f"{where}: {refusal.message}") from refusal
        _load_assets(service, dataset, entry.get("assets", []), f"{where}.assets")
        for spec in entry.get("exports", []):
            add_export(service, dataset, spec)


def _load_assets(service: Service, dataset: Dataset, entries: list[dict[str, Any]], where: str) -> None:
    stems = set()
    for position, entry in enumerate(entries):
        if stem(entry["filename"]) in stems:
            raise Refusal(400, f"{where}[{position}].filename: {entry['filename']!r} is declared twice")
        stems.add(stem(entry["filename"]))
        add_asset(service, dataset, entry)
    count_assets(service, service.tables.dataset_by_number(dataset.number), service.now())


def add_asset(service: Service, dataset: Dataset, entry: Mapping[str, Any]) -> None:
    """Keep an asset, from a checked entry; what it leaves out is filled in. Counting is for the caller."""
    annotations = entry.get("annotations", [])
    usual = {"width": 64, "height": 48, "customMetadata": {}, "annotations": annotations}
    given = {**usual, "status": "annotated" if annotations else "none", **entry}
    asset_id = service.new_id()
    contents = png(asset_id, given["width"], given["height"])
    service.tables.add_asset(forms.new_asset(dataset, asset_id, given, contents, service.now()))
