"""The vendor's SDK, unmodified, reads back what dsops applied; and dsops takes over what the SDK made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.sdk import pygeai_reads, start_sdk
from tests.conformance.evaluations import Evaluations, at, sorted_rows
from tests.support import RunningEmulator, start_emulator
from tests.support.geai import plain_row, wire_row

FIRST: list[dict[str, Any]] = [
    {
        "input": "What is the capital of France?",
        "expectedAnswer": "Paris — für immer 🙂",
        "contextDocument": "atlas\r\npage 1",
        "expectedSources": [
            {"name": "atlas", "value": "France: Paris", "extension": "txt"},
            {"name": "atlas", "value": "Paris", "extension": ""},
        ],
        "filterVariables": [{"metadataType": "V", "key": "region", "operator": "=", "value": "eu"}],
    },
    {"input": "gone", "expectedAnswer": "a"},
    {"input": "plain", "expectedAnswer": ""},
]
SECOND: list[dict[str, Any]] = [
    {**FIRST[0], "expectedSources": [{"name": "map", "value": "Paris", "extension": "pdf"}], "filterVariables": []},
    {"input": "plain", "expectedAnswer": "no more", "contextDocument": "c"},
    {"input": "new 1", "expectedAnswer": "a"},
    {"input": "new 2", "expectedAnswer": "a", "expectedSources": [{"name": "n", "value": "v", "extension": "md"}]},
]


@pytest.fixture(params=[(), ("--row-put", "merge", "--upload-answer", "summary")], ids=["replace", "merge"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Evaluations]:
    with start_emulator(*request.param) as emulator:
        yield made(tmp_path / "stack", emulator)


def made(folder: Path, emulator: RunningEmulator, **settings: str) -> Evaluations:
    stage = at(folder, emulator, **settings)
    stage.token = "emulator"
    return stage


def check(read: dict[str, Any], rows: list[dict[str, Any]], **fields: object) -> None:
    """Check what the SDK read."""
    assert {name: read[name] for name in fields} == fields
    assert sorted_rows(map(plain_row, read["rows"])) == sorted_rows(rows)


def test_it_reads_what_dsops_applied(stage: Evaluations) -> None:
    stage.begin(FIRST, description="FAQ", type="E", active=True).apply()
    first = pygeai_reads(stage.emulator.url, "faq")
    check(first, FIRST, dataSetDescription="FAQ", dataSetType="E", dataSetActive=True)

    stage.begin(SECOND, description="Questions", type="E", active=False, name="faq-2").apply()
    second = pygeai_reads(stage.emulator.url, "faq-2")
    check(second, SECOND, dataSetDescription="Questions", dataSetType="E", dataSetActive=False)
    assert second["dataSetId"] == first["dataSetId"]
    kept = {row["dataSetRowInput"]: row["dataSetRowId"] for row in first["rows"]}
    assert {row["dataSetRowId"] for row in second["rows"]} > {kept["What is the capital of France?"], kept["plain"]}
    stage.settled()


def test_a_project_and_a_raw_upload(tmp_path: Path) -> None:
    with start_emulator() as emulator:
        stage = made(tmp_path / "stack", emulator, project="p-17", upload="raw").begin(FIRST)
        stage.apply()
        check(pygeai_reads(emulator.url, "faq", project="p-17"), FIRST)


def test_dsops_takes_over_what_it_made(stage: Evaluations) -> None:
    with start_sdk(stage.emulator.url) as sdk:
        dataset = sdk("create_dataset", dataset_name="faq", dataset_description="SDK", dataset_type="E")
        for row in FIRST:
            sdk("create_dataset_row", dataset_id=dataset["dataSetId"], row=wire_row(row))
        stage.begin(FIRST, description="SDK")
        assert stage.plan()["changes"][0]["action"] == "adopt"
        assert stage.sends() == []
        # The SDK's update makes a dataset active (specs/geai.md, choice 19).
        stage.begin(FIRST, description="SDK", active=False).apply()
        sdk("update_dataset", dataset_id=dataset["dataSetId"], dataset_name="faq", dataset_description="SDK",
            dataset_type="E")  # fmt: skip
        found = stage.run("drift", "--format", "json", code=2).json
        assert [(each["path"], each["cause"]) for each in found["items"][0]["fields"]] == [("active", "drift")]
        place = {"dataset_id": dataset["dataSetId"], "dataset_row_id": stage.ids()["faq/plain"]}
        sdk("update_dataset_row", **place, row={"dataSetRowExpectedAnswer": "theirs"})
        assert stage.sends() == ["PUT dataSet", "PUT dataSetRow"]
        assert sdk("get_dataset_row", **place)["dataSetRowExpectedAnswer"] == ""
