from typing import Any

import pytest

from tests.unit.emulator.mailbox import Mailbox, comment, names

COMMENTS = (
    comment("a", user_properties={"string:Country": "uk", "number:Spend": 100, "string:Sender": "x@One.example"}),
    comment("b", user_properties={"string:Country": "de", "number:Spend": 1000.5, "string:Sender": "y@two.example"}),
    comment("c", timestamp="2024-05-02T00:00:00+02:00"),
)
MAILS = (
    comment("a", messages=[{"body": {"text": ""}, "from": "Ann@One.example", "to": ["bo@two.example"]}]),
    comment("b", messages=[{"body": {"text": ""}, "from": "Bo <bo@two.example>", "cc": ["ann@one.example"]}]),
    comment("c", messages=[{"body": {"text": ""}}, {"body": {"text": ""}, "bcc": ["cy@three.example"]}]),
)


def let_through(condition: dict[str, Any], comments: tuple[dict[str, Any], ...]) -> str:
    mailbox = Mailbox(comment_filter=condition)
    mailbox.upload(*comments)
    batch = mailbox.fetch()
    assert batch["filtered"] + len(batch["results"]) == len(comments)
    return names(batch["results"])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"string:Country": {"one_of": ["uk", "fr"]}}, "a"),
        ({"string:Country": {"one_of": ["UK"]}}, ""),
        ({"string:Country": {"not_one_of": ["uk"]}}, "bc"),
        ({"string:Sender": {"domain_not_one_of": ["one.example"]}}, "bc"),
        ({"number:Spend": {"one_of": [100.0]}}, "a"),
        ({"number:Spend": {"not_one_of": [100.0]}}, "bc"),
        ({"number:Spend": {"minimum": 100, "maximum": 1000.5}}, "ab"),
        ({"number:Spend": {"minimum": 100.5}}, "b"),
        ({"number:Spend": {"maximum": 1000}}, "a"),
        ({"number:Spend": {"maximum": 5000}, "string:Country": {"one_of": ["de"]}}, "b"),
        ({"string:Missing": {"one_of": ["x"]}}, ""),
        ({"string:Country": {}}, "abc"),
        ({}, "abc"),
    ],
)
def test_user_properties(condition: dict[str, Any], expected: str) -> None:
    assert let_through({"user_properties": condition}, COMMENTS) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"minimum": "2024-04-30T10:00:00Z"}, "abc"),
        ({"minimum": "2024-04-30T10:00:00.000001"}, "c"),
        ({"maximum": "2024-05-01T22:00:00Z"}, "abc"),
        ({"maximum": "2024-05-01T21:59:59Z"}, "ab"),
        ({"minimum": "2024-05-01", "maximum": "2024-05-01"}, ""),
    ],
)
def test_timestamps_are_instants_and_bounds_inclusive(condition: dict[str, Any], expected: str) -> None:
    assert let_through({"timestamp": condition}, COMMENTS) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"from": {"one_of": ["ann@one.example"]}}, "a"),
        ({"from": {"not_one_of": ["ann@one.example"]}}, "bc"),
        ({"from": {"domain_one_of": ["TWO.example"]}}, "b"),
        ({"from": {"domain_not_one_of": ["two.example"]}}, "ac"),
        ({"to": {"one_of": ["bo@two.example"]}}, "a"),
        ({"cc": {"domain_one_of": ["one.example"]}}, "b"),
        ({"bcc": {"one_of": ["cy@three.example"]}}, "c"),
        ({"recipient": {"domain_one_of": ["one.example", "three.example"]}}, "bc"),
        ({"recipient": {"domain_not_one_of": ["two.example"]}, "from": {"domain_one_of": ["two.example"]}}, "b"),
    ],
)
def test_addresses(condition: dict[str, Any], expected: str) -> None:
    assert let_through({"messages": condition}, MAILS) == expected


def test_sources() -> None:
    mailbox = Mailbox()
    assert let_through({"sources": [mailbox.source_id]}, COMMENTS) == "abc"
    assert let_through({"sources": ["0123456789abcdef"]}, COMMENTS) == ""


def test_what_nobody_documents_filters_nothing() -> None:
    for part in ("trigger_exceptions", "annotations", "entities", "thread_properties"):
        assert let_through({part: {"something": 1}}, COMMENTS) == "abc"


def test_reviewed_means_labelled_by_a_person() -> None:
    assert let_through({"reviewed": "only_unreviewed"}, COMMENTS) == "abc"
    assert let_through({"reviewed": "only_reviewed"}, COMMENTS) == ""
