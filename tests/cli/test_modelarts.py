"""ModelArts through the real command: made, published, switched, renamed, replaced, deleted; signed and awaited."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.zoo import PAIRS, SECRETS, SIGNED, VERBS, Zoo, dataset, version
from tests.support import RunningEmulator, start_emulator

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    tokens.write_text(json.dumps({**PAIRS, "emulator": {"permissions": VERBS}}))
    with start_emulator("--tokens", tokens, "--version-interval", "0", "--modelarts-delay", "0.1") as running:
        yield running


@pytest.fixture
def zoo(emulator: RunningEmulator, tmp_path: Path) -> Zoo:
    emulator.request("DELETE", "/_emulator/requests")
    return Zoo(tmp_path / "zoo", emulator, f"p-{next(_NUMBERS)}")


def test_made_published_awaited_and_gone(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True))
    assert zoo.run("validate").out == "zoo is valid: 2 resources.\n"
    told = zoo.apply()
    assert "waiting modelarts/Dataset/animals: the dataset is creating" in told
    assert "waiting modelarts/DatasetVersion/v001: the version is creating" in told
    assert zoo.current() == "V001"
    assert "No drift: 2 in sync" in zoo.run("drift").out
    assert [each["method"] for each in zoo.writes()] == ["POST", "POST", "PUT"]

    told = zoo.run("destroy", "--auto-approve").err
    assert "waiting modelarts/DatasetVersion/v001: the version is deleting" in told
    assert "waiting modelarts/Dataset/animals: the dataset is deleting" in told
    assert zoo.held() == {}
    assert zoo.run("state", "list").out == ""


def test_the_project_of_a_region_is_looked_up_once_a_command(zoo: Zoo) -> None:
    zoo.declare(dataset(f"animals-{os.getpid()}"), **SIGNED, region="cn-north-4")
    (call,) = zoo.calls()
    assert call.startswith("POST /v2/emulator-project/datasets ")
    zoo.run("apply", "--auto-approve")
    zoo.run("destroy", "--auto-approve")
    looked = [each for each in zoo.emulator.requests() if each["path"].startswith("/v3/projects")]
    assert len(looked) == 3


def test_a_new_version_gives_back_what_it_takes(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True)).apply()
    zoo.declare(dataset(), version("V001", current=True), version("V002", trainEvaluateRatio="0.8"))
    assert [call.split()[0] for call in zoo.calls()] == ["POST", "PUT"]
    zoo.apply()
    assert zoo.current() == "V001"
    assert zoo.versions()["V002"]["train_evaluate_sample_ratio"] == "0.80"


def test_of_several_new_versions_the_current_one_is_published_last(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True), version("V002"), version("V003"))
    assert [call.split()[0] for call in zoo.calls()] == ["POST", "POST", "POST", "POST", "PUT"]
    zoo.apply()
    assert zoo.current() == "V001"
    names = [each["body"].get("version_name") for each in zoo.writes() if each["path"].endswith("/versions")]
    assert names[-1] == "V001"


def test_switching_is_one_call_and_drift_where_somebody_else_does_it(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True), version("V002")).apply()
    zoo.declare(dataset(), version("V001"), version("V002", current=True))
    (switch,) = zoo.calls()
    versions = {name: each["version_id"] for name, each in zoo.versions().items()}
    assert switch.endswith(f' {{"current_version_id": "{versions["V002"]}"}}')
    assert "the dataset is switching" in zoo.apply()
    assert zoo.current() == "V002"

    zoo.ask("PUT", f"/datasets/{zoo.held()['animals']['dataset_id']}", {"current_version_id": versions["V001"]})
    while zoo.current() != "V001":
        time.sleep(0.05)
    assert "current: declared true, live false" in zoo.run("drift", code=2).out
    zoo.apply()
    assert zoo.current() == "V002"

    zoo.declare(dataset(), version("V002", current=True)).apply()
    assert list(zoo.versions()) == ["V002"]


def test_labels_name_and_description_change_in_one_call_and_versions_stay(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True)).apply()
    before = zoo.held()["animals"]["dataset_id"]
    pets = [{"name": "cat", "color": "#00ff00"}, {"name": "hound", "renamedFrom": "dog"}, {"name": "bird"}]
    renamed = dataset(labels=pets, description="Pets")
    renamed["spec"]["name"] = "beasts"
    zoo.declare(renamed, version("V001", current=True))
    (change,) = zoo.calls()
    assert json.loads(change[change.index("{") :]) == {
        "dataset_name": "beasts",
        "description": "Pets",
        "update_labels": [
            {"name": "cat", "property": {"@modelarts:color": "#00FF00"}},
            {"name": "dog", "property": {"@modelarts:rename_to": "hound"}},
        ],
        "add_labels": [{"name": "bird"}],
    }
    zoo.apply()
    found = zoo.held()["beasts"]
    assert {each["name"]: each["property"] for each in found["labels"]} == {
        "cat": {"@modelarts:color": "#00FF00"},
        "hound": {},
        "bird": {},
    }
    assert found["dataset_id"] == before
    assert "beasts/V001" in zoo.run("state", "show", "modelarts/DatasetVersion/v001").out


def test_what_is_given_at_creation_blocks_until_replacing_is_allowed(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True)).apply()
    before = zoo.held()["animals"]["dataset_id"]
    zoo.declare(dataset(workPath="/zoo/elsewhere/"), version("V001", current=True))
    assert [each["action"] for each in zoo.plan()["changes"]] == ["blocked"]
    zoo.run("apply", "--auto-approve", code=3)
    zoo.declare(dataset(workPath="/zoo/elsewhere/", meta={"replace": "allowed"}), version("V001", current=True)).apply()
    replaced = zoo.held()["animals"]
    assert (replaced["dataset_id"] != before, replaced["work_path"]) == (True, "/zoo/elsewhere/")
    assert zoo.current() == "V001"

    zoo.declare(
        dataset(workPath="/zoo/elsewhere/"),
        version("V001", current=True, description="Another", meta={"replace": "allowed"}),
    )
    assert [call.split()[0] for call in zoo.calls()] == ["DELETE", "POST", "PUT"]
    zoo.apply()


def test_an_account_is_imported_as_it_is(zoo: Zoo) -> None:
    ends = {"@modelarts:from_type": "animal", "@modelarts:to_type": "plant"}
    entities = [{"name": name, "type": 103} for name in ("animal", "plant")]
    made = zoo.add("texts", dataset_type=102, labels=[*entities, {"name": "eats", "property": ends}])
    zoo.ask("POST", f"/datasets/{made}/versions", {"version_name": "V1"})
    zoo.declare().run("import", "--connection", "ma", "--all", "--into", "got")
    while zoo.held()["texts"]["status"] != 1:
        time.sleep(0.05)
    zoo.run("drift")
    zoo.plan(code=0)
    text = "".join(path.read_text() for path in (zoo.folder / "got").rglob("*.yaml"))
    assert "type: text-triplet\n" in text
    assert "from: animal" in text


def test_only_one_version_is_current(zoo: Zoo) -> None:
    zoo.declare(dataset(), version("V001", current=True), version("V002", current=True))
    told = zoo.run("validate", code=1).out
    assert zoo.emulator.requests() == []
    assert "modelarts/DatasetVersion/v002 and modelarts/DatasetVersion/v001 both have current" in told
    zoo.declare(dataset(), version("V001", current=False), version("V002", current=True))
    zoo.run("validate")


def test_a_version_of_a_dataset_outside_the_stack(zoo: Zoo) -> None:
    zoo.add("theirs")
    zoo.declare(version("V001", dataset="/theirs", current=True)).apply()
    assert zoo.current("theirs") == "V001"
    zoo.run("destroy", "--auto-approve")
    assert zoo.versions("theirs") == {}
    zoo.declare(version("V001", dataset="/nobodys"))
    assert "/nobodys does not exist on connection ma" in zoo.run("plan", code=1).err


def test_a_busy_dataset_is_waited_for(zoo: Zoo) -> None:
    zoo.declare(dataset()).apply()
    dataset_id = zoo.held()["animals"]["dataset_id"]
    zoo.emulator.request("POST", "/_emulator/clock", {"now": "2030-01-01T00:00:00Z"})
    zoo.ask("POST", f"/datasets/{dataset_id}/versions", {})
    zoo.declare(dataset(description="Changed"))
    command = [sys.executable, "-m", "dsops", "apply", "--auto-approve"]
    with subprocess.Popen(
        command, cwd=zoo.folder, env={**os.environ, **SECRETS}, stderr=subprocess.PIPE, text=True
    ) as waiting:
        while not any(each["status"] == 400 for each in zoo.writes()):
            assert waiting.poll() is None
            time.sleep(0.1)
        zoo.emulator.request("POST", "/_emulator/clock", {"advance": 60})
        _, told = waiting.communicate(timeout=60)
    zoo.emulator.request("POST", "/_emulator/clock", {"now": None})
    assert waiting.returncode == 0, told
    assert "is being published" in told
    assert "sending it again" in told
    assert zoo.held()["animals"]["description"] == "Changed"


def test_the_account_of_a_table_is_sent_and_kept_nowhere(zoo: Zoo) -> None:
    source = {
        "type": "dws",
        "ip": "10.0.0.7",
        "port": "8000",
        "tableName": "animals",
        "userName": "${env:DWS_USER}",
        "userPassword": "${env:DWS_PASSWORD}",
    }
    table = dataset(type="table", dataSource=source, labels=[], schema=[{"name": "length", "type": "DOUBLE"}])
    zoo.declare(table)
    planned = zoo.plan()
    (create,) = planned["changes"][0]["calls"]
    assert create["body"]["data_sources"][0]["source_info"]["user_password"] == "${env:DWS_PASSWORD}"
    zoo.apply()
    (sent,) = zoo.writes()
    assert sent["body"]["data_sources"][0]["source_info"]["user_password"] == SECRETS["DWS_PASSWORD"]
    assert '"${env:DWS_PASSWORD}"' in zoo.run("state", "show", "modelarts/Dataset/animals", "--format", "json").out
    zoo.run("drift")
    other = {**source, "userPassword": "${env:DWS_USER}"}
    zoo.declare(dataset(type="table", dataSource=other, labels=[], schema=table["spec"]["schema"]))
    (blocked,) = zoo.plan()["changes"]
    assert [each["path"] for each in blocked["fields"]] == ["dataSource.userPassword"]
    zoo.declare(dataset(type="table", dataSource={**source, "userPassword": "hunter2"}, labels=[]))
    told = zoo.run("validate", code=1).out
    assert "holds a secret itself" in told
    assert "hunter2" not in told


def test_a_token_takes_the_place_of_keys_and_what_it_lacks_is_said(zoo: Zoo) -> None:
    zoo.declare(dataset(), token="${env:MA_TOKEN}", project=zoo.project)
    assert [each["action"] for each in zoo.plan()["changes"]] == ["create"]
    told = zoo.run("apply", "--auto-approve", code=3)
    assert "modelarts:dataset:create" in told.out + told.err
    assert not any("/v3/" in each["path"] for each in zoo.emulator.requests())


def test_listing_with_the_filters_of_the_api(zoo: Zoo) -> None:
    zoo.add("cats", labels=[{"name": "cat"}])
    zoo.add("films", dataset_type=600)
    zoo.declare(dataset("cats"))

    def listed(*options: str) -> list[str]:
        return [each["name"] for each in zoo.run("dataset", "list", *options, "--format", "json").json]

    assert listed() == ["cats", "films"]
    assert listed("--type", "video") == ["films"]
    assert listed("--search", "AT") == ["cats"]
    assert listed("--sort", "dataset_name", "--order", "desc") == ["films", "cats"]
    assert listed("--limit", "1", "--page", "1", "--sort", "dataset_name", "--order", "asc") == ["films"]
    assert listed("--with-versions") == []
    assert listed("--exportable") == ["cats"]
    (cats,) = zoo.run("dataset", "list", "--search", "cats", "--preview", "--with-labels", "--format", "json").json
    assert cats["address"] == "modelarts/Dataset/cats"
    assert cats["object"]["labels"][0]["name"] == "cat"
    assert len(cats["object"]["samples"]) == 4
    told = zoo.run("dataset", "list").out
    assert "image-classification" in told
    assert "Signature" not in json.dumps(cats)
    assert "Signature" not in zoo.run("dataset", "get", "cats", "--format", "json").out
    assert "images" in zoo.run("dataset", "list", "--type", "images", code=1).err
    assert "doesn't take project" in zoo.run("dataset", "list", "--project", "p", code=1).err


@pytest.mark.parametrize("offset", ["page", "records"])
def test_a_large_account_is_read_whole_however_the_server_counts(tmp_path: Path, offset: str) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps(PAIRS))
    options = ("--tokens", tokens, "--generate", "modelarts-datasets=250", "--offset", offset)
    with start_emulator(*options) as running:
        zoo = Zoo(tmp_path / "zoo", running, "emulator-project").declare()
        assert len(zoo.run("dataset", "list", "--format", "json").json) == 250
        reads = [each for each in running.requests() if each["path"].startswith("/v2/")]
        assert len(reads) == {"page": 3, "records": 4}[offset]
