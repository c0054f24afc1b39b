"""Listing and showing: every parameter of the API, words for numbers, and no secrets."""

from typing import Any

import pytest

from dsops.model import Call, Page, RemoteError, Response
from dsops.providers import provider
from tests.support.planning import drive
from tests.unit.providers.modelarts.samples import dataset, version

OPERATIONS = provider("modelarts").operations
LIST, GET = OPERATIONS["dataset list"], OPERATIONS["dataset get"]
SIGNED = "https://test-obs.obs.example.com:443/in/15.jpg?AccessKeyId=vprC&Expires=1606100112&Signature=tuUo%3D"


def first(**arguments: Any) -> Call:
    return next(LIST.flow((), arguments))


def listed(*documents: Any, **arguments: Any) -> Page:
    found = drive(LIST.flow((), arguments), Response(200, body={"datasets": list(documents)}))
    assert isinstance(found, Page)
    return found


def test_without_options_all_datasets_are_listed_in_a_stable_order() -> None:
    assert dict(first().query) == {
        "dataset_version": "all",
        "with_labels": "false",
        "sort_by": "create_time",
        "order": "asc",
        "limit": "100",
        "offset": "0",
    }


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ({"type": "image-classification"}, {"dataset_type": "0"}),
        ({"type": "777"}, {"dataset_type": "777"}),
        ({"search": "cat & dog"}, {"search_content": "cat & dog"}),
        ({"sort": "dataset_name", "order": "desc"}, {"sort_by": "dataset_name", "order": "desc"}),
        ({"with_labels": True}, {"with_labels": "true"}),
        ({"preview": True}, {"file_preview": "true"}),
        ({"with_versions": True}, {"contain_versions": "true"}),
        ({"exportable": True}, {"support_export": "true"}),
        ({"running_tasks": True}, {"check_running_task": "true"}),
        ({"running_task": "version-publishing"}, {"running_task_type": "6"}),
        ({"version_format": "CSV"}, {"version_format": "2"}),
        ({"version_ratio": "0.0,0.8"}, {"train_evaluate_ratio": "0.0,0.8"}),
        ({"workspace": "w-1"}, {"workspace_id": "w-1"}),
        ({"generation": "v2"}, {"dataset_version": "v2"}),
        ({"limit": 5}, {"limit": "5", "offset": "0"}),
        ({"page": 3}, {"limit": "100", "offset": "3"}),
        ({"limit": 5, "page": 3}, {"limit": "5", "offset": "3"}),
    ],
)
def test_each_option_is_a_parameter_of_the_api(arguments: dict[str, Any], parameters: dict[str, str]) -> None:
    query = dict(first(**arguments).query)
    assert {name: query[name] for name in parameters} == parameters


def test_every_parameter_of_the_description_can_be_given() -> None:
    asked = {name for name in LIST.arguments if name not in {"limit", "page"}}
    values: dict[str, Any] = dict.fromkeys(asked, True) | {
        "type": "video",
        "search": "x",
        "sort": "create_time",
        "order": "asc",
        "running_task": "export",
        "version_format": "CSV",
        "version_ratio": "0,1",
        "workspace": "0",
        "generation": "all",
    }
    assert dict(first(**values, limit=1, page=0).query).keys() == {
        "check_running_task",
        "contain_versions",
        "dataset_type",
        "file_preview",
        "limit",
        "offset",
        "order",
        "running_task_type",
        "search_content",
        "sort_by",
        "support_export",
        "train_evaluate_ratio",
        "version_format",
        "with_labels",
        "workspace_id",
        "dataset_version",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"type": "images"}, "'images' is none of image-classification, .*, nor a number"),
        ({"running_task": "x"}, "none of auto-labeling"),
        ({"version_format": "xml"}, "none of Default, CarbonData, CSV"),
        ({"sort": "size"}, "none of create_time, dataset_name"),
        ({"order": "up"}, "none of asc, desc"),
        ({"generation": "v3"}, "none of v1, v2, all"),
        ({"version_ratio": "0.8"}, "two numbers with a comma"),
        ({"limit": 0}, "1 to 100"),
        ({"limit": 101}, "1 to 100"),
        ({"page": -1}, "counted from 0"),
    ],
)
def test_a_value_that_the_api_does_not_know_is_refused_before_anything_is_sent(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        LIST.flow((), arguments)


def test_one_page_is_one_call_however_full_it_is() -> None:
    assert [each.key for each in listed(dataset(), limit=1).items] == [("animals",)]


def test_what_is_being_deleted_is_listed_too() -> None:
    (entry,) = listed(dataset(status=2)).items
    assert entry.document["status"] == "deleting"


@pytest.mark.parametrize("wrong", [dataset(dataset_name=None), dataset(dataset_name=""), dataset(dataset_id=None)])
def test_a_dataset_without_name_or_id_is_none(wrong: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        listed(wrong)


def test_numbers_are_shown_as_words_and_those_without_stay() -> None:
    (entry,) = listed(
        dataset(
            dataset_format=1,
            schema=[{"schema_id": 1, "name": "a", "type": "STRING"}],
            labels=[{"name": "eats", "type": 102}, {"name": "x", "type": 55}],
            versions=[
                version(
                    status=0,
                    task_type=600,
                    analysis_status=2,
                    processor_task_status=6,
                    label_stats=[{"name": "a", "type": 103, "count": 2}],
                )
            ],
            workforce_descriptor={"workforce_name": "us", "workers": [{"role": 1, "status": 3, "email": "a@b"}]},
            data_sources=[{"data_type": 4, "source_info": {"cluster_mode": "0", "input": "/x"}}],
            next_version_num=4,
        )
    ).items
    shown = entry.document
    assert (shown["dataset_type"], shown["status"], shown["dataset_format"]) == (
        "image-classification",
        "normal",
        "table",
    )
    assert shown["schema"] == [{"schema_id": 1, "name": "a", "type": "STRING"}]
    assert [each["type"] for each in shown["labels"]] == ["text-triplet-relation", 55]
    (shown_version,) = shown["versions"]
    assert shown_version["status"] == "creating"
    assert shown_version["task_type"] == "video"
    assert shown_version["analysis_status"] == "completed"
    assert shown_version["processor_task_status"] == "deletion-failed"
    assert shown_version["label_stats"] == [{"name": "a", "type": "text-triplet-entity", "count": 2}]
    assert shown["workforce_descriptor"]["workers"] == [{"role": "reviewer", "status": "removed", "email": "a@b"}]
    assert shown["data_sources"] == [
        {"data_type": "mrs", "source_info": {"cluster_mode": "normal", "input": "/x"}},
    ]
    assert (shown["next_version_num"], shown["work_path_type"]) == (4, "obs")


def test_neither_signatures_nor_accounts_are_shown() -> None:
    info = {"user_name": "operator", "user_password": "hunter2", "ip": "10.0.0.7"}
    samples = [{"url": SIGNED, "file_Name": "15.jpg"}, {"url": "https://u:pw@h/x#frag"}, {"url": "http://[bad?s=1"}]
    (entry,) = listed(
        dataset(samples=samples, data_sources=[{"data_type": 1, "source_info": info}], third_path=SIGNED)
    ).items
    shown = entry.document
    assert shown["samples"] == [
        {"url": "https://test-obs.obs.example.com:443/in/15.jpg", "file_Name": "15.jpg"},
        {"url": "https://h/x"},
        {"url": "http://..."},
    ]
    assert shown["data_sources"] == [{"data_type": "dws", "source_info": {"ip": "10.0.0.7"}}]
    text = str(shown)
    assert not any(secret in text for secret in ("Signature", "tuUo", "vprC", "operator", "hunter2", "pw", "s=1"))


def test_what_nobody_knows_passes_through() -> None:
    (entry,) = listed(dataset(data_statistics={"a": [1, None, {"b": True}]}, brand_new=[[1], "x"])).items
    assert entry.document["data_statistics"] == {"a": [1, None, {"b": True}]}
    assert entry.document["brand_new"] == [[1], "x"]


def test_get_is_one_call_by_id_with_what_is_running() -> None:
    flow = GET.flow(("animals",), {"id": "d1"})
    call = next(flow)
    assert (call.path, call.query) == (("v2", "{project}", "datasets", "d1"), (("check_running_task", "true"),))
    entry = drive(GET.flow(("animals",), {"id": "d1"}), Response(200, body=dataset(dataset_id="d1", status=8)))
    assert (entry.key, entry.document["status"]) == (("animals",), "importing")
    with pytest.raises(RemoteError, match="does not hold"):
        drive(GET.flow(("animals",), {"id": "d1"}), Response(200, body=dataset()))
