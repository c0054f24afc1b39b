"""ModelArts: the list of datasets, its filters, its order and its pages."""

from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import ModelartsSwitches, Offset, Options
from tests.unit.emulator.client import Client
from tests.unit.emulator.imaging import AT_ONCE, DATASETS, Imaging

SEED = """
modelarts:
  datasets:
    - {dataset_name: Cats, dataset_type: 0, SOURCE, work_path: /o/a/, versions: [{train_evaluate_sample_ratio: "0.50"}]}
    - {dataset_name: dogs, dataset_type: 1, SOURCE, work_path: /o/b/, description: cats}
    - {dataset_name: texts, dataset_type: 100, SOURCE, work_path: /o/c/, dataset_version: v2}
    - {dataset_name: sales, dataset_type: 400, SOURCE, work_path: /o/d/, versions: [{version_format: CSV}]}
    - {dataset_name: hidden, dataset_type: 900, SOURCE, work_path: /o/e/, workspace_id: w1}
""".replace("SOURCE", "data_sources: [{data_path: /i/x/}], work_path_type: 0")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Imaging:
    path = tmp_path_factory.mktemp("seed") / "seed.yaml"
    path.write_text(SEED)
    client = Imaging.__new__(Imaging)
    Client.__init__(client, Options(seed=path, modelarts=AT_ONCE))
    return client


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["sales", "dogs", "Cats"]),
        ("order=asc", ["Cats", "dogs", "sales"]),
        ("dataset_version=v2", ["texts"]),
        ("dataset_version=all", ["sales", "texts", "dogs", "Cats"]),
        ("dataset_version=all&order=asc&sort_by=create_time", ["Cats", "dogs", "texts", "sales"]),
        ("sort_by=dataset_name&order=asc", ["Cats", "dogs", "sales"]),
        ("sort_by=dataset_name", ["sales", "dogs", "Cats"]),
        ("dataset_type=0", ["Cats"]),
        ("dataset_type=600", []),
        ("search_content=CAT", ["Cats"]),
        ("search_content=", ["sales", "dogs", "Cats"]),
        ("search_content=%25", []),
        ("contain_versions=true", ["sales", "Cats"]),
        ("contain_versions=false", ["sales", "dogs", "Cats"]),
        ("support_export=True", ["Cats", "dogs"][::-1]),
        ("support_export=FALSE", ["sales", "dogs", "Cats"]),
        ("version_format=0", ["Cats"]),
        ("version_format=2", ["sales"]),
        ("version_format=1", []),
        ("train_evaluate_ratio=0.0,0.6", ["Cats"]),
        ("train_evaluate_ratio=0.0,1.0", ["sales", "Cats"]),
        ("train_evaluate_ratio=", ["sales", "dogs", "Cats"]),
        ("workspace_id=w1", ["hidden"]),
        ("workspace_id=0", ["sales", "dogs", "Cats"]),
        ("something_new=1", ["sales", "dogs", "Cats"]),
    ],
)
def test_each_parameter_does_what_the_description_says(seeded: Imaging, query: str, names: list[str]) -> None:
    assert seeded.listed(query) == names
    assert seeded.good("GET", f"{DATASETS}?{query}")["total_number"] == len(names)


def test_labels_and_samples_come_where_they_are_asked_for() -> None:
    client = Imaging()
    (plain,) = client.good("GET", DATASETS)["datasets"]
    assert not {"labels", "samples"} & set(plain)
    assert plain["data_url"].startswith("/test-obs/")
    (full,) = client.good("GET", f"{DATASETS}?with_labels=True&file_preview=True")["datasets"]
    assert full["labels"] == client.good("GET", client.dataset)["labels"]
    assert len(full["samples"]) == 4
    for sample in full["samples"]:
        assert sample["url"].startswith("https://test-obs.obs.emulator.invalid:443/classify/input/animals/")
        assert "&Signature=" in sample["url"]
    assert "samples" not in client.good("GET", client.dataset)


def pages(mode: Offset, step: int, number: int) -> list[list[str]]:
    """The names on pages of 10, of 25 datasets, where the offset grows by a step."""
    client = Client(Options(generate={"modelarts-datasets": 25}, modelarts=ModelartsSwitches(offset=mode)))
    shown = []
    for page in range(number):
        answer = _get(client, f"{DATASETS}?order=asc&offset={page * step}")
        assert answer["total_number"] == 25
        shown.append([each["dataset_name"] for each in answer["datasets"]])
    return shown


def _get(client: Client, path: str) -> dict[str, Any]:
    imaging = Imaging.__new__(Imaging)
    imaging.app = client.app
    found: dict[str, Any] = imaging.good("GET", path)
    return found


def test_an_offset_counts_pages_or_by_the_switch_records() -> None:
    every = [f"images-{number:05}" for number in range(25)]
    right = [every[:10], every[10:20], every[20:], []]
    assert pages(Offset.PAGE, 1, 4) == right
    assert pages(Offset.RECORDS, 10, 4) == right
    assert pages(Offset.PAGE, 10, 2) == [every[:10], []]
    assert pages(Offset.RECORDS, 1, 2) == [every[:10], every[1:11]]


def test_datasets_made_at_one_time_have_an_order(tmp_path: Path) -> None:
    client = Imaging(Options(modelarts=AT_ONCE, data=tmp_path / "data.db"))
    assert Client.call(client, "POST", "/_emulator/clock", {"now": "2024-01-01T00:00:00Z"}).status_code == 200
    for number in range(5):
        client.make(f"d{number}")
    assert client.listed("order=asc")[:5] == ["d0", "d1", "d2", "d3", "d4"]
    assert client.listed("order=desc")[1:] == ["d4", "d3", "d2", "d1", "d0"]
    client.app.state.store.close()
