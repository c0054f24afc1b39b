"""Answers that are worse than any real one: what providers make of them is an expected error, or fit for use.

Only what a server may really answer is changed, so each change that is found harmless is harmless on the wire too.
"""

import copy
import random
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from dsops.model import DsopsError, Listing
from tests.fuzz.answers import Story, recorded, tell, worse

ROUNDS = 80
ODD: tuple[Any, ...] = (None, True, 0, -1, 7.5, "", "\0", [], {}, [None], {"a": 1}, [[]], "x" * 5000)
"""What stands where something else should; none of it says that an object is on its way out."""


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return recorded()


def test_every_listing_and_operation_is_told(stories: list[Story]) -> None:
    told = {each.name for each in stories}
    assert len(told) == len(stories)
    for each in stories:
        found = tell(each, each.answers)
        assert not isinstance(found, Exception), (each.name, found)
    kinds = {f"{owner.name}/{kind}" for owner in {each.owner for each in stories} for kind in owner.kinds}
    assert {f"{kind} {what}" for kind in kinds for what in ("listing", "reading", "reading by name")} <= told


def test_whatever_is_answered_nothing_crashes(stories: list[Story]) -> None:
    for story in stories:
        for number in range(ROUNDS):
            answers = worse(story, random.Random(f"{story.name} {number}"))
            try:
                tell(story, answers)
            except Exception as crash:
                crash.add_note(f"{story.name}, round {number}: {answers!r}"[:3000])
                raise


def malformed(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield a page with one thing wrong about one of its items, and what that is."""
    places = [(name, inner) for name, inner in document.items()] if isinstance(document, dict) else [("", document)]
    for name, items in places:
        for at, item in enumerate(items if isinstance(items, list) else ()):
            changes = [(f"{name}[{at}]", odd) for odd in ODD]
            if isinstance(item, dict):
                for member, value in item.items():
                    # Another text in the place of a text may be right: that is what names look like.
                    odds = [odd for odd in ODD if odd == "" or not (isinstance(odd, str) and isinstance(value, str))]
                    changes += [(f"{name}[{at}].{member}", {**item, member: odd}) for odd in odds]
                    changes.append((f"{name}[{at}] without {member}", {x: y for x, y in item.items() if x != member}))
            for what, changed in changes:
                listed = copy.copy(items)
                listed[at] = changed
                yield what, {**document, name: listed} if isinstance(document, dict) else listed


def test_a_listing_with_a_malformed_item_hides_nothing(stories: list[Story]) -> None:
    """It is refused; or shows as many objects as before, where what is odd about one doesn't matter."""
    refused = 0
    for story in stories:
        whole = tell(story, story.answers)
        if not isinstance(whole, Listing):
            continue
        assert whole.objects, story.name
        for which, (status, body) in enumerate(story.answers):
            for what, document in malformed(orjson.loads(body)):
                answers = list(story.answers)
                answers[which] = status, orjson.dumps(document)
                found = tell(story, answers)
                if isinstance(found, Listing):
                    assert len(found.objects) == len(whole.objects), (story.name, which, what)
                    assert found.exists, (story.name, which, what)
                else:
                    assert isinstance(found, DsopsError) or found.__class__.__name__ == "_Refused", (story.name, what)
                    refused += 1
    assert refused > 100
