"""What request bodies and queries must be.

Written by hand rather than derived from specs/vi.openapi.yaml, so that the contract tests compare two readings. A body
holds no keys but the known ones (specs/vi.md, choice 6).
"""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

from dsops.emulator import checks
from dsops.emulator.exchange import Refusal

DATASET_TYPES = ("phrase-grounding", "vqa", "freeform")
EXPORT_FORMATS = (
    "ViFull",
    "ViJsonl",
    "ViTfrecord",
    "Coco",
    "CsvFourCorner",
    "CsvWidthHeight",
    "PascalVoc",
    "YoloDarknet",
    "YoloKerasPytorch",
)
LOCALIZATION = "Datature/Multi"
MOST_ON_A_PAGE = 1000
_USUAL_ON_A_PAGE = 10

TEXT = checks.text()
NAME = checks.text(shortest=1)
ID = checks.text(pattern="[A-Za-z0-9-]{1,255}")


class _TextOrFlag:
    """Text or a boolean, as preferences are."""

    def __call__(self, value: Any, where: str) -> None:
        if not isinstance(value, str | bool):
            raise Refusal(400, f"{where}: is neither a string nor a boolean")


def mapping_of(inner: checks.Check) -> checks.Check:
    """An object with any keys, whose values are alike."""

    def check(value: Any, where: str) -> None:
        checks.any_object(value, where)
        for key, entry in value.items():
            inner(entry, f"{where}.{key}")

    return check


COUNT = checks.number(lowest=0, highest=2**53 - 1, whole=True)
DATASET_CREATE = checks.mapping(
    {
        "name": NAME,
        "owner": TEXT,
        "description": TEXT,
        "type": checks.one_of(*DATASET_TYPES),
        "content": checks.one_of("Image"),
        "localization": checks.one_of(LOCALIZATION),
        "dataLocalization": checks.one_of(LOCALIZATION),
        "status": COUNT,
        "tags": mapping_of(COUNT),
        "datasetId": ID,
    },
    required=("name", "owner", "type", "content"),
)
DATASET_UPDATE = checks.mapping({"name": NAME, "description": TEXT, "preference": mapping_of(_TextOrFlag())})


def _ratio(value: Any, where: str) -> None:
    checks.number()(value, where)
    if not 0 < value < 1:
        raise Refusal(400, f"{where}: {value} is not between 0 and 1")


EXPORT_SPEC = checks.mapping(
    {
        "format": checks.one_of(*EXPORT_FORMATS),
        "options": checks.mapping(
            {"normalized": checks.boolean, "splitRatio": checks.nullable(_ratio)}, required=("normalized",)
        ),
    },
    required=("format", "options"),
)
EXPORT_CREATE = checks.mapping({"spec": EXPORT_SPEC}, required=("spec",))


def _text_or_object(value: Any, where: str) -> None:
    if not isinstance(value, str | dict):
        raise Refusal(400, f"{where}: is neither a string nor an object")


PRUNE_CREATE = checks.mapping(
    {
        "spec": checks.mapping(
            {
                "filter": checks.nullable(_text_or_object),
                "metadataQuery": checks.nullable(TEXT),
                "ruleQuery": checks.nullable(TEXT),
                "strictQuery": checks.nullable(checks.boolean),
            }
        )
    },
    required=("spec",),
)


class Query:
    """The parameters of a request's query; of one that comes twice, the last counts."""

    def __init__(self, raw: str) -> None:
        self._values = {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}

    def text(self, name: str) -> str | None:
        """A text; None where it isn't there."""
        return self._values.get(name)

    def word(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of a few words. Raises Refusal 400."""
        value = self._values.get(name, default)
        if value not in allowed:
            raise Refusal(400, f"query.{name}: {value!r} is not one of {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool:
        """Whether a flag says y. Raises Refusal 400."""
        return self.word(name, ("y", "n"), "n") == "y"

    def page_size(self) -> int:
        """How many items a page shall have. Raises Refusal 400."""
        value = self._values.get("s", str(_USUAL_ON_A_PAGE))
        if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= MOST_ON_A_PAGE:
            raise Refusal(400, f"query.s: {value!r} is not an integer between 1 and {MOST_ON_A_PAGE}")
        return int(value)
