"""ModelArts: datasets that are there from the start."""

from pathlib import Path

import pytest

from dsops.emulator import ModelartsSwitches, Options, SetupError
from tests.unit.emulator.client import Client
from tests.unit.emulator.imaging import DATASETS, Imaging

BODY = "data_sources: [{data_path: /i/x/}], work_path: /o/x/, work_path_type: 0"


def seeded(path: Path, text: str) -> Imaging:
    path.write_text(text)
    client = Imaging.__new__(Imaging)
    Client.__init__(client, Options(seed=path, modelarts=ModelartsSwitches(delay=0)))
    return client


def one(path: Path, fields: str) -> Imaging:
    client = seeded(path, f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, {fields}}}]}}")
    client.id = client.good("GET", f"{DATASETS}?dataset_version=all")["datasets"][0]["dataset_id"]
    client.dataset = f"{DATASETS}/{client.id}"
    client.versions = f"{client.dataset}/versions"
    return client


def test_the_documented_seed_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "specs" / "modelarts.md").read_text()
    client = seeded(tmp_path / "seed.yaml", page.split("```yaml\n")[1].split("```")[0])
    (shown,) = client.good("GET", f"{DATASETS}?with_labels=true")["datasets"]
    assert (shown["status"], shown["dataset_type"], shown["total_sample_count"]) == (5, 777, 120)
    assert shown["workforce_descriptor"]["repetition"] == 1
    assert (shown["current_version_name"], shown["dataset_version_count"]) == ("V001", 3)
    assert client.conflict("DELETE", f"{DATASETS}/{shown['dataset_id']}") == "4355"
    versions = client.good("GET", f"{DATASETS}/{shown['dataset_id']}/versions")["versions"]
    assert [(each["version_name"], each["status"]) for each in versions] == [("V003", 1), ("V002", 4), ("V001", 1)]


def test_a_seeded_status_lasts_as_long_as_it_says(tmp_path: Path) -> None:
    client = one(tmp_path / "seed.yaml", "status: 5, seconds: 3600")
    assert client.status() == 5
    client.advance(3601)
    assert client.status() == 1
    assert one(tmp_path / "seed.yaml", "status: 4").status() == 4


def test_a_seed_is_there_again_after_a_reset(tmp_path: Path) -> None:
    client = one(tmp_path / "seed.yaml", "labels: [{name: cat}]")
    client.good("DELETE", client.dataset, status=204)
    assert client.listed() == []
    client.good("POST", "/_emulator/reset")
    assert client.good("GET", client.dataset)["labels"][0]["name"] == "cat"


def test_a_version_of_a_seed_holds_up_no_publishing(tmp_path: Path) -> None:
    client = one(tmp_path / "seed.yaml", "versions: [{version_name: V001}]")
    client.publish()
    assert client.good("GET", client.dataset)["current_version_name"] == "V002"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("modelarts: {}", "'datasets'"),
        ("modelarts: {datasets: [{dataset_name: d}]}", "modelarts.datasets[0].data_sources"),
        (f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, status: 9}}]}}", "modelarts.datasets[0].status"),
        (f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, seconds: -1}}]}}", "modelarts.datasets[0].seconds"),
        (f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, dataset_version: v3}}]}}", "dataset_version"),
        (
            f"modelarts: {{datasets: [{{dataset_name: d, {BODY}}}, {{dataset_name: d, {BODY}}}]}}",
            "modelarts.datasets[1]",
        ),
        (
            f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, labels: [{{name: a, type: 1}}]}}]}}",
            "datasets[0]: A label",
        ),
        (f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, versions: [{{status: 7}}]}}]}}", "versions[0].status"),
        (
            f"modelarts: {{datasets: [{{dataset_name: d, {BODY}, versions: [{{version_name: a b}}]}}]}}",
            "versions[0].version_name",
        ),
    ],
)
def test_a_mistake_stops_the_start_and_is_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SetupError) as caught:
        seeded(tmp_path / "seed.yaml", text)
    assert place in str(caught.value)


def test_made_up_datasets_are_the_same_each_time() -> None:
    options = Options(generate={"modelarts-datasets": 3})
    shown = []
    for _ in range(2):
        client = Imaging.__new__(Imaging)
        Client.__init__(client, options)
        assert client.listed("order=asc") == ["images-00000", "images-00001", "images-00002"]
        found = client.good("GET", f"{DATASETS}?with_labels=true")["datasets"]
        shown.append([(each["dataset_id"], each["current_version_id"], each["labels"]) for each in found])
    assert shown[0] == shown[1]
