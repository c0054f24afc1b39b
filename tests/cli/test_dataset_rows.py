"""`dsops dataset` on evaluation rows: listed, looked at, exported into what is a source again."""

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.openapi import GEAI
from tests.support import DSOPS, TOKEN, Done, RunningEmulator, run_dsops, start_emulator

GENERATED = 3000
STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: evals}
spec:
  connections:
    evals: {provider: geai, endpoint: "${var.endpoint}", token: "${env:TOKEN}"}
  variables:
    endpoint: {}
---
apiVersion: geai/v1
kind: Dataset
metadata: {name: faq}
spec:
  rows:
    key: [input, contextDocument]
    from: faq.jsonl
"""
ROWS = [
    {
        "input": "What is the capital of France?",
        "expectedAnswer": "Paris",
        "expectedSources": [{"name": "atlas", "value": "France: Paris", "extension": "txt"}],
        "filterVariables": [{"metadataType": "V", "key": "region", "operator": "=", "value": "eu"}],
    },
    {"input": "1 + 1?", "expectedAnswer": "=1+1", "contextDocument": "a\nb"},
    {"input": "1 + 1?", "expectedAnswer": "zwei é 😀", "contextDocument": "c"},
]


@dataclass(frozen=True)
class Evals:
    """A stack with a dataset that is applied, and its emulator."""

    folder: Path
    emulator: RunningEmulator

    @property
    def env(self) -> dict[str, str]:
        return {"DSOPS_VAR_endpoint": self.emulator.url, "TOKEN": TOKEN}

    def run(self, *args: str) -> Done:
        return run_dsops(*args, cwd=self.folder, env=self.env)


@pytest.fixture(scope="module")
def account() -> Iterator[RunningEmulator]:
    with start_emulator("--generate", f"geai-rows={GENERATED}") as running:
        yield running
        for each in running.requests():
            if each["method"] == "GET":
                assert GEAI.request_problems("GET", each["path"], None) == [], each


@pytest.fixture(scope="module")
def evals(account: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> Evals:
    folder = tmp_path_factory.mktemp("evals")
    (folder / "dsops.yaml").write_text(STACK)
    (folder / "faq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    found = Evals(folder, account)
    found.run("apply", "--auto-approve").ok()
    return found


@pytest.fixture(autouse=True)
def _forgotten(account: RunningEmulator) -> None:
    account.request("DELETE", "/_emulator/faults")
    account.request("DELETE", "/_emulator/requests")


def asked(evals: Evals) -> list[str]:
    return [each["path"].removeprefix("/dataSetApi/") for each in evals.emulator.requests()]


def test_list(evals: Evals) -> None:
    told = [line.split() for line in evals.run("dataset", "list").ok().out.splitlines()]
    assert told[0] == ["NAME", "TYPE", "ACTIVE", "UPDATED", "ID", "ADDRESS"]
    assert {line[0]: line[-1] for line in told[1:]} == {"faq": "geai/Dataset/faq", "generated": "-"}
    assert asked(evals) == ["dataSets"]
    assert "doesn't take project" in evals.run("dataset", "list", "--project", "x").ok(1).err


def test_get_reads_a_recorded_dataset_by_its_id_alone(evals: Evals) -> None:
    found = evals.run("dataset", "get", "faq", "--format", "json").ok().json
    assert (found["name"], found["address"], found["object"]["rows"]) == ("faq", "geai/Dataset/faq", 3)
    assert asked(evals) == [f"dataSet/{found['object']['dataSetId']}"]
    other = evals.run("dataset", "get", "generated", "--connection", "evals", "--format", "json").ok().json
    assert (other["address"], other["object"]["rows"]) == (None, GENERATED)
    assert (
        f"rows:               {GENERATED}" in evals.run("dataset", "get", "generated", "--connection", "evals").ok().out
    )


def test_get_a_row_with_what_is_nested_in_it(evals: Evals) -> None:
    key = "What is the capital of France? | "
    row = evals.run("dataset", "get", "faq", "--row", key, "--format", "json").ok().json["object"]
    (source,), (variable,) = row["expectedSources"], row["filterVariables"]
    assert (row["dataSetRowExpectedAnswer"], source["dataSetExpectedSourceName"]) == ("Paris", "atlas")
    assert source["dataSetRowId"] == variable["dataSetRowId"] == row["dataSetRowId"]
    by_id = ("dataset", "get", "faq", "--format", "json", "--row", row["dataSetRowId"])
    assert evals.run(*by_id).ok().json["object"] == row
    assert evals.run(*by_id, "--source", source["dataSetExpectedSourceId"]).ok().json["object"] == source
    assert evals.run(*by_id, "--variable", variable["dataSetRowFilterVarId"]).ok().json["object"] == variable


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("faq", "--row", "1 + 1?"), "has no row '1 + 1?'"),
        (("faq", "--row", "1 + 1? | c", "--source", "nope"), "404 Not Found"),
        (("faq", "--source", "x"), "Give --row too"),
        (("generated",), "by its name with --connection"),
        (("generatde", "--connection", "evals"), "did you mean generated?"),
    ],
)
def test_what_is_not_there_is_told(evals: Evals, args: tuple[str, ...], told: str) -> None:
    done = evals.run("dataset", "get", *args).ok(1)
    assert told in done.err
    assert done.out == ""


def test_an_export_is_a_source_that_plans_to_nothing(evals: Evals, tmp_path: Path) -> None:
    done = evals.run("dataset", "export", "faq", "--into", str(tmp_path / "faq.jsonl")).ok()
    assert done.out == f"3 rows in {tmp_path / 'faq.jsonl'}.\n"
    content = (tmp_path / "faq.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line) for line in content.splitlines()] == ROWS
    assert "😀" in content
    assert evals.run("dataset", "export", "faq", "--into", "-").ok().out == content
    before = (evals.folder / "faq.jsonl").read_text()
    (evals.folder / "faq.jsonl").write_text(content, encoding="utf-8")
    evals.run("plan", "--detailed-exitcode").ok(0)
    (evals.folder / "faq.jsonl").write_text(before)


def test_an_export_as_a_table_defuses_formulas(evals: Evals, tmp_path: Path) -> None:
    evals.run("dataset", "export", "faq", "--as", "csv", "--into", str(tmp_path / "faq.csv")).ok()
    with (tmp_path / "faq.csv").open(encoding="utf-8", newline="") as file:
        first, second, third = csv.DictReader(file)
    assert (first["expectedSources.0.name"], first["filterVariables.0.operator"]) == ("atlas", "'=")
    assert (second["expectedAnswer"], second["contextDocument"], second["expectedSources.0.name"]) == (
        "'=1+1",
        "a\nb",
        "",
    )
    assert third["expectedAnswer"] == "zwei é 😀"
    assert [path.name for path in tmp_path.iterdir()] == ["faq.csv"]


def test_what_is_for_comments_is_not_for_rows(evals: Evals) -> None:
    assert "doesn't take limit" in evals.run("dataset", "export", "faq", "--limit", "5", "--into", "x").ok(1).err
    assert "geai doesn't know dataset tags" in evals.run("dataset", "tags", "faq").ok(1).err
    assert asked(evals) == []


def test_an_answer_that_is_lost_is_asked_for_again(evals: Evals, tmp_path: Path) -> None:
    fault = {"match": {"path": "/dataSetRows$"}, "fault": "drop_before", "times": 1}
    evals.emulator.request("POST", "/_emulator/faults", [fault])
    target = tmp_path / "all.jsonl"
    evals.run("dataset", "export", "generated", "--connection", "evals", "--into", str(target)).ok()
    assert len(target.read_text().splitlines()) == GENERATED
    assert [path.rpartition("/")[2] for path in asked(evals)] == ["dataSets", "dataSetRows", "dataSetRows"]


def test_an_export_that_is_killed_is_done_again(evals: Evals, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    fault = {"match": {"path": "/dataSetRows$"}, "fault": "hold", "times": 1}
    evals.emulator.request("POST", "/_emulator/faults", [fault])
    args = ["dataset", "export", "generated", "--connection", "evals", "--into", str(target)]
    process = subprocess.Popen(
        [*DSOPS, *args], cwd=evals.folder, env={**os.environ, **evals.env}, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 30
    while not target.with_name("all.jsonl.part").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not target.exists()
    evals.emulator.request("DELETE", "/_emulator/faults")
    evals.run(*args).ok()
    assert len(target.read_text().splitlines()) == GENERATED
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]


def test_a_reader_that_goes_away_ends_it(evals: Evals) -> None:
    process = subprocess.Popen(
        [*DSOPS, "dataset", "export", "generated", "--connection", "evals", "--into", "-"],
        cwd=evals.folder,
        env={**os.environ, **evals.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["input"].startswith("Question 0")
    process.stdout.close()
    assert (process.wait(timeout=30), process.stderr.read()) == (0, b"")
    process.stderr.close()
