"""What the machine found, each as a story of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.machine.account import Caller
from tests.machine.uipath import Uipath
from tests.machine.worker import Ran, Trouble, Worker
from tests.support import TOKEN, RunningEmulator

_ROOT = "/api/v1/datasets/p"
_LOST = {"do": {"fault": "closed before"}, "on": "write"}


class Story:
    """A stack with one dataset, and perhaps a stream."""

    def __init__(self, folder: Path, account: Uipath, worker: Worker) -> None:
        self.folder, self.account, self.worker = folder, account, worker
        for method, path in (("DELETE", "faults"), ("POST", "reset"), ("DELETE", "requests")):
            account.call(method, f"/_emulator/{path}")
        connection = {"provider": "uipath", "endpoint": worker.url, "maxConcurrency": 1, **account.facts.connection}
        spec = {"connections": {"account": connection}}
        stack = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "story"}, "spec": spec}
        (folder / "dsops.yaml").write_text(json.dumps(stack), encoding="utf-8")

    def declare(self, *names: str) -> None:
        documents = [
            {"apiVersion": "uipath/v1", "kind": "Dataset", "metadata": {"name": each}, "spec": {"project": "p"}}
            for each in names
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


@pytest.mark.parametrize("refusal", [{"refuse": 401}, {"refuse": 403}, {"refuse": 400}, {"refuse": 409}])
def test_a_create_that_was_lost_and_refused_when_repeated_may_still_be_carried_out(
    story: Story, refusal: Trouble
) -> None:
    story.declare("kept", "late")
    refused = {"do": refusal, "on": "write", "path": "late$"}
    ran = story.apply({**_LOST, "path": "late$"}, refused, code=3)
    outcome = {each["address"]: each for each in ran.done.json["outcomes"]}["uipath/Dataset/late"]
    assert (outcome["status"], outcome["sent"], outcome["repeats"]) == ("unknown", 2, 1)
    story.account.call("PUT", f"{_ROOT}/late", {"dataset": {}})  # the first one, after all
    story.declare("kept")
    assert story.apply().done.json["recovered"] != []
    story.apply()
    assert story.names() == ["kept"]
