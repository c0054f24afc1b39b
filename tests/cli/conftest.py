"""A stack for each test, in a project of its own on one emulator."""

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import TOKEN, Done, RunningEmulator, run_dsops, start_emulator

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Stack:
    """A copy of the support-mail example, and what is needed to run dsops in it."""

    folder: Path
    emulator: RunningEmulator
    project: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "DSOPS_VAR_endpoint": self.emulator.url,
            "DSOPS_VAR_project": self.project,
            "DSOPS_EXAMPLE_TOKEN": TOKEN,
        }

    def run(self, *args: str | Path, env: dict[str, str] | None = None) -> Done:
        return run_dsops(*args, cwd=self.folder, env={**self.env, **(env or {})})

    def applied(self) -> "Stack":
        self.run("apply", "--auto-approve").ok()
        return self

    def stream(self, dataset: str, name: str) -> dict[str, Any]:
        path = f"/api/v1/datasets/{self.project}/{dataset}/streams/{name}"
        found: dict[str, Any] = self.emulator.request("GET", path)["stream"]
        return found

    def change_stream(self, dataset: str, name: str, **fields: Any) -> None:
        self.emulator.request("POST", f"/api/v1/datasets/{self.project}/{dataset}/streams/{name}", {"stream": fields})

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


@pytest.fixture
def stack(emulator: RunningEmulator, tmp_path: Path, root: Path) -> Stack:
    folder = tmp_path / "support-mail"
    shutil.copytree(root / "examples" / "support-mail", folder, ignore=shutil.ignore_patterns(".dsops"))
    return Stack(folder, emulator, f"project-{os.getpid()}-{next(_NUMBERS)}")
