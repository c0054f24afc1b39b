"""Labels: one canonical form, and the smallest change from one set to another."""

from typing import Any

import pytest

from dsops.providers.modelarts.labels import canonical_labels, label_changes, new_labels, read_labels, renames

COLOR, SHORTCUT, RENAME = "@modelarts:color", "@modelarts:shortcut", "@modelarts:rename_to"
IMAGES, TRIPLETS = "image-classification", "text-triplet"
STYLE = {"name": "style", "type": "select", "values": ["jazz", "rock"]}


def test_order_case_of_colours_and_empty_properties_mean_nothing() -> None:
    assert canonical_labels([{"name": "b", "color": "#fffff0", "attributes": []}, {"name": "a"}]) == [
        {"name": "a"},
        {"name": "b", "color": "#FFFFF0"},
    ]
    attributes = [{"name": "z", "type": "text", "defaultValue": ""}, STYLE]
    assert canonical_labels([{"name": "a", "attributes": attributes}]) == [
        {"name": "a", "attributes": [STYLE, {"name": "z", "type": "text"}]}
    ]


def test_the_order_of_values_is_theirs() -> None:
    assert canonical_labels([{"name": "a", "attributes": [STYLE]}])[0]["attributes"][0]["values"] == ["jazz", "rock"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([{"name": "a"}, {"name": "a", "color": "#000000"}], "two labels are called 'a'"),
        ([{"name": "a", "attributes": [STYLE, STYLE]}], "two attributes of 'a' are called 'style'"),
    ],
)
def test_a_name_comes_once(labels: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        canonical_labels(labels)


def test_a_label_can_be_renamed_from_what_no_other_label_is() -> None:
    assert renames([{"name": "a", "renamedFrom": "b"}, {"name": "c"}]) == {"b": "a"}
    for labels in (
        [{"name": "a", "renamedFrom": "b"}, {"name": "b"}],
        [{"name": "a", "renamedFrom": "b"}, {"name": "c", "renamedFrom": "b"}],
    ):
        with pytest.raises(ValueError, match="can't be renamed from 'b'"):
            renames(labels)


def test_answers_read_back_as_what_was_declared() -> None:
    read = read_labels(
        [
            {
                "name": "b",
                "type": 0,
                "property": {COLOR: "#fffff0", SHORTCUT: ""},
                "attributes": [
                    {"id": "1", "name": "style", "type": "select", "values": [{"id": "2", "value": "jazz"}]},
                    {"id": "3", "name": "age", "type": "text", "default_value": ""},
                ],
            },
            {"name": "a", "type": 0, "property": None, "attributes": None},
        ]
    )
    assert read == [
        {"name": "a"},
        {
            "name": "b",
            "color": "#FFFFF0",
            "attributes": [
                {"name": "age", "type": "text"},
                {"name": "style", "type": "select", "values": ["jazz"]},
            ],
        },
    ]


@pytest.mark.parametrize("wrong", [{}, [{}], [{"name": 7}], [{"name": "a", "property": {COLOR: 7}}], [7], "labels"])
def test_what_is_no_list_of_labels_is_refused(wrong: Any) -> None:
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        read_labels(wrong)


def test_new_labels_say_their_type_only_where_a_dataset_has_two() -> None:
    label = {"name": "a", "color": "#FFFFF0", "attributes": [STYLE]}
    sent = {
        "name": "a",
        "property": {COLOR: "#FFFFF0"},
        "attributes": [{"name": "style", "type": "select", "values": [{"value": "jazz"}, {"value": "rock"}]}],
    }
    assert new_labels([label], IMAGES) == [sent]
    assert new_labels([label], TRIPLETS) == [{**sent, "type": 103}]
    (relation,) = new_labels([{"name": "eats", "from": "animal", "to": "plant"}], TRIPLETS)
    assert relation["type"] == 102
    assert relation["property"] == {"@modelarts:from_type": "animal", "@modelarts:to_type": "plant"}
    assert new_labels([{"name": "x"}], 777) == [{"name": "x"}]


def test_equal_sets_need_nothing() -> None:
    labels = [{"name": "a", "color": "#000000"}, {"name": "b"}]
    assert label_changes(labels, labels, {}, IMAGES) == {}
    assert label_changes(labels, labels, {"z": "a"}, IMAGES) == {}


def test_each_label_that_comes_goes_or_differs_is_named_once() -> None:
    live = [{"name": "gone"}, {"name": "kept", "color": "#000000"}, {"name": "other", "shortcut": "o"}]
    wanted = [{"name": "kept", "color": "#000000"}, {"name": "new"}, {"name": "other", "color": "#111111"}]
    assert label_changes(live, wanted, {}, IMAGES) == {
        "delete_labels": [{"name": "gone"}],
        "update_labels": [{"name": "other", "property": {COLOR: "#111111", SHORTCUT: ""}}],
        "add_labels": [{"name": "new"}],
    }


def test_all_properties_of_a_changed_label_are_sent_and_an_empty_one_for_each_that_goes() -> None:
    live = [{"name": "a", "color": "#000000", "shape": "point", "shortcut": "a"}]
    wanted = [{"name": "a", "color": "#000000", "shortcut": "b"}]
    (change,) = label_changes(live, wanted, {}, IMAGES)["update_labels"]
    assert change == {
        "name": "a",
        "property": {COLOR: "#000000", "@modelarts:default_shape": "", SHORTCUT: "b"},
    }


def test_attributes_are_sent_whole_where_they_differ_and_not_otherwise() -> None:
    live = [{"name": "a", "color": "#000000", "attributes": [STYLE]}]
    (gone,) = label_changes(live, [{"name": "a", "color": "#000000"}], {}, IMAGES)["update_labels"]
    assert gone["attributes"] == []
    (kept,) = label_changes(live, [{"name": "a", "attributes": [STYLE]}], {}, IMAGES)["update_labels"]
    assert "attributes" not in kept


def test_a_rename_is_an_update_where_the_old_name_is_there_and_the_new_one_is_not() -> None:
    wanted = [{"name": "hound", "shortcut": "h"}]
    assert label_changes([{"name": "dog"}], wanted, {"dog": "hound"}, IMAGES) == {
        "update_labels": [{"name": "dog", "property": {SHORTCUT: "h", RENAME: "hound"}}]
    }
    assert label_changes([{"name": "dog"}, *wanted], wanted, {"dog": "hound"}, IMAGES) == {
        "delete_labels": [{"name": "dog"}]
    }
    assert label_changes([], wanted, {"dog": "hound"}, IMAGES)["add_labels"][0]["name"] == "hound"
