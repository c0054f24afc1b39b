"""Narrated suites, one a file in `kinds/`: desired states, one after the other, each applied twice: changes, then none.

A step says

    tell     what it is about
    files    what stands beside the manifests from now on: path to rows; ``[input, answer]`` is short for a row
    declare  all documents of the stack (first step); add, set, remove: what becomes of those of the step before.
             `set` names fields by path; `(left out)` takes one out
    behind   what somebody else sends before we plan: method, path (below the datasets), body
    plan     address to action and reason of every change
    rows     address to some of the counts of its rows
    fields   address to (path, before, after, cause) of every field that differs, where the step looks at it
    calls    the writes, in any order that the plan allows, with their bodies where the step looks at them
    live     path to what the API answers (fields not named may be anything); null: nothing is there
    code     exit code of apply (0)
    settles  false where something is left to do afterwards

In paths ``{faq}`` stands for the id of the dataset faq, ``{faq/q}`` for that of its row q.

Whatever it says, the calls that arrive must be those that the plan showed: method, path and digest of the body, in an
order that `after` allows; and the reads must be as many as it says.
"""

import copy
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.conformance.evaluations import at
from tests.conformance.stage import (
    Document,
    Json,
    Stage,
    actions,
    change,
    content,
    emulator_with_tokens,
    placed,
    same_calls,
)
from tests.support import RunningEmulator

STORIES = sorted((Path(__file__).parent / "kinds").glob("*.yaml"))


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_each_state_is_reached_and_then_stays(story: Path, stage: Stage) -> None:
    provider = story.stem.partition("-")[0]
    before = at(stage.folder, stage.emulator) if provider == "geai" else stage
    walk(yaml.safe_load(story.read_text(encoding="utf-8")), before)


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    with emulator_with_tokens(tmp_path_factory.mktemp("mute"), "--no-echo-thresholds") as running:
        yield running


@pytest.mark.parametrize(
    "story", sorted((Path(__file__).parent / "kinds" / "mute").glob("*.yaml")), ids=lambda path: path.stem
)
def test_without_echo_too(story: Path, mute: RunningEmulator, tmp_path: Path) -> None:
    mute.start_over()
    walk(yaml.safe_load(story.read_text(encoding="utf-8")), Stage(tmp_path / "mail", mute))


def walk(steps: list[Document], stage: Stage) -> None:
    documents: dict[str, Document] = {}
    for step in steps:
        documents = _declared(documents, step, stage.provider)
        try:
            _walk_to(step, documents, stage)
        except AssertionError as wrong:
            wrong.add_note(f"in the step: {step['tell']}")
            raise


def _walk_to(step: Document, documents: dict[str, Document], stage: Stage) -> None:
    stage.declare(*documents.values())
    stage.write_files(step.get("files", {}))
    for each in step.get("behind", ()):
        stage.behind(*each)
    ids = stage.ids()
    stage.emulator.request("DELETE", "/_emulator/requests")

    plan = stage.plan(code=2 if step["plan"] else 0)
    assert actions(plan) == step["plan"]
    assert len(stage.emulator.requests()) == plan["summary"]["reads"]
    for address, counts in step.get("rows", {}).items():
        told = change(plan, address)["rows"]["counts"]
        assert {name: told[name] for name in counts} == counts
    for address, fields in step.get("fields", {}).items():
        found = [
            [each[name] for name in ("path", "before", "after", "cause")] for each in change(plan, address)["fields"]
        ]
        assert found == fields
    assert stage.writes() == []

    report = stage.apply(code=step.get("code", 0))
    assert report["planId"] == plan["planId"]
    received = stage.writes()
    same_calls(plan, received)
    _as_told(step, received, {**stage.ids(), **ids})
    for path, wanted in step.get("live", {}).items():
        stage.is_live(path, wanted)
    if step.get("settles", True):
        stage.settled()


def _as_told(step: Document, received: list[Document], ids: Mapping[str, str]) -> None:
    if "calls" not in step:
        assert received == [] or step["plan"]
        return
    told = [placed(call, ids).split(maxsplit=2) for call in step["calls"]]
    assert Counter(f"{method} {path}" for method, path, *_ in told) == Counter(
        f"{each['method']} {each['path']}" for each in received
    )
    bodies = [content(each) for each in received]
    for _, _, *body in told:
        if body:
            assert json.loads(body[0]) in bodies


def _declared(before: dict[str, Document], step: Document, provider: str) -> dict[str, Document]:
    documents = copy.deepcopy(before)
    for each in itertools.chain(step.get("declare", ()), step.get("add", ())):
        documents[f"{each['kind']}/{each['metadata']['name']}"] = {"apiVersion": f"{provider}/v1", **each}
    for address, fields in step.get("set", {}).items():
        for path, value in fields.items():
            _put(documents[address], path.split("."), value)
    for address in step.get("remove", ()):
        del documents[address]
    return documents


def _put(document: Document, path: list[str], value: Json) -> None:
    *above, last = path
    for name in above:
        document = document[name]
    if value == "(left out)":
        del document[last]
    else:
        document[last] = value
