"""ModelArts: datasets and versions, where nothing takes time."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from dsops.emulator import Options
from tests.unit.emulator.imaging import AT_ONCE, DATASETS, NEW, NOWHERE, PROJECT, Imaging

SECRET = "hunter2-hunter2"
SOURCE = {
    "data_type": 1,
    "source_info": {"cluster_id": "c", "user_name": "admin-of-all", "user_password": SECRET, "ip": ""},
}


def test_a_new_dataset_shows_what_was_sent_and_what_the_server_adds() -> None:
    client = Imaging()
    shown = client.good("GET", client.dataset)
    assert {key: shown[key] for key in NEW} == NEW
    inner = f"/test-obs/classify/output/animals-{client.id}/"
    assert shown["inner_work_path"] == inner
    assert shown["inner_annotation_path"] == f"{inner}annotation/"
    assert (shown["status"], shown["next_version_num"], shown["dataset_version_count"]) == (1, 1, 0)
    assert [label["name"] for label in shown["labels"]] == ["cat", "dog"]
    assert shown["labels"][0] == {"name": "cat", "type": 0, "property": {"@modelarts:color": "#FFFFF0"}}
    assert len(client.id) == 19
    assert "current_version_id" not in shown
    assert "workforce_descriptor" not in shown


def test_what_clients_leave_out_or_send_empty_is_taken_as_absent() -> None:
    client = Imaging()
    body: dict[str, Any] = {
        "dataset_name": "go",
        "data_sources": [{"data_path": "/b/in/", "source_info": {}, "with_column_header": True, "schema_maps": None}],
        "label_format": {},
        "labels": None,
        "schema": [],
        "description": None,
        "import_data": True,
        "work_path": "/b/out/",
        "work_path_type": 0,
        "some_day": {"new": 1},
    }
    answer = client.good("POST", DATASETS, body, status=201)
    shown = client.good("GET", f"{DATASETS}/{answer['dataset_id']}")
    assert (shown["dataset_type"], shown["description"], shown["import_data"]) == (0, "", True)
    assert shown["data_sources"] == [{"data_type": 0, "data_path": "/b/in/", "with_column_header": True}]
    assert shown["import_task_id"] == answer["import_task_id"]
    assert answer["import_task_id"].startswith(f"{answer['dataset_id']}_")


def test_an_account_of_a_source_is_neither_answered_nor_kept(tmp_path: Path) -> None:
    data = tmp_path / "data.db"
    client = Imaging(Options(modelarts=AT_ONCE, data=data))
    made = client.make("sales", dataset_type=400, data_sources=[SOURCE])
    shown = client.good("GET", f"{DATASETS}/{made}")
    assert shown["data_sources"] == [{"data_type": 1, "source_info": {"cluster_id": "c"}}]
    client.app.state.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"sales" in kept
    assert SECRET.encode() not in kept
    assert b"admin-of-all" not in kept


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dataset_name": None}, "0104"),
        ({"dataset_name": "a b"}, "0104"),
        ({"dataset_name": "x" * 101}, "0104"),
        ({"description": "is <b>"}, "0104"),
        ({"description": "x" * 257}, "0104"),
        ({"dataset_type": 2}, "0104"),
        ({"dataset_type": True}, "0104"),
        ({"dataset_type": "0"}, "0104"),
        ({"work_path_type": 1}, "0104"),
        ({"data_sources": []}, "0104"),
        ({"data_sources": NEW["data_sources"] * 2}, "0104"),
        ({"data_sources": [{"data_type": 0}]}, "0104"),
        ({"data_sources": [{"data_path": "bucket/in/"}]}, "4313"),
        ({"data_sources": [{"data_path": "/bucket//in/"}]}, "4315"),
        ({"data_sources": [{"data_type": 1, "source_info": {"user_name": "u"}}]}, "0104"),
        ({"work_path": "/bucket/"}, "4205"),
        ({"work_path": "/bucket/a//b/"}, "4315"),
        ({"work_path": "/" + "x/" * 350}, "4350"),
        ({"work_path": "/test-obs/classify/input/animals"}, "4205"),
        ({"work_path": "/test-obs/classify/input/animals/out/"}, "4205"),
        ({"labels": [{"name": "a=b"}]}, "0104"),
        ({"labels": [{"name": "a", "property": {"@modelarts:color": "red"}}]}, "0104"),
        ({"labels": [{"name": "a"}, {"name": "a"}]}, "4411"),
        ({"labels": [{"name": "a", "type": 1}]}, "4413"),
        ({"dataset_name": "animals"}, "4351"),
    ],
)
def test_a_bad_creation_is_refused_with_the_code_of_its_problem(changes: dict[str, Any], code: str) -> None:
    client = Imaging()
    assert client.conflict("POST", DATASETS, {**NEW, "dataset_name": "other", **changes}) == code
    assert client.listed() == ["animals"]


def test_paths_that_only_look_alike_are_fine() -> None:
    client = Imaging()
    client.make("beside", work_path="/test-obs/classify/input/animals2")
    client.make("bucket", data_sources=[{"data_path": "/test-obs-2"}])
    client.make("\u732b", description="\u732b, ok")
    assert len(client.listed()) == 4


def test_bodies_that_are_none_are_told_apart() -> None:
    client = Imaging()
    assert client.refused(400, "POST", DATASETS, content=b"{").startswith("ModelArts.4105")
    assert client.refused(400, "POST", DATASETS).startswith("ModelArts.4202")
    assert client.refused(404, "GET", f"{PROJECT}/nothing").startswith("ModelArts.4204")
    assert client.refused(405, "PATCH", DATASETS).startswith("APIGW.0101")


def test_an_update_changes_what_is_given() -> None:
    client = Imaging()
    before = client.good("GET", client.dataset)
    assert client.good("PUT", client.dataset, {"description": ""}) == {"dataset_id": client.id}
    client.good("PUT", client.dataset, {"dataset_name": "pets", "description": None, "work_path": "/x/y/"})
    after = client.good("GET", client.dataset)
    assert (after["dataset_name"], after["description"]) == ("pets", "")
    same = set(before) - {"dataset_name", "description", "update_time"}
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    client.make("animals")
    assert client.conflict("PUT", client.dataset, {"dataset_name": "animals"}) == "4351"
    client.good("PUT", client.dataset, {"dataset_name": "pets"})


def test_an_update_is_done_whole_or_not_at_all() -> None:
    client = Imaging()
    before = client.good("GET", client.dataset)
    for wrong, code in (({"current_version_id": NOWHERE}, "4353"), ({"delete_labels": [{"name": "x"}]}, "4410")):
        assert (
            client.conflict("PUT", client.dataset, {"description": "new", "add_labels": [{"name": "y"}], **wrong})
            == code
        )
    assert client.good("GET", client.dataset) == before


def test_a_deleted_dataset_is_gone_with_its_versions_and_its_name_is_free() -> None:
    client = Imaging()
    version = client.publish()
    assert client.good("DELETE", client.dataset, status=204) is None
    assert client.conflict("GET", client.dataset) == "4352"
    assert client.conflict("GET", f"{client.versions}/{version}") == "4352"
    assert client.conflict("DELETE", client.dataset) == "4352"
    assert client.make("animals") != client.id


def test_projects_have_datasets_of_their_own() -> None:
    client = Imaging()
    other = f"/v2/other/datasets/{client.id}"
    assert client.conflict("GET", other) == "4352"
    assert client.good("GET", "/v2/other/datasets")["total_number"] == 0
    client.good("POST", "/v2/other/datasets", NEW, status=201)


def test_a_region_has_one_project() -> None:
    for region in ("cn-north-4", "eu-west-101"):
        answer = Imaging().good("GET", f"/v3/projects?name={region}")
        assert [(each["id"], each["name"]) for each in answer["projects"]] == [("emulator-project", region)]


def test_versions_count_up_and_the_newest_is_current() -> None:
    client = Imaging()
    first, second = client.publish(), client.publish(train_evaluate_sample_ratio="0.80", description="two")
    shown = client.good("GET", client.versions)["versions"]
    assert [(each["version_id"], each["version_name"], each["is_current"]) for each in shown] == [
        (second, "V002", True),
        (first, "V001", False),
    ]
    assert shown[0]["previous_version_id"] == first
    assert (shown[0]["train_evaluate_sample_ratio"], shown[1]["train_evaluate_sample_ratio"]) == ("0.80", "1.00")
    assert [each["name"] for each in shown[0]["label_stats"]] == ["cat", "dog"]
    assert shown[0]["manifest_path"].endswith("/annotation/V002/V002.manifest")
    dataset = client.good("GET", client.dataset)
    assert (dataset["current_version_id"], dataset["current_version_name"]) == (second, "V002")
    assert (dataset["dataset_version_count"], dataset["next_version_num"]) == (2, 3)
    assert dataset["versions"] == [shown[0]] == [client.good("GET", f"{client.versions}/{second}")]


def test_the_current_version_can_be_switched_and_is_replaced_when_deleted() -> None:
    client = Imaging()
    first, second, third = (client.publish(version_name=name) for name in ("a", "b", "c"))
    client.good("PUT", client.dataset, {"current_version_id": first})
    assert client.good("GET", client.dataset)["current_version_id"] == first
    for gone, left in ((first, third), (third, second), (second, None)):
        client.good("DELETE", f"{client.versions}/{gone}", status=204)
        assert client.good("GET", client.dataset).get("current_version_id") == left
        assert client.conflict("GET", f"{client.versions}/{gone}") == "4353"
    assert client.conflict("PUT", client.dataset, {"current_version_id": first}) == "4353"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version_name": "V001"}, "4371"),
        ({"version_name": "a b"}, "0104"),
        ({"version_name": "x" * 33}, "0104"),
        ({"train_evaluate_sample_ratio": 0.8}, "0104"),
        ({"train_evaluate_sample_ratio": "1.5"}, "0104"),
        ({"version_format": "CSV"}, "0104"),
        ({"description": "a & b"}, "0104"),
    ],
)
def test_a_bad_version_is_refused(fields: dict[str, Any], code: str) -> None:
    client = Imaging()
    client.publish()
    assert client.conflict("POST", client.versions, fields) == code
    assert client.good("GET", client.versions)["total_number"] == 1


def test_versions_are_filtered_and_paged() -> None:
    client = Imaging()
    for ratio in ("0.50", "0.80", "1.00"):
        client.publish(train_evaluate_sample_ratio=ratio)

    def names(query: str) -> list[str]:
        return [each["version_name"] for each in client.good("GET", f"{client.versions}?{query}")["versions"]]

    assert names("train_evaluate_ratio=0.6,1.0") == ["V003", "V002"]
    assert names("status=0") == []
    assert names("status=1&version_format=0&limit=2&offset=1") == ["V001"]
    assert names("version_format=2") == []


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    options = Options(modelarts=AT_ONCE, data=tmp_path / "data.db")
    client = Imaging(options)
    version = client.publish()
    before = client.good("GET", client.dataset)
    client.app.state.store.close()
    again = Imaging.__new__(Imaging)
    super(Imaging, again).__init__(options)
    assert again.good("GET", client.dataset) == before
    assert again.good("GET", f"{client.versions}/{version}")["is_current"]
    assert len({version, client.id, again.make("other")}) == 3
    again.app.state.store.close()


def test_faults_come_in_the_form_of_this_api() -> None:
    client = Imaging()
    rules = [
        {"match": {"path": "/datasets"}, "fault": "rate_limit", "retry_after": 7},
        {"match": {"path": "/datasets"}, "skip": 1, "fault": "error_before"},
        {"match": {"method": "DELETE"}, "fault": "drop_after"},
    ]
    assert super(Imaging, client).call("POST", "/_emulator/faults", rules).status_code == 200
    limited = client.call("GET", DATASETS)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert limited.json()["error_code"] == "ModelArts.4206"
    assert client.refused(503, "GET", DATASETS).startswith("APIGW.0601")
    with pytest.raises(httpx.ReadError):
        client.call("DELETE", client.dataset)
    assert client.listed() == []
    entry = client.app.state.requests[-2]
    assert (entry.method, entry.committed, entry.dropped) == ("DELETE", True, True)


def test_the_same_writes_get_the_same_ids() -> None:
    assert Imaging().id == Imaging().id
