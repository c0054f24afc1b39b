"""One emulator and one applied stack a worker; each test has a copy, in an account as it was."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.chaos.account import Account, running_account
from tests.chaos.scenario import ENV
from tests.crash.forks import Forks, start_forks
from tests.crash.rows import Ending, RowWorld, world_in
from tests.crash.scenario import seed
from tests.crash.world import TOKEN_NAME, Template, World, make_template
from tests.support import TOKEN, RunningEmulator, start_emulator


@pytest.fixture(scope="session")
def crash_env(root: Path) -> dict[str, str]:
    # The commands are many and short: without compiled modules each would take three times as long.
    return {TOKEN_NAME: TOKEN, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, crash_env: dict[str, str]) -> Iterator[Template]:
    yield from started(tmp_path_factory.mktemp("template"), crash_env)


def started(folder: Path, env: dict[str, str], *options: str) -> Iterator[Template]:
    """Start an emulator with options, apply the base, and yield that."""
    (folder / "seed.json").write_text(json.dumps(seed()), encoding="utf-8")
    with (
        start_emulator("--seed", folder / "seed.json", *options) as running,
        httpx.Client(base_url=running.url, timeout=20, trust_env=False) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        _set(patch, env)
        yield make_template(folder / "stack", client, env)


@pytest.fixture
def world(
    template: Template, crash_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    _set(monkeypatch, crash_env)
    made = template.world(tmp_path / "stack", crash_env)
    yield made
    made.end_all()


@pytest.fixture(scope="session")
def forks(root: Path) -> Iterator[Forks]:
    with start_forks(root) as begun:
        yield begun


@pytest.fixture(scope="module")
def switches() -> tuple[str, ...]:
    """Options of the emulator of evaluation datasets; a module or a parameter may have others."""
    return ()


@pytest.fixture(scope="module")
def evaluations(switches: tuple[str, ...]) -> Iterator[RunningEmulator]:
    with start_emulator(*switches) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(evaluations: RunningEmulator, forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Ending:
    """What is there after a run that nobody disturbs."""
    world = world_in(tmp_path_factory.mktemp("undisturbed") / "stack", evaluations, forks)
    world.again()
    return world.ending()


@pytest.fixture
def row_world(evaluations: RunningEmulator, forks: Forks, tmp_path: Path) -> Iterator[RowWorld]:
    made = world_in(tmp_path / "stack", evaluations, forks)
    yield made
    evaluations.release()


@pytest.fixture(scope="session")
def chaos_env() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _set(patch, ENV)
        yield


@pytest.fixture(scope="session")
def account(chaos_env: None) -> Iterator[Account]:
    with running_account() as running:
        yield running


@pytest.fixture(scope="session")
def slow_account(chaos_env: None) -> Iterator[Account]:
    """Operations of ModelArts and Vi take a while there."""
    with running_account(0.1) as running:
        yield running


def _set(patch: pytest.MonkeyPatch, env: Mapping[str, str]) -> None:
    for name in os.environ.keys() & {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}:
        patch.delenv(name)
    for name, value in env.items():
        patch.setenv(name, value)
