"""Datature Vi passes the suite."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dsops.testing import KindCase, ProviderSuite, Subject
from tests.support.vi import ORGANIZATION, ask, headers, held_datasets, held_exports
from tests.testing.subjects import emulator, start_over

TOKEN = f"dtvi_{'canary-vi-4b7e':x<98}"
PARENT = {"kind": "Dataset", "metadata": {"name": "above"}, "spec": {"type": "phrase-grounding", "content": "Image"}}


def called(url: str, name: str) -> Mapping[str, Any] | None:
    found = (each for each in held_datasets(url) if each["name"] == name and each.get("deleteOp") is None)
    return next(found, None)


def dataset(url: str) -> Mapping[str, Any] | None:
    document = called(url, "it")
    return document and {name: document[name] for name in ("type", "content", "description")}


def export(url: str) -> Mapping[str, Any] | None:
    above = called(url, "above")
    if above is None:
        return None
    for each in held_exports(url, above["datasetId"]):
        options = each["spec"]["options"]
        if each["spec"]["format"] == "ViFull" and options["normalized"]:
            return {"format": "ViFull", "normalized": True, "splitRatio": options["splitRatio"]}
    return None


def its_path(url: str) -> str:
    document = called(url, "it")
    assert document is not None
    return f"/datasets/{document['datasetId']}"


def remove(url: str) -> None:
    ask(url, "DELETE", its_path(url))
    end = time.monotonic() + 20
    while any(each["name"] == "it" for each in held_datasets(url)):
        assert time.monotonic() < end
        time.sleep(0.02)


def crowd(url: str) -> None:
    with httpx.Client(verify=False, trust_env=False, headers=headers(secret=TOKEN)) as client:
        for number in range(1000):
            body = {"name": f"other-{number}", "owner": ORGANIZATION, "type": "vqa", "content": "Image"}
            client.post(f"{url}/workspaces/{ORGANIZATION}/datasets", json=body).raise_for_status()


class TestVi(ProviderSuite):
    name = "vi"
    cases = (
        KindCase(
            kind="Dataset",
            spec={"type": "phrase-grounding", "content": "Image", "description": "A"},
            look=dataset,
            remote="it",
            update={"description": "B"},
            replace={"type": "vqa"},
            theirs={"description": "Theirs"},
            meddle=lambda url: ask(url, "PATCH", its_path(url), {"description": "Theirs"}),
            remove=remove,
            crowd=crowd,
        ),
        # Another specification is another export, beside this one: nothing of an export can be changed or replaced.
        KindCase(
            kind="Export",
            spec={"dataset": "above", "format": "ViFull", "normalized": True, "splitRatio": 0.8},
            look=export,
            remote="above/ViFull-normalized-0.8",
            parents=(PARENT,),
        ),
    )

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Subject]:
        with emulator(folder, {}, "--vi-delay", "0.05") as server:
            yield Subject(
                provider="vi",
                url=server.url,
                connection={"token": "${env:TRIAL_TOKEN}", "organization": ORGANIZATION},
                secrets={"TRIAL_TOKEN": TOKEN},
                reset=start_over,
            )
