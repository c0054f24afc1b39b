"""The emulator against specs/modelarts.openapi.yaml: a tour through all operations, both readings of what is valid."""

from collections.abc import Iterator
from typing import Any

import pytest

from dsops.emulator import Offset, Options
from dsops.emulator.modelarts import OPERATIONS
from dsops.emulator.options import ModelartsSwitches
from tests.contract.openapi import MODELARTS, check_soundness, count_valid_examples, variants
from tests.unit.emulator.imaging import DATASETS, NEW, NOWHERE, TRIPLETS, Imaging

PLACES = {"project_id": "emulator-project", "dataset_id": NOWHERE, "version_id": NOWHERE, "label_name": "unicorn"}
EVERY_FILTER = (
    "check_running_task=true&contain_versions=true&dataset_type=0&file_preview=true&limit=100&offset=0&order=asc"
    "&running_task_type=6&search_content=IMAL&sort_by=dataset_name&support_export=true&train_evaluate_ratio=0.0,1.0"
    "&version_format=0&with_labels=true&workspace_id=0&dataset_version=all"
)
ATTRIBUTES = [
    {"name": "style", "type": "select", "default_value": "jazz", "values": [{"value": "jazz"}, {"value": "rock"}]},
    {"name": "note", "type": "text"},
]
FULL_LABEL = {
    "name": "bird",
    "type": 0,
    "property": {"@modelarts:color": "#00FF00", "@modelarts:default_shape": "bndbox", "@modelarts:shortcut": "b"},
    "attributes": ATTRIBUTES,
}
TABLE = {
    **NEW,
    "dataset_name": "sales",
    "dataset_type": 400,
    "data_format": "Default",
    "import_data": True,
    "import_annotations": False,
    "managed": False,
    "workspace_id": "0",
    "data_sources": [
        {
            "data_type": 1,
            "data_path": "",
            "with_column_header": True,
            "schema_maps": [{"src_name": "a", "dest_name": "b"}],
            "source_info": {"cluster_id": "c", "table_name": "t", "user_name": "u", "user_password": "p"},
        }
    ],
    "schema": [{"schema_id": 1, "name": "a", "type": "STRING", "description": "first"}],
}
# What says that a body is wrong in itself, rather than that it doesn't go with what there is.
WRONG_BODY = {f"ModelArts.{number}" for number in ("0104", "4105", "4202", "4205", "4313", "4315", "4350")}
VERSION = {
    "version_name": "V9",
    "version_format": "Default",
    "description": "D",
    "train_evaluate_sample_ratio": "0.80",
    "clear_hard_property": True,
    "remove_sample_usage": True,
    "export_images": False,
    "with_column_header": True,
}


def tour(client: Imaging) -> Iterator[tuple[str, str, Any]]:
    """Every operation, well done."""
    yield "GET", "/v3/projects?name=cn-north-4", None
    yield "POST", DATASETS, TABLE
    yield "POST", DATASETS, {**NEW, "dataset_name": "texts", "dataset_type": 102, "labels": TRIPLETS}
    yield "POST", client.versions, VERSION
    yield "POST", client.versions, {}
    yield "POST", client.labels, {"labels": [FULL_LABEL]}
    yield "GET", DATASETS, None
    yield "GET", f"{DATASETS}?{EVERY_FILTER}", None
    yield "GET", f"{DATASETS}?with_labels=true&file_preview=true", None
    yield "GET", f"{client.dataset}?check_running_task=true&running_task_type=6", None
    yield "PUT", client.dataset, {"dataset_name": "pets", "description": "", "add_labels": [{"name": "ant"}]}
    yield "GET", f"{client.labels}?offset=0&limit=2", None
    yield "PUT", client.labels, {"labels": [{"name": "ant", "property": {"@modelarts:rename_to": "bee"}}]}
    yield "PUT", client.labels, {"labels": [{"name": "unicorn"}]}
    yield "POST", f"{client.labels}/delete?delete_policy=0", {"labels": [{"name": "bee"}]}
    yield "PUT", f"{client.labels}/dog?label_type=0", {"@modelarts:color": "#0000FF"}
    yield "DELETE", f"{client.labels}/dog?label_type=0&delete_source=false", None
    yield "GET", f"{client.versions}?status=1&train_evaluate_ratio=0.0,1.0&version_format=0&offset=0&limit=5", None
    version = client.good("GET", client.versions)["versions"][0]["version_id"]
    yield "GET", f"{client.versions}/{version}", None
    yield "DELETE", f"{client.versions}/{version}", None
    yield "DELETE", client.dataset, None


def hold(client: Imaging, method: str, path: str, body: Any, **options: Any) -> int:
    """Make a call, hold its answer against the description, and return its status."""
    response = client.call(method, path, body, **options)
    answered = response.json() if response.content else None
    assert response.headers.get("content-type") == ("application/json" if response.content else None)
    assert response.headers["x-request-id"]
    assert MODELARTS.answer_problems(method, path, response.status_code, answered) == []
    return response.status_code


def undescribed(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """Where an answer holds keys that the description doesn't know."""
    while "$ref" in schema:
        schema = MODELARTS.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        return [found for each in value for found in undescribed(each, schema.get("items", {}), f"{where}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    nested = [found for key in value if key in known for found in undescribed(value[key], known[key], f"{where}.{key}")]
    return [f"{where}.{key}" for key in value if key not in known] + nested


def test_the_description_is_sound() -> None:
    check_soundness(MODELARTS)


def test_every_example_in_the_description_is_valid() -> None:
    assert count_valid_examples(MODELARTS, PLACES) >= 5


def test_the_emulator_serves_what_is_described_and_nothing_else() -> None:
    served = {(operation.method, operation.path): operation for operation in OPERATIONS}
    assert set(served) == set(MODELARTS.operations)
    for key, operation in MODELARTS.operations.items():
        assert tuple(operation["x-permissions"]) == served[key].permissions


@pytest.mark.parametrize(
    "switches",
    [
        ModelartsSwitches(delay=0, version_interval=0),
        ModelartsSwitches(offset=Offset.RECORDS, delay=0, version_interval=0),
    ],
)
def test_a_tour_through_every_operation_keeps_to_the_description(switches: ModelartsSwitches) -> None:
    client = Imaging(Options(modelarts=switches))
    seen = set()
    for method, path, body in tour(client):
        assert MODELARTS.request_problems(method, path, body) == [], (method, path)
        assert hold(client, method, path, body) < 300, (method, path)
        seen.add(MODELARTS.find(method, path)[:2])
    assert seen == set(MODELARTS.operations)


def test_answers_hold_nothing_that_is_not_described() -> None:
    client = Imaging()
    client.publish()
    client.good("POST", client.labels, {"labels": [FULL_LABEL]})
    client.good("POST", DATASETS, TABLE, status=201)
    page = client.good("GET", f"{DATASETS}?with_labels=true&file_preview=true")
    assert undescribed(page, {"$ref": "#/components/schemas/DatasetPage"}) == []
    assert undescribed(client.good("GET", client.dataset), {"$ref": "#/components/schemas/Dataset"}) == []
    assert undescribed(client.good("GET", client.versions), {"$ref": "#/components/schemas/VersionPage"}) == []
    assert "u" not in {str(value) for value in page["datasets"][0]["data_sources"][0]["source_info"].values()}


def test_every_refusal_keeps_to_the_description() -> None:
    client = Imaging()
    client.publish()
    for method, path in MODELARTS.operations:
        concrete = path.format(**PLACES)
        assert hold(client, method, concrete, None, token=None) == 401
        assert hold(client, method, concrete, None, token="stranger") == 401
        if "requestBody" in MODELARTS.operations[method, path]:
            assert hold(client, method, concrete, "text") == 400
            assert hold(client, method, concrete, None, content=b" " * (12 * 1024 * 1024 + 1)) == 413
    for method, path, body in tour(client):
        missing = path.replace(client.id, NOWHERE)
        if missing != path:
            assert client.conflict(method, missing, body) == "4352", (method, path)
            assert hold(client, method, missing, body) == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", DATASETS, {**TABLE, "dataset_name": "other"}),
        ("POST", DATASETS, {**NEW, "dataset_name": "other", "labels": [FULL_LABEL]}),
        (
            "POST",
            DATASETS,
            {**NEW, "dataset_name": "other", "label_format": {"label_type": "1", "text_label_separator": ","}},
        ),
        ("PUT", "{dataset}", {"dataset_name": "x", "description": "D", "add_labels": [FULL_LABEL]}),
        ("PUT", "{dataset}", {"update_labels": [{"name": "cat"}], "delete_labels": [{"name": "dog", "type": 0}]}),
        ("POST", "{labels}", {"labels": [FULL_LABEL]}),
        ("PUT", "{labels}", {"labels": [{"name": "cat", "property": {"@modelarts:rename_to": "lion"}}]}),
        ("POST", "{labels}/delete", {"labels": [{"name": "cat", "type": 0}]}),
        ("PUT", "{labels}/cat", FULL_LABEL["property"]),
        ("POST", "{versions}", VERSION),
    ],
)
def test_the_emulator_and_the_description_agree_on_what_is_valid(method: str, path: str, body: Any) -> None:
    client = Imaging()
    path = path.format(dataset=client.dataset, labels=client.labels, versions=client.versions)
    told = {True: 0, False: 0}
    for variant in (body, *variants(body)):
        client.good("POST", "/_emulator/reset")
        client.make("animals", labels=[{"name": "cat"}, {"name": "dog"}])  # the same id again: ids begin anew
        described = MODELARTS.request_problems(method, path, variant) == []
        response = client.call(method, path, variant)
        answered = response.json() if response.content else {}
        assert MODELARTS.answer_problems(method, path, response.status_code, answered or None) == []
        refused = response.status_code == 400 and answered["error_code"] in WRONG_BODY
        assert refused != described, (variant, answered)
        told[described] += 1
    assert told[True]
    assert told[False]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=",
        "offset=-1",
        "offset=1.5",
        "order=up",
        "sort_by=size",
        "dataset_type=2",
        "version_format=3",
        "with_labels=yes",
        "with_labels=1",
        "check_running_task=",
        "running_task_type=8",
        "train_evaluate_ratio=1",
        "dataset_version=v3",
    ],
)
def test_both_refuse_a_wrong_query(query: str) -> None:
    client = Imaging()
    assert MODELARTS.request_problems("GET", f"{DATASETS}?{query}", None) != []
    assert client.conflict("GET", f"{DATASETS}?{query}") == "0104"
