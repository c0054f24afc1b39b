"""The vendor's own SDK makes its dataset calls against the emulator, downloads archives and loads what it got."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.sdk import Sdk, SdkError, start_sdk
from tests.support import RunningEmulator, start_emulator
from tests.support.vi import ORGANIZATION, SECRET, add_dataset, held_assets, held_dataset, held_datasets

DRIVER = Path(__file__).with_name("vi_driver.py")
ASSETS = 40


def start_vi(url: str, *, secret: str = SECRET, organization: str = ORGANIZATION) -> AbstractContextManager[Sdk]:
    """Start the SDK of Vi against a service."""
    return start_sdk(url, driver=DRIVER, arguments=(secret, organization))


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningEmulator]:
    with start_emulator("--vi-delay", "0.2", "--generate", f"vi-datasets=2,vi-assets={ASSETS}") as running:
        yield running


@pytest.fixture
def emulator(shared: RunningEmulator) -> RunningEmulator:
    shared.start_over()
    return shared


@pytest.fixture(scope="module")
def started(shared: RunningEmulator) -> Iterator[Sdk]:
    with start_vi(shared.url) as sdk:
        yield sdk


@pytest.fixture
def sdk(started: Sdk, emulator: RunningEmulator) -> Sdk:
    return started


def local_id(dataset: dict[str, Any]) -> str:
    """The id that the SDK's methods take: without the organization."""
    return str(dataset["datasetId"]).rpartition("_")[2]


def shelves(emulator: RunningEmulator) -> str:
    return local_id(held_dataset(emulator.url, "shelves-00000"))


def pass_over_the_first_wait(emulator: RunningEmulator) -> None:
    """What goes on takes 0.2 s here, and the SDK looks at once and then every 10 s: let it look a little later."""
    emulator.fault("latency", method="GET", path="/(datasetExports|deleteManyAssetsSessions)/", seconds=0.4)


def test_it_lists_and_reads_datasets(sdk: Sdk, emulator: RunningEmulator) -> None:
    for number in range(21):
        add_dataset(emulator.url, f"more-{number:02}")
    listed = sdk("datasets.list")
    held = held_datasets(emulator.url)
    assert [each["name"] for each in listed] == [each["name"] for each in held]
    assert len([entry for entry in emulator.requests() if entry["query"].endswith("s=10")]) == 3
    assert [each["name"] for each in sdk("datasets.list", pagination={"page_size": 1000})] == [
        each["name"] for each in held
    ]
    found = sdk("datasets.get", dataset_id=shelves(emulator))
    assert found["datasetId"] == shelves(emulator)
    assert (found["workspaceId"], found["type"], found["content"]) == (ORGANIZATION, "phrase-grounding", "Image")
    assert found["statistic"] == {
        "assetTotal": ASSETS,
        "annotationTotal": 30,
        "tagsCount": {"box": 6, "bottle": 6, "can": 6, "jar": 6, "label": 6},
        "assetAnnotated": 30,
    }


def test_it_creates_and_updates_datasets(sdk: Sdk, emulator: RunningEmulator) -> None:
    made = sdk("datasets.create", name="shop — α", dataset_type="vqa", description="D")
    assert held_dataset(emulator.url, "shop — α")["datasetId"] == f"{ORGANIZATION}_{made['datasetId']}"
    changed = sdk("datasets.update", dataset_id=made["datasetId"], spec={"name": "shop", "description": ""})
    assert (changed["name"], changed["description"], changed["type"]) == ("shop", "", "vqa")
    held = held_dataset(emulator.url, "shop")
    assert (held["description"], held["createDate"]) == ("", made["createDate"])


def test_it_makes_lists_and_reads_exports(sdk: Sdk, emulator: RunningEmulator) -> None:
    dataset_id = shelves(emulator)
    plain = sdk("datasets.create_export", dataset_id=dataset_id)
    assert [each["status"] for each in plain["status"]["conditions"]] == ["Waiting", "Reached"]
    assert plain["spec"] == {"format": "ViFull", "options": {"normalized": True}}
    split = {"format": "VI_JSONL", "normalized": False, "split_ratio": 0.8}
    second = sdk("datasets.create_export", dataset_id=dataset_id, export_settings=split)
    assert second["spec"] == {"format": "ViJsonl", "options": {"normalized": False, "splitRatio": 0.8}}
    bodies = [entry["body"] for entry in emulator.requests() if entry["method"] == "POST"]
    assert [body["spec"]["options"]["splitRatio"] for body in bodies] == [None, 0.8]
    time.sleep(0.3)
    ready = sdk("datasets.list_exports", dataset_id=dataset_id)
    ids = [plain["datasetExportId"], second["datasetExportId"]]
    assert [each["datasetExportId"] for each in ready] == ids
    for export_id in ids:
        export = sdk("datasets.get_export", dataset_id=dataset_id, dataset_export_id=export_id)
        assert export["status"]["downloadUrl"]["url"].startswith(emulator.url)
        assert export["status"]["downloadUrl"]["expiresAt"] > export["metadata"]["timeCreated"]


def downloaded(sdk: Sdk, folder: Path, **arguments: Any) -> Any:
    """Let the SDK download into a folder, with nothing shown on the way."""
    return sdk("datasets.download", save_dir=str(folder), show_progress=False, **arguments)


def test_it_downloads_an_archive_and_loads_it(sdk: Sdk, emulator: RunningEmulator, tmp_path: Path) -> None:
    dataset_id = shelves(emulator)
    pass_over_the_first_wait(emulator)
    got = downloaded(sdk, tmp_path, dataset_id=dataset_id, export_settings={"split_ratio": 0.75})
    assert sorted(got["splits"]) == ["training", "validation"]
    assert sum(got["asset_count"].values()) == sum(got["annotation_count"].values()) == ASSETS
    assert "Dataset Download Complete" in got["summary"]
    ranged = [entry for entry in emulator.requests() if entry["path"].startswith("/vi-downloads")]
    assert [entry["method"] for entry in ranged[:2]] == ["HEAD", "GET"]
    assert {entry["status"] for entry in ranged[1:]} == {206}
    loaded = sdk("load", folder=got["save_dir"])
    pairs = loaded["training"] + loaded["validation"]
    held = {asset["filename"]: asset for asset in held_assets(emulator.url, f"{ORGANIZATION}_{dataset_id}")}
    assert {filename for filename, _ in pairs} == set(held)
    for filename, annotations in pairs:
        assert len(annotations) == held[filename]["metadata"]["annotations"]["total"]
        assert {each["asset"]["filename"] for each in annotations} <= {filename}
    picture = next((Path(got["save_dir"]) / "training" / "images").iterdir())
    assert picture.stat().st_size == held[picture.name]["metadata"]["fileSize"]


def test_it_downloads_questions_and_an_export_that_is_there(
    sdk: Sdk, emulator: RunningEmulator, tmp_path: Path
) -> None:
    dataset_id = local_id(held_dataset(emulator.url, "shelves-00001"))
    made = sdk("datasets.create_export", dataset_id=dataset_id, export_settings={"format": "VI_JSONL"})
    time.sleep(0.3)
    emulator.request("DELETE", "/_emulator/requests")
    got = downloaded(
        sdk,
        tmp_path,
        dataset_id=dataset_id,
        dataset_export_id=made["datasetExportId"],
        export_settings={"format": "VI_JSONL"},
        annotations_only=True,
    )
    assert got["splits"] == ["dump"]
    assert [entry for entry in emulator.requests() if entry["method"] == "POST"] == []
    lines = sorted((Path(got["save_dir"]) / "dump" / "annotations").glob("*.jsonl"))
    assert len(lines) == ASSETS
    assert "What stands on the shelf?" in lines[0].read_text()


def test_it_deletes_a_dataset(sdk: Sdk, emulator: RunningEmulator) -> None:
    dataset_id = shelves(emulator)
    deleted = sdk("datasets.delete", dataset_id=dataset_id)
    assert deleted["datasetId"] == f"{ORGANIZATION}_{dataset_id}"
    assert {each["condition"]: each["status"] for each in deleted["status"]["conditions"]} == {
        "Started": "Reached",
        "Finished": "Waiting",
    }
    time.sleep(0.3)
    with pytest.raises(SdkError, match=r"ViNotFoundError: .*not found"):
        sdk("datasets.get", dataset_id=dataset_id)
    assert [each["name"] for each in held_datasets(emulator.url)] == ["shelves-00001"]


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        ({"filter_criteria": '{"status": "error"}', "strict_query": True}, 4),
        ({"filter_criteria": {"metadata.annotations.total": 0}}, 10),
        ({"metadata_query": "camera=side", "rule_query": "metadata.status=error"}, 1),
    ],
)
def test_it_deletes_assets(sdk: Sdk, emulator: RunningEmulator, asked: dict[str, Any], gone: int) -> None:
    dataset_id = shelves(emulator)
    pass_over_the_first_wait(emulator)
    session = sdk("datasets.bulk_delete_assets", dataset_id=dataset_id, **asked)
    assert {each["status"] for each in session["status"]["conditions"]} == {"Reached"}
    (body,) = (entry["body"] for entry in emulator.requests() if entry["method"] == "POST")
    assert set(body["spec"]) == {"filter", "metadataQuery", "ruleQuery", "strictQuery"}
    assert sdk("datasets.get", dataset_id=dataset_id)["statistic"]["assetTotal"] == ASSETS - gone
    assert len(sdk("assets.list", dataset_id=dataset_id, pagination={"page_size": 100})) == ASSETS - gone


def test_it_counts_assets(sdk: Sdk, emulator: RunningEmulator) -> None:
    dataset_id = shelves(emulator)
    assert sdk("assets.count", dataset_id=dataset_id) == ASSETS
    assert sdk("assets.count", dataset_id=dataset_id, filter_criteria='{"status": "error"}', strict_query=True) == 4


def test_it_understands_refusals(sdk: Sdk, emulator: RunningEmulator) -> None:
    dataset_id = shelves(emulator)
    with pytest.raises(SdkError, match=r"ViValidationError: .*says nothing"):
        sdk("datasets.bulk_delete_assets", dataset_id=dataset_id)
    with pytest.raises(SdkError, match=r"ViValidationError: .*unknown key 'metadata'"):
        sdk("datasets.update", dataset_id=dataset_id, metadata={"team": "a"})
    with pytest.raises(SdkError, match="ViNotFoundError"):
        sdk("datasets.get_export", dataset_id=dataset_id, dataset_export_id="nothing")
    sdk("datasets.delete", dataset_id=dataset_id)
    with pytest.raises(SdkError, match=r"ViConflictError: .*being deleted"):
        sdk("datasets.create_export", dataset_id=dataset_id)


def test_a_failed_export_is_one(sdk: Sdk, emulator: RunningEmulator, tmp_path: Path) -> None:
    dataset_id = shelves(emulator)
    pass_over_the_first_wait(emulator)
    settings = {"format": "VI_TFRECORD"}
    with pytest.raises(SdkError, match=r"ViOperationError: .*Process failed"):
        sdk(
            "datasets.download",
            dataset_id=dataset_id,
            export_settings=settings,
            annotations_only=True,
            save_dir=str(tmp_path),
        )


def test_another_organization_has_datasets_of_its_own(emulator: RunningEmulator) -> None:
    with start_vi(emulator.url, organization="acme labs") as sdk:
        made = sdk("datasets.create", name="shelves")
        assert [each["datasetId"] for each in sdk("datasets.list")] == [made["datasetId"]]
    assert held_datasets(emulator.url, organization="acme labs")[0]["owner"] == "acme labs"
