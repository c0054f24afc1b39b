"""specs/plan-format.md says what is: its words are the model's, and its example has the document's keys."""

import json
import re
from pathlib import Path

import pytest

from dsops.model import Action, Cause, EventKind, Reason, Status
from dsops.planner.document import FORMAT_VERSION, plan_document
from tests.unit.render.samples import EVERYTHING, UPDATED


@pytest.fixture(scope="module")
def spec(root: Path) -> str:
    return (root / "specs" / "plan-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word", [*Action, *Cause, *Status, *EventKind, *(each for each in Reason if each is not Reason.UNCHANGED)]
)
def test_names_every_word(spec: str, word: str) -> None:
    assert re.search(rf"\b{word}\b", spec)


def test_the_example_has_the_documents_keys_in_their_order(spec: str) -> None:
    example = json.loads(spec.split("```json\n")[1].split("```", maxsplit=1)[0])
    document = plan_document(EVERYTHING)
    assert example["formatVersion"] == FORMAT_VERSION
    assert list(example) == list(document)
    assert list(example["summary"]) == list(document["summary"])
    change = next(each for each in document["changes"] if each["address"] == str(UPDATED.address))
    [shown] = example["changes"]
    assert list(shown) == list(change)
    assert list(shown["fields"][0]) == list(change["fields"][0])
    assert list(shown["calls"][0]) == list(change["calls"][0])
