"""One emulator and one applied stack a worker; each test has a copy, in an account as it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disk.place import BASE, SEED, TARGET, TOKEN_NAME, Place, strace_refused
from tests.support import TOKEN, RunningEmulator, start_emulator


@pytest.fixture(scope="session")
def disk_env(root: Path) -> dict[str, str]:
    # The commands are many and short: without compiled modules each would take three times as long.
    return {TOKEN_NAME: TOKEN, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    seed = tmp_path_factory.mktemp("seed") / "seed.json"
    seed.write_text(json.dumps(SEED), encoding="utf-8")
    with start_emulator("--seed", seed) as running:
        yield running


@pytest.fixture(scope="session")
def template(
    emulator: RunningEmulator, disk_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A stack of which two objects are applied."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in disk_env.items():
            patch.setenv(name, value)
        made = Place(tmp_path_factory.mktemp("template"), emulator, disk_env)
        made.write_stack()
        made.declare(BASE)
        made.apply().ok()
        yield made.folder


@pytest.fixture
def place(template: Path, emulator: RunningEmulator, disk_env: dict[str, str], tmp_path: Path) -> Place:
    """A stack of which two objects are applied, and two more are declared."""
    emulator.start_over()
    folder = tmp_path / "stack"
    shutil.copytree(template, folder)
    found = Place(folder, emulator, disk_env)
    found.declare(TARGET)
    return found


@pytest.fixture
def strace() -> None:
    """Skip, saying why, where the kernel lets nobody trace."""
    if why := strace_refused():
        pytest.skip(f"no faults by strace here: {why}")
