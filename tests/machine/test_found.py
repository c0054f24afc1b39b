"""What the machine found, each as a story of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.machine.account import Caller
from tests.machine.uipath import Uipath
from tests.machine.vi import Vi
from tests.machine.worker import Ran, Trouble, Worker
from tests.support import TOKEN, RunningEmulator
from tests.support.vi import headers

_ROOT = "/api/v1/datasets/p"
_LOST = {"do": {"fault": "closed before"}, "on": "write"}


class Story:
    """A stack in a folder."""

    def __init__(self, folder: Path, account: Uipath | Vi, worker: Worker) -> None:
        self.folder, self.account, self.worker = folder, account, worker
        for method, path in (("DELETE", "faults"), ("POST", "reset"), ("DELETE", "requests")):
            account.call(method, f"/_emulator/{path}")
        connection = {
            "provider": account.facts.provider,
            "endpoint": worker.url,
            "maxConcurrency": 1,
            **account.facts.connection,
        }
        spec = {"connections": {"account": connection}}
        stack = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "story"}, "spec": spec}
        (folder / "dsops.yaml").write_text(json.dumps(stack), encoding="utf-8")

    def declare(self, *names: str, **spec: str) -> None:
        version = f"{self.account.facts.provider}/v1"
        documents = [
            {"apiVersion": version, "kind": "Dataset", "metadata": {"name": each}, "spec": spec} for each in names
        ]
        (self.folder / "resources.yaml").write_text("\n---\n".join(map(json.dumps, documents)), encoding="utf-8")

    def apply(self, *troubles: Trouble, code: int = 0) -> Ran:
        command = ("apply", "--auto-approve", "--format", "json")
        ran = self.worker.run(self.folder, *command, troubles=troubles, env=self.account.facts.secrets)
        ran.done.ok(code)
        return ran

    def names(self) -> list[str]:
        return sorted(each.name for each in self.account.things().values())


@pytest.fixture
def story(tmp_path: Path, emulator: RunningEmulator, worker: Worker) -> Iterator[Story]:
    with closing(Caller(emulator.url, {"Authorization": f"Bearer {TOKEN}"})) as call:
        yield Story(tmp_path, Uipath(call), worker)


@pytest.fixture
def vi(tmp_path: Path, emulator: RunningEmulator, worker: Worker) -> Iterator[Story]:
    with closing(Caller(emulator.url, headers())) as call:
        yield Story(tmp_path, Vi(call), worker)


@pytest.mark.parametrize("refusal", [{"refuse": 401}, {"refuse": 403}, {"refuse": 400}, {"refuse": 409}])
def test_a_create_that_was_lost_and_refused_when_repeated_may_still_be_carried_out(
    story: Story, refusal: Trouble
) -> None:
    story.declare("kept", "late", project="p")
    refused = {"do": refusal, "on": "write", "path": "late$"}
    ran = story.apply({**_LOST, "path": "late$"}, refused, code=3)
    outcome = {each["address"]: each for each in ran.done.json["outcomes"]}["uipath/Dataset/late"]
    assert (outcome["status"], outcome["sent"], outcome["repeats"]) == ("unknown", 2, 1)
    story.account.call("PUT", f"{_ROOT}/late", {"dataset": {}})  # the first one, after all
    story.declare("kept", project="p")
    assert story.apply().done.json["recovered"] != []
    story.apply()
    assert story.names() == ["kept"]


@pytest.mark.parametrize("body", ['"text"', "[]", "{}", '{"datasets": null}', "nothing to see here"])
def test_a_success_that_is_no_answer_of_the_provider_refuses_nothing(story: Story, body: str) -> None:
    story.declare("kept", "odd", project="p")
    ran = story.apply({"do": {"nonsense": body}, "on": "write", "path": "odd$"})
    assert [each.method for each in ran.writes] == ["PUT", "PUT"]
    story.declare("kept", project="p")
    story.apply()
    assert story.names() == ["kept"]


def test_a_create_that_was_lost_is_not_repeated_while_reads_may_be_behind_where_that_makes_a_twin(vi: Story) -> None:
    vi.declare("shelves", type="phrase-grounding", content="Image")
    behind = {"fault": "stale", "match": {"path": "datasets"}, "skip": 2, "times": 3}
    vi.account.call("POST", "/_emulator/faults", [behind])
    ran = vi.apply({"do": {"fault": "closed after"}, "on": "write"})
    assert [each.method for each in ran.writes] == ["POST"]
    assert vi.names() == ["shelves"]


def test_what_never_arrived_is_sent_again_once_a_twin_is_out_of_the_question(vi: Story) -> None:
    vi.declare("shelves", type="phrase-grounding", content="Image")
    ran = vi.apply(_LOST)
    first, second = ran.writes
    assert second.at - first.at >= 5.0
    assert vi.names() == ["shelves"]
