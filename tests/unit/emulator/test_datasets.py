import re
from typing import Any

import pytest

from dsops.emulator import Options, PutExisting
from tests.unit.emulator.client import DATASET, STREAMS, Client

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_new_dataset_has_the_documented_defaults(client: Client) -> None:
    dataset = client.good("PUT", DATASET, {"dataset": {}})["dataset"]
    assert re.fullmatch("[0-9a-f]{16}", dataset.pop("id"))
    assert INSTANT.fullmatch(dataset["created"])
    assert dataset.pop("created") == dataset.pop("last_modified")
    assert dataset == {
        "owner": "project1",
        "name": "collateral",
        "title": "",
        "description": "",
        "source_ids": [],
        "model_family": "english",
        "has_sentiment": True,
        "label_defs": [],
        "label_groups": [],
        "entity_defs": [],
        "general_fields": [],
        "_dataset_flags": [],
    }


def test_every_way_of_reading_gives_the_same_dataset(client: Client) -> None:
    made = client.good("PUT", DATASET, {"dataset": {"title": "Collateral", "has_sentiment": False}})["dataset"]
    assert client.good("GET", DATASET)["dataset"] == made
    assert client.good("GET", f"/api/v1/datasets/id:{made['id']}")["dataset"] == made
    assert client.good("GET", f"/api/v1/datasets/id%3A{made['id']}")["dataset"] == made
    assert client.good("GET", "/api/v1/datasets")["datasets"] == [made]
    assert client.good("GET", "/api/v1/datasets/project1")["datasets"] == [made]
    assert client.good("GET", "/api/v1/datasets/project2")["datasets"] == []


def test_an_encoded_slash_between_project_and_dataset_counts_as_a_slash(client: Client) -> None:
    made = client.good("PUT", "/api/v1/datasets/project1%2Fcollateral", {"dataset": {}})["dataset"]
    assert (made["owner"], made["name"]) == ("project1", "collateral")
    client.good("PUT", "/api/v1/datasets/project1%2fcollateral/streams", {"stream": {"name": "dispute"}})
    assert client.good("GET", f"{STREAMS}/dispute")["stream"]["name"] == "dispute"
    client.refused(400, "GET", f"{DATASET}%2Fstreams")
    client.refused(404, "GET", f"{STREAMS}%2Fdispute")


def test_source_ids_are_a_set(client: Client) -> None:
    ids = ["18ba5ce699f8da1f", "0123456789abcdef", "18ba5ce699f8da1f"]
    made = client.good("PUT", DATASET, {"dataset": {"source_ids": ids}})["dataset"]
    assert made["source_ids"] == ["0123456789abcdef", "18ba5ce699f8da1f"]


def test_an_update_changes_only_what_it_names(client: Client) -> None:
    client.with_dataset(title="A", description="B", source_ids=["0123456789abcdef"])
    before = client.good("GET", DATASET)["dataset"]
    after = client.good("POST", DATASET, {"dataset": {"title": "C"}})["dataset"]
    assert after["last_modified"] > before["last_modified"]
    assert after == before | {"title": "C", "last_modified": after["last_modified"]}
    assert client.good("POST", DATASET, {"dataset": {}})["dataset"]["source_ids"] == ["0123456789abcdef"]
    assert client.good("POST", DATASET, {"dataset": {"source_ids": []}})["dataset"]["source_ids"] == []
    by_id = f"/api/v1/datasets/id:{before['id']}"
    assert client.good("POST", by_id, {"dataset": {"title": "D"}})["dataset"]["title"] == "D"
    assert client.good("GET", "/api/v1/datasets")["datasets"][0]["title"] == "D"


@pytest.mark.parametrize("by_id", [False, True])
def test_a_deleted_dataset_takes_its_streams_and_tags_along(client: Client, by_id: bool) -> None:
    first = client.with_stream().good("GET", DATASET)["dataset"]["id"]
    client.good("PUT", "/api/_private/datasets/project1/collateral/model-tags/live", {"version": 3})
    assert client.good("DELETE", f"/api/v1/datasets/id:{first}" if by_id else DATASET) == {"status": "ok"}
    client.refused(404, "GET", DATASET)
    client.refused(404, "GET", STREAMS)
    client.refused(404, "DELETE", DATASET)
    client.with_dataset()
    assert client.good("GET", STREAMS)["streams"] == []
    assert client.good("GET", f"{DATASET}/model-tags")["model_tags"] == []
    assert client.good("GET", DATASET)["dataset"]["id"] != first


def test_a_taken_name_is_a_conflict_and_stays_as_it_was(client: Client) -> None:
    client.with_dataset(title="first")
    assert "project1/collateral" in client.refused(409, "PUT", DATASET, {"dataset": {"title": "second"}})
    assert client.good("GET", DATASET)["dataset"]["title"] == "first"


def test_upsert_replaces_what_can_change_and_keeps_identity() -> None:
    client = Client(Options(put_existing=PutExisting.UPSERT)).with_dataset(title="first", has_sentiment=False)
    before = client.good("GET", DATASET)["dataset"]
    body = {"dataset": {"description": "new", "has_sentiment": True}}
    after = client.good("PUT", DATASET, body)["dataset"]
    changed = {"title": "", "description": "new", "last_modified": after["last_modified"]}
    assert after == before | changed


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (None, "body"),
        ([], "body"),
        ({}, "dataset"),
        ({"dataset": {}, "more": 1}, "'more'"),
        ({"dataset": {"titel": "x"}}, "'titel'"),
        ({"dataset": {"title": None}}, "body.dataset.title"),
        ({"dataset": {"title": 5}}, "body.dataset.title"),
        ({"dataset": {"title": "x" * 129}}, "body.dataset.title"),
        ({"dataset": {"description": "x" * 16385}}, "body.dataset.description"),
        ({"dataset": {"source_ids": "18ba5ce699f8da1f"}}, "body.dataset.source_ids"),
        ({"dataset": {"source_ids": ["18BA5CE699F8DA1F"]}}, "body.dataset.source_ids[0]"),
        ({"dataset": {"source_ids": ["18ba5ce699f8da1f"] * 1025}}, "1025"),
        ({"dataset": {"model_family": "English"}}, "transformer-xlm"),
        ({"dataset": {"has_sentiment": 1}}, "body.dataset.has_sentiment"),
        ({"dataset": {"name": "collateral"}}, "'name'"),
    ],
)
def test_creation_is_strict(client: Client, body: Any, place: str) -> None:
    assert place in client.refused(400, "PUT", DATASET, body)
    client.refused(404, "GET", DATASET)


def test_values_at_their_bounds_are_taken(client: Client) -> None:
    ids = [f"{number:016x}" for number in range(1024)]
    client.with_dataset(title="x" * 128, description="x" * 16384, source_ids=ids, model_family="transformer-xlm")
    assert client.good("GET", DATASET)["dataset"]["source_ids"] == ids


@pytest.mark.parametrize("key", ["has_sentiment", "model_family", "name", "created"])
def test_an_update_takes_no_create_only_field(client: Client, key: str) -> None:
    client.with_dataset()
    assert repr(key) in client.refused(400, "POST", DATASET, {"dataset": {key: True}})


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    assert "JSON" in client.refused(400, "PUT", DATASET, content=b'{"dataset": ')


@pytest.mark.parametrize("path", ["a/b.c", "a/" + "x" * 257, "a/b%20c", "a%20b/c", "id:XYZ", "a/%C3%BC"])
def test_a_name_that_cannot_be_one_is_refused(client: Client, path: str) -> None:
    assert "must match" in client.refused(400, "GET", f"/api/v1/datasets/{path}")


def test_what_is_no_route_is_missing_and_what_is_no_method_says_what_is(client: Client) -> None:
    client.refused(404, "GET", "/api/v1/datasets/a/b/c")
    client.refused(404, "GET", "/api/v1/projects")
    client.refused(404, "GET", "/api/v1/datasetsy")
    client.refused(404, "GET", "/api/v1/datasets%2Fa/b")
    client.refused(404, "GET", "/api/v1/datasets/")
    client.refused(400, "GET", "/api/v1/datasets/a/%FF")
    response = client.call("PATCH", DATASET, {})
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, POST, PUT")


def test_the_same_writes_get_the_same_ids() -> None:
    first, second = Client().with_stream(), Client().with_stream()
    for path, key in ((DATASET, "dataset"), (f"{STREAMS}/dispute", "stream")):
        assert first.good("GET", path)[key]["id"] == second.good("GET", path)[key]["id"]


def test_model_tags_move_and_go(client: Client) -> None:
    client.with_dataset()
    tag = "/api/_private/datasets/project1/collateral/model-tags/{}"
    client.good("PUT", tag.format("staging"), {"version": 7})
    live = client.good("PUT", tag.format("live"), {"version": 5})["model_tag"]
    assert (live["name"], live["version"]) == ("live", 5)
    assert [t["name"] for t in client.good("GET", f"{DATASET}/model-tags")["model_tags"]] == ["live", "staging"]
    client.good("PUT", tag.format("live"), {"version": 7})
    assert [t["version"] for t in client.good("GET", f"{DATASET}/model-tags")["model_tags"]] == [7, 7]
    client.good("DELETE", tag.format("staging"))
    assert [t["name"] for t in client.good("GET", f"{DATASET}/model-tags")["model_tags"]] == ["live"]
    client.refused(404, "DELETE", tag.format("staging"))
    client.refused(400, "PUT", tag.format("live"), {"version": -1})
    client.refused(404, "GET", "/api/v1/datasets/project1/other/model-tags")
