"""Globant Enterprise AI passes the suite; its rows have one of their own, in tests/conformance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsops.testing import KindCase, ProviderSuite, Subject
from tests.support.geai import ask, held_datasets, plain_row
from tests.testing.subjects import emulator, start_over

TOKEN = "canary-geai-8b2f"
ROWS = [{"input": "q1", "expectedAnswer": "a1"}, {"input": "q2", "expectedAnswer": "a2"}]


def dataset(url: str) -> Mapping[str, Any] | None:
    document = held_datasets(url).get("it")
    if document is None:
        return None
    answers = {row["input"]: row["expectedAnswer"] for row in map(plain_row, document["rows"])}
    assert answers == {row["input"]: row["expectedAnswer"] for row in ROWS}
    fields = ("description", "dataSetDescription"), ("type", "dataSetType"), ("active", "dataSetActive")
    return {field: document[wire] for field, wire in fields}


def change(url: str, method: str, body: Any = None) -> None:
    ask(url, method, f"/dataSet/{held_datasets(url)['it']['dataSetId']}", body)


class TestGeai(ProviderSuite):
    name = "geai"
    cases = (
        KindCase(
            kind="Dataset",
            spec={
                "description": "A",
                "type": "E",
                "active": True,
                "rows": {"mode": "sync", "key": "input", "items": ROWS},
            },
            look=dataset,
            remote="it",
            update={"description": "B", "active": False},
            theirs={"description": "Theirs"},
            meddle=lambda url: change(url, "PUT", {"dataSetDescription": "Theirs"}),
            remove=lambda url: change(url, "DELETE"),
        ),
    )

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Subject]:
        with emulator(folder, {TOKEN: {"permissions": []}}) as server:
            yield Subject(
                provider="geai",
                url=server.url,
                connection={"token": "${env:TRIAL_TOKEN}"},
                secrets={"TRIAL_TOKEN": TOKEN},
                reset=start_over,
            )
