from pathlib import Path
from typing import Any

import pytest
import yaml

from dsops.emulator import Options
from tests.unit.emulator.client import DATASET, STREAMS, Client
from tests.unit.emulator.mailbox import SOURCE_ID, Mailbox, comment

TONE = {"property_id": "0000000000000001", "property_name": "tone", "value": -1.5}
AT_8 = [
    {"name": "Parent", "probability": 0.9, "sentiment": 0.1},
    {"name": "Parent > Child", "probability": 0.41, "sentiment": -0.2},
    {"name": "Other", "probability": 0.05},
]
AT_9 = [{"name": "Parent > Child", "probability": 0.4099, "sentiment": -0.2}]


def thresholds(*pairs: tuple[list[str], float]) -> list[dict[str, Any]]:
    return [{"name": name, "threshold": threshold} for name, threshold in pairs]


def account(path: Path, **dataset: Any) -> Client:
    """A comment whose predictions at versions 8 and 9 are known, and one that has none."""
    known = comment("a") | {
        "created_at": "2024-05-01T08:00:00Z",
        "annotations": {"labels": {"assigned": [{"name": "Parent > Child", "sentiment": "negative"}]}},
        "predictions": [{"version": 9, "labels": AT_9}, {"version": 8, "labels": AT_8, "label_properties": [TONE]}],
    }
    none = comment("b") | {"created_at": "2024-05-01T08:00:01Z", "predictions": []}
    seed = {
        "datasets": [{"project": "project1", "name": "collateral", "source_ids": [SOURCE_ID], **dataset}],
        "sources": [{"project": "project1", "name": "mail", "id": SOURCE_ID, "comments": [known, none]}],
    }
    (path / "seed.yaml").write_text(yaml.safe_dump({"uipath": seed}))
    return Client(Options(seed=path / "seed.yaml"))


def results(client: Client, model: dict[str, Any] | None) -> list[dict[str, Any]]:
    fields = {"name": "s", "comment_filter": {"sources": [SOURCE_ID]}} | ({"model": model} if model else {})
    client.good("PUT", STREAMS, {"stream": fields})
    client.good("POST", f"{STREAMS}/s/reset", {"to_comment_created_at": "2024-01-01"})
    found: list[dict[str, Any]] = client.good("POST", f"{STREAMS}/s/fetch", {"size": 8})["results"]
    return found


def labels(client: Client, model: dict[str, Any] | None) -> dict[str, float]:
    return {"/".join(label["name"]): label["probability"] for label in results(client, model)[0]["labels"]}


def test_a_stream_shows_the_predictions_of_its_version_as_paths(tmp_path: Path) -> None:
    first, second = results(account(tmp_path), {"version": 8})
    assert first["labels"] == [
        {"name": ["Parent"], "probability": 0.9},
        {"name": ["Parent", "Child"], "probability": 0.41},
        {"name": ["Other"], "probability": 0.05},
    ]
    assert first["label_properties"] == [TONE]
    assert first["entities"] == []
    assert second["labels"] == []
    assert "label_properties" not in second


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (None, {}),
        ({"version": 9}, {"Parent/Child": 0.4099}),
        ({"version": 7}, {}),
        ({"version": 8, "label_thresholds": thresholds((["Parent", "Child"], 0.41))}, {"Parent/Child": 0.41}),
        ({"version": 9, "label_thresholds": thresholds((["Parent", "Child"], 0.41))}, {}),
        ({"version": 8, "label_thresholds": thresholds((["Parent"], 0.95), (["Other"], 0))}, {"Other": 0.05}),
        ({"version": 8, "label_thresholds": thresholds((["Child"], 0.0))}, {}),
    ],
)
def test_thresholds_choose_labels_and_the_threshold_itself_is_enough(
    tmp_path: Path, model: dict[str, Any] | None, expected: dict[str, float]
) -> None:
    assert labels(account(tmp_path), model) == expected


def test_an_export_shows_assigned_labels_and_the_latest_predictions(tmp_path: Path) -> None:
    client = account(tmp_path)
    first, second = client.good("POST", f"{DATASET}/export", {})["comments"]
    assert first["annotations"] == {"labels": {"assigned": [{"name": "Parent > Child", "sentiment": "negative"}]}}
    assert first["predictions"] == {"labels": AT_9}
    assert [item["comment"]["has_annotations"] for item in (first, second)] == [True, False]
    assert (second["annotations"], second["predictions"]) == ({"labels": {"assigned": []}}, {"labels": []})
    client.good("PUT", "/api/_private/datasets/project1/collateral/model-tags/live", {"version": 8})
    first = client.good("POST", f"{DATASET}/export", {})["comments"][0]
    assert first["predictions"] == {"labels": AT_8, "label_properties": [TONE]}


def test_a_dataset_without_sentiment_shows_none(tmp_path: Path) -> None:
    first = account(tmp_path, has_sentiment=False).good("POST", f"{DATASET}/export", {})["comments"][0]
    assert first["annotations"]["labels"]["assigned"] == [{"name": "Parent > Child"}]
    assert first["predictions"]["labels"] == [{"name": "Parent > Child", "probability": 0.4099}]


def test_reviewed_and_unreviewed(tmp_path: Path) -> None:
    client = account(tmp_path)
    for reviewed, expected in (("only_reviewed", "a"), ("only_unreviewed", "b")):
        client.good("PUT", STREAMS, {"stream": {"name": reviewed, "comment_filter": {"reviewed": reviewed}}})
        client.good("POST", f"{STREAMS}/{reviewed}/reset", {"to_comment_created_at": "2024-01-01"})
        found = client.good("POST", f"{STREAMS}/{reviewed}/fetch", {"size": 8})["results"]
        assert [result["comment"]["id"] for result in found] == [expected]


def test_an_uploaded_comment_is_labelled_by_its_words_a_little_different_at_each_version() -> None:
    mailbox = Mailbox(model={"version": 8})
    mailbox.upload(comment("a", "We dispute this invoice."))
    at_8 = mailbox.fetch()["results"][0]
    mailbox.good("POST", f"{STREAMS}/dispute", {"stream": {"model": {"version": 9}}})
    at_9 = mailbox.fetch()["results"][0]
    names = [label["name"] for label in at_8["labels"]]
    assert ["Dispute"] in names
    assert ["Payment"] in names
    assert [label["name"] for label in at_9["labels"]] == names
    assert at_8["labels"] != at_9["labels"]
    assert {each["property_name"] for each in at_8["label_properties"]} == {"tone", "quality_of_service"}
    assert mailbox.fetch()["results"][0] == at_9
