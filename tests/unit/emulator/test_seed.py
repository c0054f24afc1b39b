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

MAIL = "{id: a, timestamp: 2024-01-01T00:00:00Z, messages: [{body: {text: x}}]"


def mail(field: str) -> str:
    """A seed of one comment with one more field, which comes last and so counts."""
    return f"uipath: {{datasets: [], sources: [{{project: p, name: s, comments: [{MAIL}, {field}}}]}}]}}"


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
        (
            "uipath: {datasets: [{project: p, name: d, streams: [{name: x, created_at: soon}]}]}",
            "streams[0].created_at",
        ),
        ("uipath: {datasets: [], sources: [{project: p}]}", "sources[0]"),
        ("uipath: {datasets: [], sources: [{project: p, name: s, id: X}]}", "sources[0].id"),
        ("uipath: {datasets: [], sources: [{project: p, name: s}, {project: p, name: s}]}", "sources[1]"),
        (mail("timestamp: soon"), "comments[0].timestamp"),
        (mail("colour: red"), "'colour'"),
        (mail("predictions: [{version: 8}]"), "'labels'"),
        (mail("predictions: [{version: 8, labels: [{name: x, probability: 2}]}]"), "labels[0].probability"),
        (mail("annotations: {labels: {assigned: [{name: x, sentiment: sad}]}}"), "sentiment"),
        (mail("created_at: 5"), "created_at"),
        (
            f"uipath: {{datasets: [], sources: [{{project: p, name: s, comments: [{MAIL}}}, {MAIL}}}]}}]}}",
            "comments[1]",
        ),
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


def test_comments_and_positions_come_from_a_seed(tmp_path: Path) -> None:
    text = """
uipath:
  datasets:
    - {project: project1, name: collateral, source_ids: [18ba5ce699f8da1f], streams: [
        {name: dispute, created_at: 2024-01-01T00:00:00Z}, {name: late, created_at: 2024-01-02T00:00:00Z}, {name: now}]}
  sources:
    - project: project1
      name: mail
      id: 18ba5ce699f8da1f
      comments:
        - {id: b, timestamp: 2024-01-01, messages: [{body: {text: x}}], created_at: 2024-01-02T00:00:00Z}
        - {id: a, timestamp: 2024-01-01, messages: [{body: {text: x}}], created_at: 2024-01-01T00:00:01Z}
"""
    client = seeded(tmp_path / "seed.yaml", text)

    def ids(stream: str) -> str:
        results = client.good("POST", f"{STREAMS}/{stream}/fetch", {"size": 8})["results"]
        return "".join(result["comment"]["id"] for result in results)

    assert (ids("dispute"), ids("late"), ids("now")) == ("ab", "b", "")
    assert client.good("GET", f"{STREAMS}/late")["stream"]["created_at"] == "2024-01-02T00:00:00.000000Z"
    assert client.good("GET", "/api/v1/sources/project1/mail")["source"]["id"] == "18ba5ce699f8da1f"


def test_the_documented_seed_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "specs" / "uipath.md").read_text()
    client = seeded(tmp_path / "seed.yaml", page.split("```yaml\n")[1].split("```")[0])
    result = client.good("POST", f"{STREAMS}/dispute/fetch", {"size": 8})["results"][0]
    assert result["comment"]["user_properties"] == {"string:Country": "uk", "number:Spend": 250}
    exported = client.good("POST", f"{DATASET}/export", {})["comments"][0]
    assert exported["annotations"]["labels"]["assigned"] == [{"name": "Parent > Child", "sentiment": "positive"}]
