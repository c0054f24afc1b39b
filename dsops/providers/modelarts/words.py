"""Words for the numbers of the API, both ways (``specs/modelarts.md``, words for numbers)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Number = str | int
"""A word; or the number itself, of one that has no word."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one enumeration.

    Attributes:
        numbers: Word to number.
        words: Number to word.
    """

    numbers: Mapping[str, int]
    words: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", MappingProxyType({number: word for word, number in self.numbers.items()}))

    def word(self, number: int) -> Number:
        """Return the word for a number; the number where there is none."""
        return self.words.get(number, number)

    def number(self, value: Number) -> int:
        """Return the number for a word; a number stays one.

        Raises:
            KeyError: There is no such word.
        """
        return self.numbers[value] if isinstance(value, str) else value

    def canonical(self, value: Number) -> Number:
        """Return what stands for a word or number in comparisons: the word, where there is one."""
        return value if isinstance(value, str) else self.word(value)

    def shown(self, value: Any) -> Any:
        """Return what a document shows in the place of a value of the wire; what is no number stays."""
        return self.word(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _words(**numbers: int) -> Words:
    return Words(MappingProxyType({name.replace("_", "-"): number for name, number in numbers.items()}))


def _in_order(*words: str) -> Words:
    return Words(MappingProxyType({word: number for number, word in enumerate(words)}))


DATASET_TYPE = _words(
    image_classification=0,
    object_detection=1,
    image_segmentation=3,
    text_classification=100,
    named_entity_recognition=101,
    text_triplet=102,
    sound_classification=200,
    speech_content=201,
    speech_segmentation=202,
    table=400,
    video=600,
    custom=900,
)
RELATION, ENTITY = "text-triplet-relation", "text-triplet-entity"
LABEL_TYPE = Words(
    MappingProxyType(
        {word: number for word, number in DATASET_TYPE.numbers.items() if number not in (102, 400, 900)}
        | {RELATION: 102, ENTITY: 103}
    )
)
DATA_TYPE = _in_order("obs", "dws", "dli", "rds", "mrs", "ai-gallery", "inference")
STATUS = _in_order(
    "creating", "normal", "deleting", "deleted", "abnormal", "syncing", "releasing", "switching", "importing"
)
VERSION_STATUS = _in_order("creating", "running", "deleting", "deleted", "error")
RUNNING_TASK = _in_order(
    "auto-labeling",
    "pre-labeling",
    "export",
    "version-switch",
    "manifest-export",
    "manifest-import",
    "version-publishing",
    "auto-grouping",
)
DATASET_FORMAT = _in_order("file", "table")
VERSION_FORMAT = _in_order("Default", "CarbonData", "CSV")
ANALYSIS_STATUS = _in_order("initialized", "running", "completed", "failed")
PROCESSOR_STATUS = _in_order(
    "initialized", "running", "completed", "failed", "stopped", "timeout", "deletion-failed", "stopping-failed"
)
WORKER_ROLE = _in_order("labeler", "reviewer", "administrator", "owner")
WORKER_STATUS = _in_order("not-invited", "invited", "joined", "removed")
CLUSTER_MODE = _in_order("normal", "security")
"""Of an MRS cluster; the wire has the digits as text."""
WORK_PATH_TYPE = _in_order("obs")
