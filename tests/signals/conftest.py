"""Stacks whose commands are interrupted, each in an account as it was."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from dsops.state import open_store
from tests.support import DSOPS, TOKEN, Done, RunningEmulator, start_emulator


@dataclass(frozen=True, slots=True)
class Running:
    """A command under way."""

    process: subprocess.Popen[str]

    def heard(self, words: str) -> None:
        """Read stderr until words have come."""
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if words in line:
                return
        raise AssertionError(f"ended before {words!r}: {''.join(said)}")

    def send(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self) -> Done:
        """Wait for its end and return what it said that was not heard yet."""
        out, err = self.process.communicate(timeout=60)
        return Done(self.process.returncode, out, err)


@dataclass(slots=True)
class Stack:
    """A copy of an example, and its account.

    Attributes:
        folder: The stack.
        emulator: The account.
        env: Environment of the commands.
    """

    folder: Path
    emulator: RunningEmulator
    env: dict[str, str]
    started: list[Running] = field(default_factory=list)

    def start(self, *args: str, before: tuple[str, ...] = ()) -> Running:
        """Begin a command, with whatever comes before it."""
        process = subprocess.Popen(
            [*before, *DSOPS, *args],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.started.append(Running(process))
        return self.started[-1]

    def run(self, *args: str) -> Done:
        """Run a command to its end."""
        return self.start(*args).ended()

    def hold(self, method: str, path: str, **more: Any) -> None:
        """Let the account hold requests until they are released."""
        self.emulator.fault("hold", method=method, path=path, **more)

    def check_free(self) -> None:
        """Check that nobody is said to hold the lease."""
        stack = yaml.safe_load((self.folder / "dsops.yaml").read_text(encoding="utf-8"))["metadata"]["name"]
        assert open_store("sqlite:.dsops/default.db", root=self.folder, stack=stack, env=None).holder() is None

    def check_done(self) -> None:
        """Check that everything is as declared."""
        self.run("plan", "--detailed-exitcode").ok()

    def end(self) -> None:
        """Let go of whatever a failed test left behind."""
        self.emulator.release()
        for each in self.started:
            if each.process.poll() is None:
                each.process.kill()
                each.process.communicate()


@pytest.fixture(scope="session")
def signal_env(root: Path) -> dict[str, str]:
    # The commands are many and short: without compiled modules each would take three times as long.
    return {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(scope="session")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator("--modelarts-delay", "0", "--vi-delay", "0") as running:
        yield running


@pytest.fixture
def stack(emulator: RunningEmulator, signal_env: dict[str, str], tmp_path: Path) -> Iterator[Stack]:
    """Two datasets; nothing is applied."""
    made = Stack(tmp_path / "stack", emulator, {**signal_env, "SIGNAL_TOKEN": TOKEN})
    made.folder.mkdir()
    connection = {"provider": "uipath", "endpoint": emulator.url, "token": "${env:SIGNAL_TOKEN}", "settle": 0}
    write(made.folder / "dsops.yaml", "dsops/v1", "Stack", "signals", {"connections": {"mail": connection}})
    for name in ("a", "b"):
        write(made.folder / f"{name}.yaml", "uipath/v1", "Dataset", name, {"project": "signals", "title": name})
    emulator.start_over()
    yield made
    made.end()


def write(path: Path, version: str, kind: str, name: str, spec: Mapping[str, Any]) -> None:
    """Write a manifest."""
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
    path.write_text(json.dumps(body), encoding="utf-8")


@pytest.fixture
def example(root: Path, tmp_path: Path) -> Any:
    """Return what copies an example."""

    def copied(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(root / "examples" / name, folder, ignore=shutil.ignore_patterns(".dsops"))
        return folder

    return copied
