"""A comment as cells: columns in a stable order, nothing left out."""

from typing import Any

from dsops.providers.uipath.comments import comment_cells

DOCUMENT: dict[str, Any] = {
    "annotations": {
        "labels": {"assigned": [{"name": "Parent > Child", "sentiment": "positive"}, {"name": "Plain"}], "more": 1},
        "entities": [{"kind": "money"}],
    },
    "comment": {
        "user_properties": {"string:Country": "uk", "number:Spend": 100},
        "messages": [
            {"to": ["a@x.test", "b@x.test"], "subject": {"text": "S", "language": "en"}, "body": {"text": "B"}},
            {"from": "c@x.test"},
        ],
        "thread_id": "t",
        "uid": "u",
        "id": "i",
        "has_annotations": True,
        "novelty": {"b": 1, "a": [2]},
        "timestamp": "2011-12-11T11:05:10Z",
        "created_at": "2020-08-06T13:20:28.531000Z",
        "source_id": "s",
    },
    "predictions": {
        "labels": [{"name": "Parent > Child", "probability": 0.5, "sentiment": -0.25}, {"name": "Plain"}],
        "label_properties": [{"property_id": "1", "property_name": "tone", "value": -1.8}, {"property_id": "2"}],
    },
    "unknown": None,
}


def test_all_of_it_stands_in_columns_in_a_stable_order() -> None:
    cells = comment_cells(DOCUMENT)
    assert [(name, cells[rank, name]) for rank, name in sorted(cells)] == [
        ("uid", "u"),
        ("id", "i"),
        ("source_id", "s"),
        ("created_at", "2020-08-06T13:20:28.531000Z"),
        ("timestamp", "2011-12-11T11:05:10Z"),
        ("thread_id", "t"),
        ("has_annotations", True),
        ("novelty", '{"a":[2],"b":1}'),
        ("messages.0.body", "B"),
        ("messages.0.subject", "S"),
        ("messages.0.subject.language", "en"),
        ("messages.0.to", "a@x.test; b@x.test"),
        ("messages.1.from", "c@x.test"),
        ("user_properties.number:Spend", 100),
        ("user_properties.string:Country", "uk"),
        ("assigned.Parent > Child", "positive"),
        ("assigned.Plain", True),
        ("predicted.Parent > Child", 0.5),
        ("predicted.Plain", None),
        ("predicted_sentiment.Parent > Child", -0.25),
        ("label_property.2", None),
        ("label_property.tone", -1.8),
        ("annotations.entities", '[{"kind":"money"}]'),
        ("annotations.labels.more", 1),
        ("unknown", None),
    ]


def test_the_tenth_message_stands_behind_the_second() -> None:
    cells = comment_cells({"comment": {"messages": [{"from": str(number)} for number in range(11)]}})
    assert [cells[column] for column in sorted(cells)] == [str(number) for number in range(11)]


def test_what_has_another_form_is_no_crash() -> None:
    assert comment_cells({"comment": 1, "annotations": [], "predictions": {"labels": {}}}) == {}
    cells = comment_cells({"comment": {"messages": "x", "user_properties": []}})
    assert {name: value for (_, name), value in cells.items()} == {"messages": "x", "user_properties": "[]"}
