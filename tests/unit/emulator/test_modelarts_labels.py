"""ModelArts: labels, with the dataset and by calls of their own."""

from typing import Any

import pytest

from tests.unit.emulator.imaging import DATASETS, TRIPLETS, Imaging

COLOR, SHORTCUT, RENAME = "@modelarts:color", "@modelarts:shortcut", "@modelarts:rename_to"
FROM, TO = "@modelarts:from_type", "@modelarts:to_type"


def names(client: Imaging) -> list[str]:
    return [label["name"] for label in client.good("GET", client.dataset)["labels"]]


def label(client: Imaging, name: str) -> dict[str, Any]:
    (found,) = (each for each in client.good("GET", client.dataset)["labels"] if each["name"] == name)
    shown: dict[str, Any] = found
    return shown


@pytest.fixture
def client() -> Imaging:
    return Imaging()


@pytest.fixture
def triplets() -> Imaging:
    """The same, where `animals` is a dataset of triplets."""
    client = Imaging()
    client.id = client.make("texts", dataset_type=102, labels=TRIPLETS)
    client.dataset = f"{DATASETS}/{client.id}"
    client.labels = f"{client.dataset}/data-annotations/labels"
    return client


def test_labels_are_deleted_then_updated_then_added(client: Imaging) -> None:
    change = {
        "add_labels": [{"name": "cat", "property": {SHORTCUT: "c"}}, {"name": "bird"}],
        "update_labels": [{"name": "dog", "property": {COLOR: "#000001"}}],
        "delete_labels": [{"name": "cat"}],
    }
    client.good("PUT", client.dataset, change)
    assert names(client) == ["dog", "cat", "bird"]
    assert label(client, "cat")["property"] == {SHORTCUT: "c"}
    assert label(client, "dog")["property"] == {COLOR: "#000001"}
    gone_then_updated = {"delete_labels": [{"name": "dog"}], "update_labels": [{"name": "dog"}]}
    assert client.conflict("PUT", client.dataset, gone_then_updated) == "4410"


def test_properties_are_merged_and_an_empty_one_goes(client: Imaging) -> None:
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "property": {SHORTCUT: "c"}}]})
    assert label(client, "cat")["property"] == {COLOR: "#FFFFF0", SHORTCUT: "c"}
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "property": {COLOR: "", SHORTCUT: None}}]})
    assert label(client, "cat")["property"] == {SHORTCUT: "c"}


def test_attributes_get_ids_and_are_replaced_as_a_whole(client: Imaging) -> None:
    given = {
        "name": "style",
        "type": "select",
        "default_value": "jazz",
        "values": [{"value": "jazz"}, {"value": "rock"}],
    }
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "attributes": [given]}]})
    (attribute,) = label(client, "cat")["attributes"]
    assert {key: attribute[key] for key in ("name", "type", "default_value")} == {
        "name": "style",
        "type": "select",
        "default_value": "jazz",
    }
    ids = {attribute["id"], *(value["id"] for value in attribute["values"])}
    assert {len(each) for each in ids} == {19}
    assert len(ids) == 3
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "property": {COLOR: "#000000"}}]})
    assert label(client, "cat")["attributes"] == [attribute]
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "attributes": [attribute]}]})
    assert label(client, "cat")["attributes"] == [attribute]
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "attributes": []}]})
    assert "attributes" not in label(client, "cat")


def test_a_label_is_renamed_in_its_place(client: Imaging) -> None:
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "property": {RENAME: "lion"}}]})
    assert names(client) == ["lion", "dog"]
    assert label(client, "lion")["property"] == {COLOR: "#FFFFF0"}
    taken = {"update_labels": [{"name": "lion", "property": {RENAME: "dog"}}]}
    assert client.conflict("PUT", client.dataset, taken) == "4411"
    client.good("PUT", client.dataset, {"update_labels": [{"name": "lion", "property": {RENAME: "lion"}}]})


def test_a_shortcut_is_for_one_label(client: Imaging) -> None:
    twice = {"update_labels": [{"name": name, "property": {SHORTCUT: "x"}} for name in ("cat", "dog")]}
    assert client.conflict("PUT", client.dataset, twice) == "4412"
    client.good("PUT", client.dataset, {"update_labels": [{"name": "cat", "property": {SHORTCUT: "x"}}]})
    swap = {
        "update_labels": [
            {"name": "dog", "property": {SHORTCUT: "x"}},
            {"name": "cat", "property": {SHORTCUT: "y"}},
        ]
    }
    client.good("PUT", client.dataset, swap)


def test_labels_of_another_type_do_not_fit(client: Imaging) -> None:
    assert client.conflict("PUT", client.dataset, {"add_labels": [{"name": "x", "type": 1}]}) == "4413"
    assert client.conflict("PUT", client.dataset, {"update_labels": [{"name": "cat", "type": 1}]}) == "4410"
    table = client.make("sales", dataset_type=400)
    assert client.conflict("PUT", f"{DATASETS}/{table}", {"add_labels": [{"name": "x"}]}) == "4413"


def test_relations_need_their_entities(triplets: Imaging) -> None:
    assert [each["type"] for each in triplets.good("GET", triplets.dataset)["labels"]] == [103, 103, 102]
    in_use = {"delete_labels": [{"name": "place"}]}
    assert triplets.conflict("PUT", triplets.dataset, in_use) == "4415"
    unknown = {"add_labels": [{"name": "owns", "property": {FROM: "person", TO: "car"}}]}
    assert triplets.conflict("PUT", triplets.dataset, unknown) == "4414"
    half = {"add_labels": [{"name": "owns", "type": 102, "property": {FROM: "person"}}]}
    assert triplets.conflict("PUT", triplets.dataset, half) == "0104"
    together = {"add_labels": [{"name": "owns", "property": {FROM: "person", TO: "car"}}, {"name": "car"}]}
    triplets.good("PUT", triplets.dataset, together)
    assert [each["type"] for each in triplets.good("GET", triplets.dataset)["labels"]] == [103, 103, 102, 102, 103]
    triplets.good("PUT", triplets.dataset, {"delete_labels": [{"name": "place"}, {"name": "lives in"}]})


def test_renaming_an_entity_keeps_its_relations(triplets: Imaging) -> None:
    triplets.good("PUT", triplets.dataset, {"update_labels": [{"name": "place", "property": {RENAME: "town"}}]})
    assert label(triplets, "lives in")["property"] == {FROM: "person", TO: "town"}


def test_calls_for_labels_do_what_is_possible(client: Imaging) -> None:
    answer = client.good("POST", client.labels, {"labels": [{"name": "cat"}, {"name": "bird"}]})
    assert (answer["success"], answer["error_code"]) == (False, "ModelArts.4411")
    assert [each["success"] for each in answer["results"]] == [False, True]
    assert names(client) == ["cat", "dog", "bird"]
    change = {"labels": [{"name": "bird", "property": {RENAME: "owl"}}]}
    assert client.good("PUT", client.labels, change) == {"success": True, "results": [{"success": True}]}
    gone = client.good("POST", f"{client.labels}/delete?delete_policy=1", {"labels": [{"name": "owl"}, {"name": "x"}]})
    assert [each.get("error_code") for each in gone["results"]] == [None, "ModelArts.4410"]
    assert names(client) == ["cat", "dog"]
    assert client.conflict("POST", f"{client.labels}/delete?delete_policy=3", {"labels": []}) == "0104"


def test_one_label_can_be_changed_and_deleted_by_its_name(client: Imaging) -> None:
    client.good("POST", client.labels, {"labels": [{"name": "a/b \u732b"}]})
    path = f"{client.labels}/a%2Fb%20%E7%8C%AB"
    client.good("PUT", f"{path}?label_type=0", {COLOR: "#00FF00"}, status=204)
    assert label(client, "a/b \u732b")["property"] == {COLOR: "#00FF00"}
    assert client.conflict("DELETE", f"{path}?label_type=1") == "4410"
    client.good("DELETE", f"{path}?label_type=0&delete_source=True", status=204)
    assert client.conflict("DELETE", path) == "4410"
    assert names(client) == ["cat", "dog"]


def test_an_entity_in_use_stays_whichever_call_asks(triplets: Imaging) -> None:
    assert triplets.conflict("DELETE", f"{triplets.labels}/person?label_type=103") == "4415"
    answer = triplets.good("POST", f"{triplets.labels}/delete", {"labels": [{"name": "person"}, {"name": "lives in"}]})
    assert [each.get("error_code") for each in answer["results"]] == ["ModelArts.4415", None]
    assert names(triplets) == ["person", "place"]


def test_labels_are_paged(client: Imaging) -> None:
    client.good("POST", client.labels, {"labels": [{"name": name} for name in "abc"]})
    page = client.good("GET", f"{client.labels}?limit=2&offset=2")
    assert ([each["name"] for each in page["labels"]], page["total_number"]) == (["c"], 5)
    version = client.publish()
    assert client.good("GET", f"{client.labels}?version_id={version}")["total_number"] == 5
    assert client.conflict("GET", f"{client.labels}?version_id=unknown") == "4353"
