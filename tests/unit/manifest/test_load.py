"""From files to resources."""

import datetime as dt
from pathlib import Path

import pytest

from dsops.manifest import load
from dsops.model import (
    ALL_VERBS,
    Address,
    Connection,
    Ignore,
    Meta,
    Reference,
    Safety,
    SecretRef,
    Source,
    Template,
    Verb,
)
from tests.unit.manifest.conftest import SCHEMAS, STACK, Load, Write

DATASET = """\
apiVersion: uipath/v1
kind: Dataset
metadata: {name: collateral, protect: true}
spec:
  project: project1
  title: Collateral
  sourceIds: [18ba5ce699f8da1f]
"""
STREAM = """\
apiVersion: uipath/v1
kind: Stream
metadata: {name: dispute}
spec:
  dataset: collateral
  model:
    version: 8
    labelThresholds: {Some Label: 0.37, Parent Label > Child Label: 0.41}
  commentFilter:
    userProperties:
      "string:Country": {oneOf: [uk, de, no]}
      "number:Spend": {minimum: 100, maximum: 100000}
  startFrom: 2020-06-03T16:05:00Z
"""
COLLATERAL = Address("uipath", "Dataset", "collateral")
DISPUTE = Address("uipath", "Stream", "dispute")


def test_a_stack_with_everything_left_out(stack: Load, tmp_path: Path) -> None:
    loaded = stack({})
    assert loaded.diagnostics == ()
    assert loaded.resources == ()
    assert loaded.stack is not None
    assert (loaded.stack.name, loaded.stack.env, loaded.stack.root) == ("mail", None, str(tmp_path))
    assert loaded.stack.state == "sqlite:.dsops/default.db"
    assert loaded.stack.safety == Safety(10, 30.0, 30.0)
    assert loaded.stack.connections == {
        "cm": Connection("cm", "uipath", "https://cloud.example.com/acme", secrets={"token": SecretRef("env", "TOKEN")})
    }


def test_a_stack_with_everything_given(stack: Load) -> None:
    text = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: mail}
spec:
  state: sqlite:other.db
  connections:
    cm:
      provider: uipath
      endpoint: http://cm.internal/x/
      token: ${file:secrets/token}
      maxConcurrency: 3
      timeout: 2.5
      settle: 0
      insecure: true
  safety: {maxDeletes: 0, maxDeletePercent: 12.5, maxUpdatePercent: 100}
"""
    loaded = stack({"dsops.yaml": text})
    assert loaded.diagnostics == ()
    assert loaded.stack is not None
    assert loaded.stack.state == "sqlite:other.db"
    assert loaded.stack.safety == Safety(0, 12.5, 100.0)
    assert loaded.stack.connections["cm"] == Connection(
        "cm",
        "uipath",
        "http://cm.internal/x",
        {},
        {"token": SecretRef("file", "secrets/token")},
        3,
        2.5,
        0.0,
        insecure=True,
    )


def test_resources(stack: Load) -> None:
    loaded = stack({"a.yaml": f"{STREAM}---\n{DATASET}"})
    assert loaded.diagnostics == ()
    dataset, stream = loaded.resources
    assert dataset.address == COLLATERAL
    assert dataset.connection == "cm"
    assert dataset.parent is None
    assert dataset.depends_on == ()
    assert dataset.meta == Meta(protect=True)
    assert dataset.source == Source("a.yaml", 15, 1)
    assert dataset.spec == {"project": "project1", "title": "Collateral", "sourceIds": ["18ba5ce699f8da1f"]}
    assert stream.address == DISPUTE
    assert stream.parent == COLLATERAL
    assert stream.depends_on == (COLLATERAL,)
    assert stream.late is False
    assert stream.spec["commentFilter"]["userProperties"]["string:Country"] == {"oneOf": ["uk", "de", "no"]}
    assert stream.spec["startFrom"] == "2020-06-03T16:05:00Z"
    assert stream.places["spec.model.version"] == Source("a.yaml", 7, 5)


def test_resources_are_sorted_by_address(stack: Load) -> None:
    files = {f"{name}.yaml": DATASET.replace("name: collateral", f"name: {name}") for name in ("z", "a-b", "a", "a.b")}
    assert [each.address.name for each in stack(files).resources] == ["a", "a-b", "a.b", "z"]


def test_a_parent_outside_the_stack(stack: Load) -> None:
    (stream,) = stack({"a.yaml": STREAM.replace("dataset: collateral", "dataset: project1/collateral")}).resources
    assert stream.parent == "project1/collateral"
    assert stream.depends_on == ()


def test_the_switches_of_the_envelope(stack: Load) -> None:
    metadata = """\
metadata:
  name: collateral
  policy: [create, update]
  replace: allowed
  ignore:
    - {path: title, reason: Web interface.}
    - {path: description, reason: For now., until: 2025-12-31}
"""
    (dataset,) = stack({"a.yaml": DATASET.replace("metadata: {name: collateral, protect: true}\n", metadata)}).resources
    assert dataset.meta == Meta(
        policy=frozenset({Verb.CREATE, Verb.UPDATE}),
        replace=True,
        ignore=(Ignore("title", "Web interface."), Ignore("description", "For now.", dt.date(2025, 12, 31))),
    )


def test_an_empty_policy_allows_nothing(stack: Load) -> None:
    (dataset,) = stack({"a.yaml": DATASET.replace("protect: true", "policy: []")}).resources
    assert dataset.meta.policy == frozenset()
    assert Meta().policy == ALL_VERBS


TWO = STACK + '    other: {provider: uipath, endpoint: "https://b.example.com", token: "${env:B}"}\n'


@pytest.mark.parametrize(
    ("stackfile", "dataset", "stream", "chosen"),
    [
        (STACK, "", "", ["cm", "cm"]),
        (STACK, ", connection: cm", "", ["cm", "cm"]),
        (TWO, ", connection: other", "", ["other", "other"]),
        (TWO, ", connection: other", ", connection: other", ["other", "other"]),
    ],
)
def test_which_connection(stack: Load, stackfile: str, dataset: str, stream: str, chosen: list[str]) -> None:
    files = {
        "dsops.yaml": stackfile,
        "a.yaml": DATASET.replace(", protect: true", dataset),
        "b.yaml": STREAM.replace("name: dispute", f"name: dispute{stream}"),
    }
    loaded = stack(files)
    assert loaded.diagnostics == ()
    assert [each.connection for each in loaded.resources] == chosen


def test_null_where_the_api_can_clear(stack: Load) -> None:
    spec = "spec: {dataset: p/d, model: null, commentFilter: null}"
    text = f"apiVersion: uipath/v1\nkind: Stream\nmetadata: {{name: s}}\n{spec}\n"
    loaded = stack({"a.yaml": text})
    assert loaded.diagnostics == ()
    assert loaded.resources[0].spec == {"dataset": "p/d", "model": None, "commentFilter": None}


def test_late_references(stack: Load) -> None:
    text = DATASET.replace("collateral", "other").replace(
        "  title: Collateral",
        "  title: ${uipath/Dataset/collateral.id}\n  description: of ${uipath/Dataset/collateral.id}!",
    )
    _, other = stack({"a.yaml": DATASET, "b.yaml": text}).resources
    assert other.spec["title"] == Reference(COLLATERAL)
    assert other.spec["description"] == Template(("of ", Reference(COLLATERAL), "!"))
    assert other.depends_on == (COLLATERAL,)
    assert other.late is True


def test_no_stack_folder(tmp_path: Path) -> None:
    loaded = load(tmp_path, env=None, variables={}, environ={}, schemas=SCHEMAS)
    assert loaded.stack is None
    assert [each.summary for each in loaded.diagnostics] == [f"no dsops.yaml in {tmp_path}"]


def test_the_example_of_each_schema_is_a_manifest(stack: Load) -> None:
    import json

    files = {}
    for type_, path in SCHEMAS.items():
        for number, example in enumerate(json.loads(path.read_text())["examples"]):
            files[f"{type_.replace('/', '-')}-{number}.yaml"] = json.dumps(example)
    loaded = stack(files)
    assert loaded.diagnostics == ()
    assert {each.address.type for each in loaded.resources} == set(SCHEMAS)


def test_reads_no_secret(write: Write) -> None:
    class Environ(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            raise AssertionError(key)

        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            assert key.startswith("DSOPS_VAR_")
            return default

    root = write({"a.yaml": DATASET})
    assert load(root, env=None, variables={}, environ=Environ(), schemas=SCHEMAS).diagnostics == ()
