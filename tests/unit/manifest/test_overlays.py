"""Overlays and the stack file."""

# ruff: noqa: E501 - tables, a line a case

import pytest

from dsops.manifest.overlay import merged
from dsops.model import Source
from tests.unit.manifest.conftest import STACK, Load

DATASET = """\
apiVersion: uipath/v1
kind: Dataset
metadata: {name: collateral}
spec:
  project: p
  title: Base
  sourceIds: [18ba5ce699f8da1f, 28ba5ce699f8da1f]
"""
OVER = "apiVersion: uipath/v1\nkind: Dataset\nmetadata: {name: collateral}\n"


@pytest.mark.parametrize(
    ("base", "overlay", "result"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": {"b": 1}}, {"a": {"b": None}}, {"a": {}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({}, {"a": {"b": None, "c": {"d": None}, "e": 1}}, {"a": {"c": {}, "e": 1}}),
    ],
)
def test_maps_merge_lists_replace_null_removes(base: object, overlay: object, result: object) -> None:
    before = repr((base, overlay))
    assert merged(base, overlay) == result
    assert repr((base, overlay)) == before


def test_a_document_is_changed(stack: Load) -> None:
    over = OVER + "spec:\n  title: null\n  description: New\n  sourceIds: [38ba5ce699f8da1f]\n"
    loaded = stack({"a.yaml": DATASET, "env/prod.yaml": over}, env="prod")
    assert loaded.diagnostics == ()
    (dataset,) = loaded.resources
    assert dataset.spec == {"project": "p", "description": "New", "sourceIds": ["38ba5ce699f8da1f"]}
    assert dataset.source == Source("a.yaml", 1, 1)
    assert dataset.places["spec.project"] == Source("a.yaml", 5, 3)
    assert dataset.places["spec.description"] == Source("env/prod.yaml", 6, 3)
    assert "spec.sourceIds[1]" not in dataset.places


def test_without_the_environment_it_is_not_read(stack: Load) -> None:
    loaded = stack({"a.yaml": DATASET, "env/prod.yaml": "not: [a manifest"})
    assert loaded.diagnostics == ()


def test_a_new_address_is_a_further_resource(stack: Load) -> None:
    loaded = stack({"a.yaml": DATASET, "env/prod/b.yaml": DATASET.replace("collateral", "further")}, env="prod")
    assert [each.address.name for each in loaded.resources] == ["collateral", "further"]


def test_the_stack_file_is_changed(stack: Load) -> None:
    over = """\
apiVersion: dsops/v1
kind: Stack
spec:
  connections: {cm: {endpoint: "https://prod.example.com"}}
  safety: {maxDeletes: 1}
"""
    loaded = stack({"env/prod.yaml": over}, env="prod")
    assert loaded.diagnostics == ()
    assert loaded.stack is not None
    assert (loaded.stack.env, loaded.stack.state) == ("prod", "sqlite:.dsops/prod.db")
    assert loaded.stack.connections["cm"].endpoint == "https://prod.example.com"
    assert loaded.stack.safety.max_deletes == 1


def test_a_state_that_is_given_is_used_in_every_environment(stack: Load) -> None:
    loaded = stack({"dsops.yaml": STACK + "  state: sqlite:mine.db\n", "env/prod.yaml": ""}, env="prod")
    assert loaded.stack is not None
    assert loaded.stack.state == "sqlite:mine.db"


@pytest.mark.parametrize(
    ("files", "place", "summary"),
    [
        ({"env/prod.yaml": OVER + "spec: {titel: x}"}, "env/prod.yaml:4:8", "spec has no field titel"),
        ({"env/prod.yaml": OVER + "spec: {title: 8}"}, "env/prod.yaml:4:15", "spec.title must be text, not a number"),
        ({"env/prod.yaml": OVER + "spec: {project: null}"}, "env/prod.yaml:4:1", "spec.project is missing"),
        ({"env/prod.yaml": OVER + "---\n" + OVER}, "env/prod.yaml:5:1", "The overlay changes uipath/Dataset/collateral twice, in env/prod.yaml:1:1 and env/prod.yaml:5:1"),
        ({"env/prod.yaml": OVER, "env/prod/a.yaml": OVER}, "env/prod/a.yaml:1:1", "The overlay changes uipath/Dataset/collateral twice, in env/prod.yaml:1:1 and env/prod/a.yaml:1:1"),
        ({"env/prod.yaml": "apiVersion: uipath/v1\nkind: Dataset\nspec: {project: p}"}, "env/prod.yaml:1:1", "metadata is missing"),
        ({"env/prod.yaml": "a: 1"}, "env/prod.yaml:1:1", "This document has no apiVersion"),
        ({}, "-", "There is no environment prod"),
    ],
)  # fmt: skip
def test_mistakes(stack: Load, files: dict[str, str], place: str, summary: str) -> None:
    (only,) = stack({"a.yaml": DATASET, **files}, env="prod").diagnostics
    assert (str(only.source or "-"), only.summary) == (place, summary)


@pytest.mark.parametrize("env", ["../prod", "", "a/b", ".hidden", "-x"])
def test_an_environment_is_a_name(stack: Load, env: str) -> None:
    (only,) = stack({}, env=env).diagnostics
    assert only.summary == f"{env!r} can't be the name of an environment"


STACK_MISTAKES = [
    ("# nothing", "dsops.yaml:1:1", "The stack file declares no stack", "apiVersion: dsops/v1"),
    (STACK + "---\n" + STACK, "dsops.yaml:8:1", "The stack is declared twice, in dsops.yaml:1:1 and dsops.yaml:8:1", "Remove one."),
    (STACK.replace("name: mail", "name: mail, nme: x"), "dsops.yaml:3:24", "metadata has no field nme", "Did you mean name?"),
    (STACK.replace("uipath", "uipth"), "dsops.yaml:6:20", 'spec.connections.cm.provider can\'t be "uipth"', "Did you mean uipath?"),
    (STACK.replace("provider: uipath, ", ""), "dsops.yaml:6:5", "spec.connections.cm.provider is missing", "The provider."),
    (STACK.replace("https://", "ftp://"), "dsops.yaml:6:38", 'spec.connections.cm.endpoint can\'t be "ftp://cloud.example.com/acme"', "https://"),
    (STACK.replace("https://", "https://user:pw@"), "dsops.yaml:6:38", 'spec.connections.cm.endpoint can\'t be "https://...@cloud.example.com/acme"', "without user"),
    (STACK.replace("https://", "http://"), "dsops.yaml:6:38", "The endpoint of cm is plain http to another machine", "insecure: true"),
    (STACK.replace("https://cloud", "http://emulator.localhost/"), "dsops.yaml:6:38", "The endpoint of cm is plain http to another machine", "insecure: true"),
    (STACK.replace("https://cloud.example.com", "https://[::1"), "dsops.yaml:6:38", "The endpoint of cm is no URL", ""),
    (STACK.replace("https://cloud.example.com", "https://h:99999"), "dsops.yaml:6:38", "The endpoint of cm is no URL", ""),
    (STACK.replace("cm:", "c m:"), "dsops.yaml:6:5", 'spec.connections can\'t have the key "c m"', "A name begins"),
    (STACK.replace("token:", "timeout: 0, token:"), "dsops.yaml:6:81", "spec.connections.cm.timeout is 0; it must be more than 0", ""),
    (STACK + "  safety: {maxDelete: 1}", "dsops.yaml:7:12", "spec.safety has no field maxDelete", "Did you mean maxDeletes?"),
    (STACK + "  safety: {maxDeletePercent: 101}", "dsops.yaml:7:30", "spec.safety.maxDeletePercent is 101; it must be 100 or less", ""),
    (STACK + "  state: 'sqlite:${uipath/Dataset/x.id}'", "dsops.yaml:7:10", "The stack file can't refer to a resource", "Use a variable"),
    (STACK + "  state: state.db", "dsops.yaml:7:10", 'spec.state can\'t be "state.db"', "sqlite:.dsops/state.db"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "summary", "hint"), STACK_MISTAKES, ids=lambda each: str(each)[-40:])
def test_mistakes_in_the_stack_file(stack: Load, text: str, place: str, summary: str, hint: str) -> None:
    loaded = stack({"dsops.yaml": text})
    (only,) = loaded.diagnostics
    assert (str(only.source), only.summary) == (place, summary)
    assert hint in only.hint


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost", "[::1]:80", "127.8.8.8"])
def test_plain_http_to_this_machine(stack: Load, host: str) -> None:
    assert stack({"dsops.yaml": STACK.replace("https://cloud.example.com", f"http://{host}")}).diagnostics == ()


TWO = STACK + '    other: {provider: uipath, endpoint: "https://b.example.com", token: "${env:B}"}\n'
STREAM = "apiVersion: uipath/v1\nkind: Stream\nmetadata: {name: s}\nspec: {dataset: collateral}\n"


@pytest.mark.parametrize(
    ("stackfile", "dataset", "stream", "messages"),
    [
        (TWO, "", "", ["uipath/Dataset/collateral must name its connection"]),
        (TWO, ", connection: cm", ", connection: other", ["uipath/Stream/s can't live on the connection other"]),
        (TWO, ", connection: x", "", ["There is no connection x"]),
        (STACK.split("  connections")[0].replace("spec:", "spec: {}"), "", "",
         ["uipath/Dataset/collateral has no connection: the stack has none of provider uipath"]),
    ],
)  # fmt: skip
def test_mistakes_about_connections(
    stack: Load, stackfile: str, dataset: str, stream: str, messages: list[str]
) -> None:
    loaded = stack({
        "dsops.yaml": stackfile,
        "a.yaml": DATASET.replace("name: collateral", f"name: collateral{dataset}"),
        "b.yaml": STREAM.replace("name: s", f"name: s{stream}"),
    })  # fmt: skip
    assert [each.summary for each in loaded.diagnostics] == messages
