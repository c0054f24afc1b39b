"""Huawei ModelArts passes the suite, with signed requests."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsops.testing import KindCase, ProviderSuite, Subject
from tests.support.modelarts import PROJECT, add_dataset, ask, held_datasets, held_versions
from tests.testing.subjects import emulator, start_over

ACCESS, SECRET = "CANARYACCESS7C0D", "canary-modelarts-2e9a"
PERMISSIONS = [f"modelarts:dataset:{verb}" for verb in ("create", "list", "get", "update", "delete")]
GOING = {2, 3}
PLACES = {"dataSource": {"type": "obs", "path": "/obs/in/"}, "workPath": "/obs/out/"}
PARENT = {
    "kind": "Dataset",
    "metadata": {"name": "above"},
    "spec": {"type": "image-classification", **PLACES},
}


def dataset(url: str) -> Mapping[str, Any] | None:
    document = held_datasets(url).get("it")
    if document is None or document["status"] in GOING:
        return None
    return {
        "type": {0: "image-classification", 1: "object-detection"}[document["dataset_type"]],
        "workPath": document["work_path"],
        "description": document.get("description", ""),
        "labels": [{"name": name} for name in sorted(each["name"] for each in document["labels"])],
    }


def version(url: str) -> Mapping[str, Any] | None:
    above = held_datasets(url).get("above")
    if above is None or above["status"] in GOING:
        return None
    document = held_versions(url, "above").get("it")
    if document is None or document["status"] in GOING:
        return None
    return {
        "description": document.get("description", ""),
        "trainEvaluateRatio": document["train_evaluate_sample_ratio"],
        "current": document["is_current"],
    }


def change(url: str, body: Any) -> None:
    ask(url, "PUT", f"/datasets/{held_datasets(url)['it']['dataset_id']}", body)


def remove_dataset(url: str) -> None:
    path = f"/datasets/{held_datasets(url)['it']['dataset_id']}"
    ask(url, "DELETE", path)
    end = time.monotonic() + 20
    while "it" in held_datasets(url):
        assert time.monotonic() < end
        time.sleep(0.02)


def remove_version(url: str) -> None:
    above = held_datasets(url)["above"]["dataset_id"]
    ask(url, "DELETE", f"/datasets/{above}/versions/{held_versions(url, 'above')['it']['version_id']}")
    end = time.monotonic() + 20
    while "it" in held_versions(url, "above"):
        assert time.monotonic() < end
        time.sleep(0.02)


def crowd(url: str) -> None:
    for number in range(100):
        add_dataset(url, f"other-{number}")


class TestModelArts(ProviderSuite):
    name = "modelarts"
    cases = (
        KindCase(
            kind="Dataset",
            spec={
                "type": "image-classification",
                **PLACES,
                "description": "A",
                "labels": [{"name": "cat"}, {"name": "dog"}],
            },
            look=dataset,
            remote="it",
            update={"description": "B", "labels": [{"name": "bird"}, {"name": "cat"}]},
            replace={"type": "object-detection", "workPath": "/obs/elsewhere/"},
            theirs={"description": "Theirs"},
            meddle=lambda url: change(url, {"description": "Theirs"}),
            remove=remove_dataset,
            crowd=crowd,
        ),
        KindCase(
            kind="DatasetVersion",
            spec={"dataset": "above", "description": "A", "trainEvaluateRatio": "0.80", "current": True},
            look=version,
            remote="above/it",
            replace={"description": "B", "trainEvaluateRatio": "0.50"},
            remove=remove_version,
            parents=(PARENT,),
        ),
    )

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Subject]:
        pair = {ACCESS: {"secretKey": SECRET, "permissions": PERMISSIONS}}
        with emulator(folder, pair, "--modelarts-delay", "0.05", "--version-interval", "0") as server:
            yield Subject(
                provider="modelarts",
                url=server.url,
                connection={
                    "accessKey": "${env:TRIAL_ACCESS}",
                    "secretKey": "${env:TRIAL_SECRET}",
                    "project": PROJECT,
                },
                secrets={"TRIAL_ACCESS": ACCESS, "TRIAL_SECRET": SECRET},
                reset=start_over,
            )
