"""UiPath Communications Mining passes the suite."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dsops.testing import KindCase, ProviderSuite, Subject
from tests.support import AnsweringEmulator
from tests.testing.subjects import emulator, start_over

TOKEN = "canary-uipath-5d1c"
PERMISSIONS = ("View labels", "View streams", "Consume streams", "Modify streams", "Streams admin", "Modify datasets")
TOKENS = {TOKEN: {"permissions": [*PERMISSIONS, "Datasets admin", "Model Admin"]}}
DATASET = "/api/v1/datasets/project1/it"
PARENT = {"kind": "Dataset", "metadata": {"name": "above"}, "spec": {"project": "project1"}}
STREAM = "/api/v1/datasets/project1/above/streams/it"
FIELDS = {
    "title": "title",
    "description": "description",
    "sourceIds": "source_ids",
    "modelFamily": "model_family",
    "hasSentiment": "has_sentiment",
}


def ask(url: str, method: str, path: str, body: Any = None) -> Any:
    return AnsweringEmulator(url).request(method, path, body)


def found(url: str, path: str, name: str) -> Mapping[str, Any] | None:
    try:
        document: Mapping[str, Any] = ask(url, "GET", path)[name]
    except httpx.HTTPStatusError as refused:
        if refused.response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise
    return document


def dataset(url: str) -> Mapping[str, Any] | None:
    document = found(url, DATASET, "dataset")
    return document and {field: document[wire] for field, wire in FIELDS.items()}


def stream(url: str) -> Mapping[str, Any] | None:
    document = found(url, STREAM, "stream")
    if document is None:
        return None
    model = document["model"]
    thresholds = {" > ".join(each["name"]): each["threshold"] for each in model["label_thresholds"]}
    return {
        "title": document["title"],
        "description": document["description"],
        "model": {"version": model["version"], "labelThresholds": thresholds},
    }


class TestUiPath(ProviderSuite):
    name = "uipath"
    cases = (
        KindCase(
            kind="Dataset",
            spec={
                "project": "project1",
                "title": "A",
                "description": "B",
                "sourceIds": ["18ba5ce699f8da1f"],
                "modelFamily": "english",
                "hasSentiment": True,
            },
            look=dataset,
            remote="project1/it",
            update={"title": "A2", "description": "", "sourceIds": []},
            replace={"modelFamily": "german", "hasSentiment": False},
            theirs={"title": "Theirs"},
            meddle=lambda url: ask(url, "POST", DATASET, {"dataset": {"title": "Theirs"}}),
            remove=lambda url: ask(url, "DELETE", DATASET),
        ),
        KindCase(
            kind="Stream",
            spec={
                "dataset": "above",
                "title": "A",
                "description": "B",
                "model": {"version": 8, "labelThresholds": {"A > B": 0.5}},
            },
            look=stream,
            remote="project1/above/it",
            update={"title": "A2", "model": {"version": 9, "labelThresholds": {"A": 0.25}}},
            theirs={"description": "Theirs"},
            meddle=lambda url: ask(url, "POST", STREAM, {"stream": {"description": "Theirs"}}),
            remove=lambda url: ask(url, "DELETE", STREAM),
            parents=(PARENT,),
        ),
    )

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Subject]:
        with emulator(folder, TOKENS) as server:
            yield Subject(
                provider="uipath",
                url=server.url,
                connection={"token": "${env:TRIAL_TOKEN}"},
                secrets={"TRIAL_TOKEN": TOKEN},
                reset=start_over,
            )
