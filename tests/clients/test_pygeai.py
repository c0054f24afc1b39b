"""The vendor's own SDK makes all its dataset calls against the emulator, and reads back what it wrote."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.sdk import Sdk, SdkError, installed_sdk, pygeai_reads, start_sdk
from tests.support import RunningEmulator, start_emulator
from tests.support.geai import add_dataset, held_datasets, held_rows, row_ids

ROW: dict[str, Any] = {
    "input": "What is the capital of France?",
    "expectedAnswer": "Paris — für immer",
    "contextDocument": "",
    "expectedSources": [{"name": "atlas", "value": "France: Paris", "extension": "txt"}],
    "filterVariables": [{"metadataType": "V", "key": "region", "operator": "=", "value": "eu"}],
}
WIRE = {"dataSetRowInput": "q", "dataSetRowExpectedAnswer": "a", "dataSetRowContextDocument": ""}


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


@pytest.fixture
def emulator(shared: RunningEmulator) -> RunningEmulator:
    shared.start_over()
    return shared


@pytest.fixture
def sdk(emulator: RunningEmulator) -> Iterator[Sdk]:
    with start_sdk(emulator.url) as started:
        yield started


class Counting:
    """An SDK, and which of its methods were called."""

    def __init__(self, sdk: Sdk) -> None:
        self._sdk = sdk
        self.called: set[str] = set()

    def __call__(self, method: str, **arguments: Any) -> Any:
        self.called.add(method)
        return self._sdk(method, **arguments)


def methods() -> set[str]:
    """The public methods of the SDK's client, from its source: importing it here would write into the real home."""
    source = installed_sdk() / "pygeai" / "evaluation" / "dataset" / "clients.py"
    (client,) = (node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef))
    return {node.name for node in client.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}


def work_datasets(sdk: Counting, tmp_path: Path) -> str:
    """All calls about datasets and files of rows; returns the id of a dataset with two rows."""
    described = {"dataset_description": "D", "dataset_type": "E"}
    first = sdk("create_dataset", dataset_name="first", **described)
    assert (first["dataSetActive"], first["rows"]) == (True, [])
    file = tmp_path / "dataset.json"
    file.write_text(json.dumps({"dataSetName": "whole", "dataSetActive": False, "rows": [WIRE]}))
    whole = sdk("create_dataset_from_file", file_path=str(file))
    assert (whole["dataSetActive"], len(whole["rows"])) == (False, 1)
    assert sdk("list_datasets") == [first, whole]
    place = {"dataset_id": whole["dataSetId"]}
    renamed = sdk("update_dataset", **place, dataset_name="renamed", **described)
    # The SDK sends dataSetActive: true along (specs/geai.md, choice 19).
    assert (renamed["dataSetName"], renamed["dataSetActive"], renamed["rows"]) == ("renamed", True, whole["rows"])
    file.write_text(json.dumps([WIRE | {"dataSetRowInput": "q2"}]))
    (added,) = sdk("upload_dataset_rows_file", **place, file_path=str(file))
    assert sdk("list_dataset_rows", **place) == [*whole["rows"], added]
    assert sdk("get_dataset", **place)["rows"] == [*whole["rows"], added]
    sdk("delete_dataset", dataset_id=first["dataSetId"])
    assert [dataset["dataSetName"] for dataset in sdk("list_datasets")] == ["renamed"]
    return str(whole["dataSetId"])


def work_rows(sdk: Counting, dataset_id: str) -> dict[str, str]:
    """All calls about single rows; returns the place of one that is left."""
    row = sdk("create_dataset_row", dataset_id=dataset_id, row=WIRE | {"dataSetRowInput": "q3"})
    place = {"dataset_id": dataset_id, "dataset_row_id": row["dataSetRowId"]}
    changed = sdk("update_dataset_row", **place, row={"dataSetRowExpectedAnswer": "b"})
    assert changed == row | {"dataSetRowExpectedAnswer": "b"}
    assert sdk("get_dataset_row", **place) == changed
    gone = sdk("create_dataset_row", dataset_id=dataset_id, row=WIRE)["dataSetRowId"]
    assert sdk("delete_dataset_row", dataset_id=dataset_id, dataset_row_id=gone) == {
        "message": "Dataset row deleted successfully"
    }
    return place


def work_sources(sdk: Counting, place: dict[str, str]) -> None:
    given = {"expected_source_name": "n", "expected_source_value": "v", "expected_source_extension": "pdf"}
    source = sdk("create_expected_source", **place, **given)
    assert source["dataSetexpectedSourceExtention"] == "pdf"
    there = {**place, "expected_source_id": source["dataSetExpectedSourceId"]}
    # None is sent as null, and means: leave it.
    changed = sdk("update_expected_source", **there, **dict.fromkeys(given) | {"expected_source_value": "w"})
    assert changed == source | {"dataSetExpectedSourceValue": "w"}
    assert sdk("get_expected_source", **there) == changed
    assert sdk("list_expected_sources", **place) == [changed]
    sdk("delete_expected_source", **there)
    assert sdk("list_expected_sources", **place) == []


def work_variables(sdk: Counting, place: dict[str, str]) -> None:
    given = {
        "metadata_type": "V",
        "filter_variable_key": "k",
        "filter_variable_value": "v",
        "filter_variable_operator": "=",
    }
    variable = sdk("create_filter_variable", **place, **given)
    there = {**place, "filter_variable_id": variable["dataSetRowFilterVarId"]}
    changed = sdk("update_filter_variable", **there, **dict.fromkeys(given) | {"filter_variable_operator": "!="})
    assert changed == variable | {"dataSetRowFilterOperator": "!="}
    assert sdk("get_filter_variable", **there) == changed
    assert sdk("list_filter_variables", **place) == [changed]
    sdk("delete_filter_variable", **there)
    assert sdk("list_filter_variables", **place) == []


def test_all_its_dataset_calls_work(sdk: Sdk, emulator: RunningEmulator, tmp_path: Path) -> None:
    counting = Counting(sdk)
    place = work_rows(counting, work_datasets(counting, tmp_path))
    work_sources(counting, place)
    work_variables(counting, place)
    assert counting.called == methods()
    assert [row["input"] for row in held_rows(emulator.url, "renamed")] == ["q", "q2", "q3"]


def test_it_reads_what_others_wrote(emulator: RunningEmulator) -> None:
    add_dataset(emulator.url, "faq", [ROW])
    read = pygeai_reads(emulator.url, "faq")
    assert read == held_datasets(emulator.url)["faq"]
    assert read["rows"][0]["dataSetRowExpectedAnswer"] == ROW["expectedAnswer"]
    assert held_rows(emulator.url, "faq") == [ROW]
    assert row_ids(emulator.url, "faq") == {ROW["input"]: [read["rows"][0]["dataSetRowId"]]}


def test_a_project_of_its_own_is_seen_by_nobody_else(emulator: RunningEmulator) -> None:
    add_dataset(emulator.url, "faq", [ROW], project="p-17")
    assert pygeai_reads(emulator.url, "faq", project="p-17")["dataSetName"] == "faq"
    with start_sdk(emulator.url) as sdk:
        assert sdk("list_datasets") == []


def test_it_understands_refusals(sdk: Sdk) -> None:
    with pytest.raises(SdkError, match=r"HTTP 404.*not found"):
        sdk("get_dataset", dataset_id="e1f2g3h4-i5j6-k7l8-m9n0-opqrstu123456")
    with pytest.raises(SdkError, match=r"HTTP 400.*dataSetName: is required"):
        sdk("create_dataset", dataset_name=None, dataset_description=None, dataset_type=None)
    sdk("create_dataset", dataset_name="faq", dataset_description=None, dataset_type=None)
    with pytest.raises(SdkError, match=r"HTTP 409.*already exists"):
        sdk("create_dataset", dataset_name="faq", dataset_description=None, dataset_type=None)


def test_an_empty_file_goes_in_chunks_and_is_refused(sdk: Sdk, tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    with pytest.raises(SdkError, match=r"HTTP 400.*not valid JSON"):
        sdk("create_dataset_from_file", file_path=str(tmp_path / "empty.json"))


def test_an_empty_answer_makes_it_fail_although_all_went_well() -> None:
    with start_emulator("--delete-answer", "empty") as running, start_sdk(running.url) as sdk:
        dataset_id = add_dataset(running.url, "faq")
        with pytest.raises(SdkError):
            sdk("delete_dataset", dataset_id=dataset_id)
        assert held_datasets(running.url) == {}


@pytest.mark.parametrize(("mode", "kept"), [("vendor", ""), ("sdk", "pdf"), ("both", "pdf")])
def test_where_only_one_spelling_counts_that_of_the_sdk_may_be_lost(mode: str, kept: str) -> None:
    with start_emulator("--extension-field", mode) as running, start_sdk(running.url) as sdk:
        add_dataset(running.url, "faq", [ROW])
        row_id = row_ids(running.url, "faq")[ROW["input"]][0]
        dataset_id = held_datasets(running.url)["faq"]["dataSetId"]
        sdk(
            "create_expected_source",
            dataset_id=dataset_id,
            dataset_row_id=row_id,
            expected_source_name="n",
            expected_source_value="v",
            expected_source_extension="pdf",
        )
        assert {source["extension"] for source in held_rows(running.url, "faq")[0]["expectedSources"]} == {"txt", kept}
