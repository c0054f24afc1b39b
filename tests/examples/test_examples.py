"""Every example does what its page says: validate, plan, apply, plan to nothing, destroy without a trace.

The real command in a subprocess, against a real emulator in another.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import TOKEN, Done, RunningEmulator, run_dsops, start_emulator, vi
from tests.support.modelarts import held_datasets

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STACKS = sorted(path.parent for path in EXAMPLES.glob("*/dsops.yaml"))


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """Yield an emulator of its own, stopped afterwards."""
    with start_emulator() as running:
        yield running


@pytest.fixture(params=STACKS, ids=lambda path: path.name)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of an example, so that the repository gets no state."""
    return Path(shutil.copytree(request.param, tmp_path / request.param.name, ignore=shutil.ignore_patterns(".dsops")))


def dsops(stack: Path, emulator: RunningEmulator, *args: str) -> Done:
    secrets = ("DSOPS_EXAMPLE_TOKEN", "DSOPS_EXAMPLE_ACCESS_KEY", "DSOPS_EXAMPLE_SECRET_KEY")
    env = {"DSOPS_VAR_endpoint": emulator.url, **dict.fromkeys(secrets, TOKEN), "DSOPS_EXAMPLE_VI_TOKEN": vi.SECRET}
    return run_dsops(*args, cwd=stack, env=env)


def plan(stack: Path, emulator: RunningEmulator, *, code: int) -> dict[str, Any]:
    done = dsops(stack, emulator, "plan", "--detailed-exitcode", "--format", "json").ok(code)
    document: dict[str, Any] = done.json
    assert document["complete"]
    assert document["guards"] == []
    return document


def held(emulator: RunningEmulator) -> list[dict[str, Any]]:
    """Return every dataset of every provider."""
    others = [*held_datasets(emulator.url).values(), *vi.held_datasets(emulator.url)]
    return [*emulator.datasets(), *emulator.evaluations("help-desk"), *others]


def test_there_are_examples() -> None:
    assert STACKS


def test_validates_without_secrets_in_every_environment(stack: Path) -> None:
    run_dsops("validate", cwd=stack).ok()
    for overlay in sorted((stack / "env").glob("*")):
        run_dsops("validate", "--env", overlay.stem, cwd=stack).ok()


def test_walks_from_nothing_to_all_of_it_and_back(stack: Path, emulator: RunningEmulator) -> None:
    before = held(emulator)

    first = plan(stack, emulator, code=2)
    assert {change["action"] for change in first["changes"]} == {"create"}

    dsops(stack, emulator, "apply", "--auto-approve").ok()
    assert len(held(emulator)) > len(before)
    settled = plan(stack, emulator, code=0)
    assert settled["summary"]["noop"] == len(first["changes"])
    assert settled["summary"]["calls"] == 0
    dsops(stack, emulator, "drift").ok()

    dsops(stack, emulator, "destroy", "--auto-approve").ok()
    assert held(emulator) == before
    assert plan(stack, emulator, code=2)["summary"]["create"] == len(first["changes"])
