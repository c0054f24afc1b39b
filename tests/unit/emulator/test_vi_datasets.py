"""Vi: datasets, their pages, their deletion; who may ask for what."""

import json
from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import ViSwitches
from tests.support.vi import SECRET, headers
from tests.unit.emulator.shelving import DATASET, DATASETS, EXPORTS, FULL, NEW, Shelving, statuses

AT = "2026-01-02T03:04:05.678Z"


@pytest.fixture
def client(tmp_path: Path) -> Shelving:
    return Shelving(tmp_path)


def make(client: Shelving, name: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.good("POST", DATASETS, {**NEW, "name": name, **fields}, status=201)
    return made


def test_a_new_dataset_is_as_it_was_sent(client: Shelving) -> None:
    client.call("POST", "/_emulator/clock", {"now": AT})
    made = make(client, "shop", description="", tags={"box": 2})
    assert made["datasetId"].startswith("acme_")
    assert "_" not in made["datasetId"].removeprefix("acme_")
    assert {made[name] for name in ("createDate", "lastAccessed")} == {1767323045678}
    assert (made["description"], made["tags"], made["statistic"]["assetTotal"]) == ("", {"box": 2}, 0)
    assert client.good("GET", f"{DATASETS}/{made['datasetId']}") == made
    assert client.good("GET", DATASETS)["items"][-1] == made
    assert "deleteOp" not in made


def test_an_update_changes_what_it_names_and_the_etag(client: Shelving) -> None:
    before = client.good("GET", DATASET)
    after = client.good("PATCH", DATASET, {"description": "", "preference": {"dark": True}})
    assert {name for name in after if after[name] != before[name]} >= {"description", "preference", "etag"}
    assert (after["description"], after["name"]) == ("", before["name"])
    assert client.good("PATCH", DATASET, {"preference": {"zoom": "2"}})["preference"] == {"dark": True, "zoom": "2"}
    for field in ("type", "content", "metadata"):
        assert "unknown key" in client.refused(400, "PATCH", DATASET, {field: before.get(field, {})})


def test_an_id_can_be_chosen_once(client: Shelving) -> None:
    assert make(client, "shop", datasetId="shop-1")["datasetId"] == "acme_shop-1"
    assert "already exists" in client.refused(409, "POST", DATASETS, {**NEW, "datasetId": "shop-1"})
    for wrong in ("a_b", "", "a/b"):
        client.refused(400, "POST", DATASETS, {**NEW, "datasetId": wrong})
    client.refused(422, "POST", DATASETS, {**NEW, "owner": "other"})


def test_names_are_free_unless_they_are_to_be_unique(client: Shelving, tmp_path: Path) -> None:
    assert make(client, "shelves")["datasetId"] != "acme_shelves01"
    assert client.names() == ["shelves", "shelves"]
    strict = Shelving(tmp_path, ViSwitches(delay=0, unique_names=True))
    assert "'shelves'" in strict.refused(409, "POST", DATASETS, {**NEW, "name": "shelves"})
    make(strict, "shop")
    strict.refused(409, "PATCH", DATASET, {"name": "shop"})
    assert strict.good("PATCH", DATASET, {"name": "shelves"})["name"] == "shelves"


def test_pages_hold_everything_once_while_datasets_come_and_go(client: Shelving) -> None:
    ids = [make(client, f"d{number}")["datasetId"] for number in range(7)]
    first = client.good("GET", f"{DATASETS}?s=3")
    assert [each["name"] for each in first["items"]] == ["shelves", "d0", "d1"]
    for gone in (ids[1], ids[3]):  # the last one of that page, and one to come
        client.good("DELETE", f"{DATASETS}/{gone}")
    make(client, "d7")
    second = client.good("GET", f"{DATASETS}?s=3&p={first['nextPage']}")
    assert [each["name"] for each in second["items"]] == ["d2", "d4", "d5"]
    third = client.good("GET", f"{DATASETS}?s=3&p={second['nextPage']}")
    assert [each["name"] for each in third["items"]] == ["d6", "d7"]
    assert third["nextPage"] is None
    assert len(client.good("GET", DATASETS)["items"]) == 7  # ten at most, if nothing is said
    assert client.good("GET", f"{DATASETS}?s=7")["nextPage"] is None


def test_a_page_token_is_good_for_its_list_alone(client: Shelving) -> None:
    for number in range(2):
        make(client, f"d{number}")
    token = client.good("GET", f"{DATASETS}?s=1")["nextPage"]
    for wrong in (
        f"{EXPORTS}?p={token}",
        f"{DATASET}/assets?p={token}",
        f"{DATASETS}?p={token}x",
        f"{DATASETS}?p=%C3%A4",
    ):
        assert "query.p" in client.refused(400, "GET", wrong)


def test_a_deletion_takes_its_time(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=5))
    client.call("POST", "/_emulator/clock", {"now": AT})
    operation = f"{DATASET}/deleteOperation"
    client.refused(404, "GET", operation)
    begun = client.good("DELETE", DATASET)
    assert statuses(begun) == {"Started": "Reached", "Finished": "Waiting"}
    assert begun["selfLink"] == operation == client.good("GET", DATASET)["deleteOp"]
    client.advance(4.9)
    assert client.good("DELETE", DATASET) == client.good("GET", operation) == begun
    assert client.names() == ["shelves"]
    for method, path, body in (("PATCH", DATASET, {"description": "x"}), ("POST", EXPORTS, FULL)):
        assert "being deleted" in client.refused(409, method, path, body)
    client.advance(0.1)
    client.refused(404, "GET", DATASET)
    client.refused(404, "DELETE", DATASET)
    assert client.names() == []
    done = client.good("GET", operation)
    assert statuses(done) == {"Started": "Reached", "Finished": "Reached"}
    assert (done["metadata"]["timeCreated"], done["metadata"]["lastUpdated"]) == (1767323045678, 1767323050678)


def test_a_dataset_that_is_made_again_knows_nothing_of_the_old_one(client: Shelving) -> None:
    client.good("POST", EXPORTS, FULL, status=201)
    assert statuses(client.good("DELETE", DATASET))["Finished"] == "Reached"
    again = make(client, "shelves", datasetId="shelves01")
    assert again["statistic"]["assetTotal"] == 0
    assert "deleteOp" not in again
    assert client.good("GET", EXPORTS)["items"] == client.good("GET", f"{DATASET}/assets")["items"] == []
    client.good("DELETE", DATASET)
    client.refused(404, "GET", DATASET)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (401, {}),
        (401, {**headers("acme"), "Authorization": "Bearer emulator"}),
        (401, headers("acme", SECRET[:-1])),
        (401, headers("acme", SECRET + "x")),
        (401, headers("acme", SECRET[:-1] + " ")),
        (401, {**headers("acme"), "Authorization": f"Basic {SECRET}"}),
        (403, {"Authorization": f"Bearer {SECRET}"}),
        (403, headers("other")),
        (200, headers("acme", "dtvi_" + "!" * 98)),
        (200, {**headers("acme"), "Authorization": f"bearer {SECRET}"}),
    ],
)
def test_a_key_must_have_its_form_and_the_organization_be_that_of_the_path(
    client: Shelving, status: int, sent: dict[str, str]
) -> None:
    assert client.call("GET", DATASET, sent=sent).status_code == status


def test_a_key_of_the_tokens_file_may_do_what_it_says(tmp_path: Path) -> None:
    reader = "dtvi_" + "r" * 98
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({reader: {"permissions": ["datasets:read"]}}))
    client = Shelving(tmp_path, tokens=tokens)
    client.good("GET", DATASET, token=reader)
    for method, path in (("POST", DATASETS), ("PATCH", DATASET), ("DELETE", DATASET), ("POST", EXPORTS)):
        assert "lacks the permission" in client.refused(403, method, path, {}, token=reader)
    assert client.names() == ["shelves"]


def test_organizations_know_nothing_of_each_other(client: Shelving) -> None:
    body = {**NEW, "owner": "other", "datasetId": "shelves01"}
    made = client.call("POST", "/workspaces/other/datasets", body, sent=headers("other"))
    assert made.json()["datasetId"] == "other_shelves01"
    assert client.names() == ["shelves"]
    client.refused(404, "GET", f"{DATASETS}/other_shelves01")
    client.refused(404, "GET", f"{DATASETS}/shelves01")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", DATASET), ("POST", DATASET), ("DELETE", EXPORTS), ("GET", "/workspaces")]
)
def test_what_there_is_not(client: Shelving, method: str, path: str) -> None:
    assert "message" in client.call(method, path, {}).json()
    assert client.call(method, path, {}).status_code in {404, 405}


def test_faults_come_in_its_form(client: Shelving) -> None:
    client.faults({"fault": "rate_limit", "retry_after": 3}, {"fault": "error_after", "match": {"method": "POST"}})
    limited = client.call("GET", DATASET)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert set(limited.json()) == {"message"}
    assert client.call("POST", DATASETS, NEW).status_code == 503
    assert client.names() == ["shelves", "shop"]


def test_what_is_kept_goes_on_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data.db"
    client = Shelving(tmp_path, ViSwitches(delay=5), data=data)
    client.call("POST", "/_emulator/clock", {"now": AT})
    export = client.export()
    before = client.good("GET", DATASET)
    client.app.state.store.close()
    again = Shelving(tmp_path, ViSwitches(delay=5), data=data)
    assert again.good("GET", DATASET) == before
    shown = again.good("GET", f"{EXPORTS}/{export['datasetExportId']}")
    assert statuses(shown)["Finished"] == "Reached"
    assert shown["metadata"]["lastUpdated"] == export["metadata"]["timeCreated"] + 5000
    size = len(again.fetch(shown["status"]["downloadUrl"]["url"]).content)
    again.app.state.store.close()
    third = Shelving(tmp_path, ViSwitches(delay=5), data=data)
    shown = third.good("GET", f"{EXPORTS}/{export['datasetExportId']}")
    assert len(third.fetch(shown["status"]["downloadUrl"]["url"]).content) == size
    third.app.state.store.close()
