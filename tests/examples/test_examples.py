"""Every example does what its page says: validate, plan, apply, plan to nothing, destroy without a trace.

The real command in a subprocess, against a real emulator in another.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STACKS = sorted(path.parent for path in EXAMPLES.glob("*/dsops.yaml"))
DSOPS = [sys.executable, "-m", "dsops"]
TOKEN = "emulator"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """Yield the address of an emulator of its own, stopped afterwards."""
    with subprocess.Popen([*DSOPS, "emulator", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


@pytest.fixture(params=STACKS, ids=lambda path: path.name)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of an example, so that the repository gets no state."""
    return Path(shutil.copytree(request.param, tmp_path / request.param.name, ignore=shutil.ignore_patterns(".dsops")))


def dsops(stack: Path, emulator: str | None, *args: str) -> subprocess.CompletedProcess[str]:
    secrets = {"DSOPS_VAR_endpoint": emulator, "DSOPS_EXAMPLE_TOKEN": TOKEN} if emulator else {}
    return subprocess.run(
        [*DSOPS, *args], cwd=stack, env=os.environ | secrets, capture_output=True, text=True, timeout=60, check=False
    )


def ok(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


def plan(stack: Path, emulator: str, *args: str, code: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        ok(dsops(stack, emulator, "plan", "--detailed-exitcode", "--format", "json", *args), code)
    )
    assert document["complete"]
    return document


def live_objects(emulator: str) -> int:
    """Ask the emulator itself, past dsops, how many datasets it holds."""
    answer = httpx.get(f"{emulator}/api/v1/datasets", headers={"Authorization": f"Bearer {TOKEN}"})
    return len(answer.raise_for_status().json()["datasets"])


def test_there_are_examples() -> None:
    assert STACKS


def test_validates_without_secrets_in_every_environment(stack: Path) -> None:
    ok(dsops(stack, None, "validate"))
    for overlay in sorted((stack / "env").glob("*")):
        ok(dsops(stack, None, "validate", "--env", overlay.stem))


def test_walks_from_nothing_to_all_of_it_and_back(stack: Path, emulator: str) -> None:
    before = live_objects(emulator)

    first = plan(stack, emulator, code=2)
    assert {change["action"] for change in first["changes"]} == {"create"}
    assert first["guards"] == []

    ok(dsops(stack, emulator, "apply", "--auto-approve"))
    assert live_objects(emulator) > before
    assert plan(stack, emulator, code=0)["summary"]["noop"] == len(first["changes"])
    ok(dsops(stack, emulator, "drift"))

    ok(dsops(stack, emulator, "destroy", "--auto-approve"))
    assert live_objects(emulator) == before
    assert len(plan(stack, emulator, code=2)["changes"]) == len(first["changes"])
