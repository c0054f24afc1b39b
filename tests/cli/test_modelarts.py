"""ModelArts through the real command: made, published, switched, renamed, replaced, deleted; signed and awaited."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsops.manifest import load
from dsops.model import DsopsError
from dsops.planner import declare
from dsops.providers import kinds, schemas
from tests.support import Done, RunningEmulator, run_dsops, start_emulator
from tests.support.modelarts import add_dataset, ask, held_datasets, held_versions

MARK = "canary-5d1c"
"""What every secret begins with."""
VERBS = [f"modelarts:dataset:{verb}" for verb in ("list", "get", "create", "update", "delete")]
PAIRS = {
    f"{MARK}-ak": {
        "secretKey": f"{MARK}-sk",
        "securityToken": f"{MARK}-st+/==",
        "permissions": VERBS,
    },
    f"{MARK}-token": {"permissions": ["modelarts:dataset:list", "modelarts:dataset:get"]},
}
SECRETS = {
    "MA_ACCESS_KEY": f"{MARK}-ak",
    "MA_SECRET_KEY": f"{MARK}-sk",
    "MA_SECURITY_TOKEN": f"{MARK}-st+/==",
    "MA_TOKEN": f"{MARK}-token",
    "DWS_USER": f"{MARK}-user",
    "DWS_PASSWORD": f"{MARK}-password",
}
SIGNED = {
    "accessKey": "${env:MA_ACCESS_KEY}",
    "secretKey": "${env:MA_SECRET_KEY}",
    "securityToken": "${env:MA_SECURITY_TOKEN}",
}
Document = dict[str, Any]
_NUMBERS = itertools.count(1)


@dataclass
class Zoo:
    """A stack folder before an emulator, in a project of its own; what a command says is searched for secrets."""

    folder: Path
    emulator: RunningEmulator
    project: str

    def declare(self, *documents: Document, **connection: Any) -> "Zoo":
        given = connection or {**SIGNED, "project": self.project}
        account = {"provider": "modelarts", "endpoint": self.emulator.url, "settle": 0, **given}
        stack = {
            "apiVersion": "dsops/v1",
            "kind": "Stack",
            "metadata": {"name": "zoo"},
            "spec": {"connections": {"ma": account}},
        }
        self.folder.mkdir(exist_ok=True)
        (self.folder / "dsops.yaml").write_text(json.dumps(stack))
        (self.folder / "zoo.yaml").write_text("\n---\n".join(map(json.dumps, documents)))
        return self

    def run(self, *args: str, code: int = 0) -> Done:
        done = run_dsops(*args, cwd=self.folder, env=SECRETS, timeout=100).ok(code)
        assert MARK not in done.out + done.err
        for path in self.folder.rglob("*"):
            assert not path.is_file() or MARK.encode() not in path.read_bytes(), path
        return done

    def plan(self, code: int = 2) -> Any:
        return self.run("plan", "--detailed-exitcode", "--format", "json", code=code).json

    def calls(self) -> list[str]:
        """What a plan would send: method, path, body."""
        calls = [call for change in self.plan()["changes"] for call in change["calls"]]
        return [
            f"{call['method']} {call['path']} {json.dumps(call.get('body'))}"
            for call in sorted(calls, key=lambda each: each["id"])
        ]

    def apply(self) -> str:
        """Apply, and see that nothing is left to do."""
        done = self.run("apply", "--auto-approve")
        self.plan(code=0)
        return done.err

    def problems(self) -> str:
        """Return what is wrong with the stack: what `validate` says, in this process, for there are many of these."""
        loaded = load(self.folder, env=None, variables={}, environ={}, schemas=schemas())
        found = [each for each in loaded.diagnostics if each.is_error]
        try:
            declare(() if found else loaded.resources, kinds("modelarts"))
        except DsopsError as wrong:
            found += wrong.diagnostics
        return "\n".join(f"{each.summary} {each.detail} {each.hint}" for each in found)

    def writes(self) -> list[Document]:
        return [each for each in self.emulator.requests() if each["method"] != "GET"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Do what a stranger would."""
        return ask(self.emulator.url, method, path, body, project=self.project)

    def held(self) -> dict[str, Document]:
        return held_datasets(self.emulator.url, project=self.project)

    def versions(self, name: str = "animals") -> dict[str, Document]:
        return held_versions(self.emulator.url, name, project=self.project)

    def current(self, name: str = "animals") -> str:
        return str(self.held()[name]["current_version_name"])

    def add(self, name: str, **fields: Any) -> str:
        """Make a dataset as a stranger would, and wait until it is there."""
        made = add_dataset(self.emulator.url, name, project=self.project, **fields)
        while self.held()[name]["status"] != 1:
            time.sleep(0.05)
        return made


def dataset(name: str = "animals", **spec: Any) -> Document:
    meta = spec.pop("meta", {})
    base = {
        "type": "image-classification",
        "dataSource": {"type": "obs", "path": "/zoo/in/"},
        "workPath": "/zoo/out/",
        "labels": [{"name": "cat", "color": "#FFFFF0"}, {"name": "dog"}],
    }
    return {"apiVersion": "modelarts/v1", "kind": "Dataset", "metadata": {"name": name, **meta}, "spec": base | spec}


def version(name: str, **spec: Any) -> Document:
    meta = spec.pop("meta", {})
    return {
        "apiVersion": "modelarts/v1",
        "kind": "DatasetVersion",
        "metadata": {"name": name.lower(), **meta},
        "spec": {"dataset": "animals", "name": name, **spec},
    }


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


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"region": "r"}, "needs accessKey or token"),
        ({**SIGNED, "token": "${env:MA_TOKEN}", "region": "r"}, "has accessKey and token"),
        ({**SIGNED, "project": "p", "region": "r"}, "has project and region"),
        ({"accessKey": "${env:MA_ACCESS_KEY}", "region": "r"}, "has accessKey, and so needs secretKey"),
        (
            {"token": "${env:MA_TOKEN}", "securityToken": "${env:MA_TOKEN}", "region": "r"},
            "has securityToken, and so needs accessKey",
        ),
        ({**SIGNED, "project": "p", "iamEndpoint": "https://iam.example.com"}, "has iamEndpoint, and so needs region"),
        ({**SIGNED, "project": "../p"}, "can't be"),
        ({**SIGNED, "region": "r", "iamEndpoint": "http://iam.example.com"}, "is plain http to another machine"),
    ],
)
def test_a_connection_says_one_way_of_each(zoo: Zoo, connection: dict[str, str], words: str) -> None:
    zoo.declare(dataset(), **connection)
    assert words in zoo.problems()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (dataset(description="a < b"), "A description has none of"),
        (dataset(name="an.imals"), "can't be the name of a dataset"),
        (dataset(workPath="/zoo"), "Write a folder in a bucket"),
        (dataset(workPath="/zoo//out/"), "Write a folder in a bucket"),
        (dataset(workPath="/zoo/in/deep/"), "is the folder of dataSource.path, or lies in it"),
        (dataset(dataSource={"type": "obs"}), "spec.dataSource.path is missing"),
        (dataset(dataSource={"type": "obs", "path": "zoo/in"}), "Write a folder in a bucket"),
        (dataset(dataSource={"type": "dws"}), "spec.dataSource.userName is missing"),
        (dataset(type="images"), "spec.type can't be"),
        (dataset(labels=[{"name": "a&b"}]), "A label's name has none of"),
        (dataset(labels=[{"name": "a", "color": "red"}]), "six hexadecimal digits"),
        (dataset(labels=[{"name": "a"}, {"name": "a"}]), "two labels are called 'a'"),
        (dataset(labels=[{"name": "a", "renamedFrom": "b"}, {"name": "b"}]), "can't be renamed from 'b'"),
        (dataset(labels=[{"name": "a", "from": "b"}]), "has from, and so needs to"),
        (version("V.1"), "A version's name has 1 to 32"),
        (version("V1", trainEvaluateRatio="1.5"), "Write a number from 0 to 1"),
        (version("V1", dataset="a/b"), "Write the name of a dataset of this stack, or /name"),
        (version("V1", dataset="other"), "the stack has no modelarts/Dataset called other"),
    ],
)
def test_bad_values_are_refused_before_anything_is_sent(zoo: Zoo, document: Document, words: str) -> None:
    parents = [] if document["kind"] == "Dataset" else [dataset()]
    zoo.declare(*parents, document)
    assert words in zoo.problems()


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
