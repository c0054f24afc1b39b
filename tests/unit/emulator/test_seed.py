import json
from pathlib import Path

import pytest

from dsops.emulator import Options, SetupError
from tests.unit.emulator.client import DATASET, STREAMS, Client

SEED = """
uipath:
  datasets:
    - project: project1
      name: collateral
      title: Collateral
      model_tags: {live: 8}
      streams:
        - name: dispute
          model: {version: 8, label_thresholds: [{name: [Some Label], threshold: 0.37}]}
    - {project: project2, name: other}
"""


def seeded(path: Path, text: str, data: Path | None = None) -> Client:
    path.write_text(text)
    return Client(Options(seed=path, data=data))


def test_a_seed_is_there_from_the_start_and_after_a_reset(tmp_path: Path) -> None:
    client = seeded(tmp_path / "seed.yaml", SEED)
    before = client.good("GET", "/api/v1/datasets")["datasets"]
    assert [dataset["title"] for dataset in before] == ["Collateral", ""]
    assert client.good("GET", f"{STREAMS}/dispute")["stream"]["model"]["version"] == 8
    assert client.good("GET", f"{DATASET}/model-tags")["model_tags"][0]["version"] == 8
    client.good("DELETE", DATASET)
    client.good("POST", "/_emulator/reset")
    after = client.good("GET", "/api/v1/datasets")["datasets"]
    assert [dataset["id"] for dataset in after] == [dataset["id"] for dataset in before]


def test_json_does_as_well(tmp_path: Path) -> None:
    text = json.dumps({"uipath": {"datasets": [{"project": "p", "name": "d"}]}})
    assert len(seeded(tmp_path / "seed.json", text).good("GET", "/api/v1/datasets")["datasets"]) == 1


def test_a_seed_does_not_overwrite_kept_data(tmp_path: Path) -> None:
    data = tmp_path / "data.db"
    client = seeded(tmp_path / "seed.yaml", SEED, data)
    client.good("DELETE", DATASET)
    client.app.state.store.close()
    client = seeded(tmp_path / "seed.yaml", SEED, data)
    assert len(client.good("GET", "/api/v1/datasets")["datasets"]) == 1
    client.app.state.store.close()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("- uipath", "mapping"),
        ("uipath: [", "cannot be read"),
        ("uiPath: {}", "uiPath"),
        ("uipath: {}", "'datasets'"),
        ("uipath: {datasets: [{project: p}]}", "datasets[0]"),
        ("uipath: {datasets: [{project: p, name: d, colour: red}]}", "'colour'"),
        ("uipath: {datasets: [{project: p, name: d}, {project: p, name: d}]}", "datasets[1]"),
        ("uipath: {datasets: [{project: p, name: d, streams: [{title: x}]}]}", "streams[0]"),
        ("uipath: {datasets: [{project: p, name: d, streams: [{name: x}, {name: x}]}]}", "streams[1]"),
        ("uipath: {datasets: [{project: p, name: d, model_tags: {live: 1.5}}]}", "model_tags.live"),
    ],
)
def test_a_mistake_in_a_seed_stops_the_start_and_is_named(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "seed.yaml"
    with pytest.raises(SetupError) as caught:
        seeded(path, text)
    assert place in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_seed_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"none\.yaml"):
        Client(Options(seed=tmp_path / "none.yaml"))


def test_one_answer_holds_ten_thousand_datasets(tmp_path: Path) -> None:
    datasets = [{"project": "p", "name": f"d{number:05}"} for number in range(10_000)]
    client = seeded(tmp_path / "seed.json", json.dumps({"uipath": {"datasets": datasets}}))
    shown = client.good("GET", "/api/v1/datasets")["datasets"]
    assert [dataset["name"] for dataset in shown] == [dataset["name"] for dataset in datasets]
    assert len({dataset["id"] for dataset in shown}) == 10_000
