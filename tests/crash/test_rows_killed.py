"""Killed with SIGKILL around every write to rows, and run again: no row is lost, doubled, or an orphan."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.forks import Forks, start_forks
from tests.crash.rows import Ending, RowWorld, check_ended, world_in
from tests.support import RunningEmulator, start_emulator


@pytest.fixture(scope="module")
def forks(root: Path) -> Iterator[Forks]:
    with start_forks(root) as started:
        yield started


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(emulator: RunningEmulator, forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Ending:
    world = world_in(tmp_path_factory.mktemp("undisturbed") / "stack", emulator, forks)
    world.again()
    return world.ending()


@pytest.fixture
def world(emulator: RunningEmulator, forks: Forks, tmp_path: Path) -> RowWorld:
    return world_in(tmp_path / "stack", emulator, forks)


WRITES = [
    *["DELETE dataSetRow"] * 2,
    "POST FileUpload 4",
    "POST dataSetRow",
    *(f"POST dataSetRow/FileUpload {rows}" for rows in (2, 4, 5)),
    *["PUT dataSet"] * 2,
    *["PUT dataSetRow"] * 4,
]
BOUNDARIES = 3 * len(WRITES) + 4
"""Each write is announced, answered and settled; three datasets are sealed; one note for the history."""


def test_what_an_undisturbed_run_does(world: RowWorld, undisturbed: Ending) -> None:
    told = world.start(0, "--auto-approve", "--parallelism", "1").ended().ok()
    assert int(told.err.split()[-1]) == BOUNDARIES
    assert world.committed() == WRITES
    check_ended(world, undisturbed)
    written = {name: written for name, (_, written) in undisturbed.held["geai/Dataset/pool"].items()}
    assert written == {"mine": True, "changed": True, "equal": False, "made 1": True, "made 2": True}


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1))
def test_killed_at_a_boundary_of_the_journal(world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    killed_at(world, boundary, "1")
    check_run_again(world, undisturbed)


@pytest.mark.parametrize("boundary", range(3, BOUNDARIES + 1, 4))
def test_killed_at_a_boundary_with_ten_calls_in_flight(world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    killed_at(world, boundary, "10")
    check_run_again(world, undisturbed)


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1, 3))
def test_a_killed_apply_of_a_saved_plan_may_be_started_again(
    world: RowWorld, undisturbed: Ending, boundary: int
) -> None:
    """It needs none of the files of rows."""
    world.forks.start(world.folder, 0, "plan", "--save", "it.plan", env=world.env).ended().ok()
    killed = world.start(boundary, "it.plan", "--parallelism", "1").ended()
    for file in (world.folder / "rows").iterdir():
        file.rename(file.with_suffix(".away"))
    world.again("it.plan") if killed.code else None
    for file in (world.folder / "rows").iterdir():
        file.rename(file.with_suffix(".jsonl"))
    check_run_again(world, undisturbed)


def killed_at(world: RowWorld, boundary: int, workers: str) -> None:
    killed = world.start(boundary, "--auto-approve", "--parallelism", workers).ended()
    assert killed.code == -signal.SIGKILL


def check_run_again(world: RowWorld, undisturbed: Ending) -> None:
    """Apply; check that all is as undisturbed, and that of all runs together each write was carried out once."""
    world.again()
    check_ended(world, undisturbed)
    assert rows_made(world.committed()) == rows_made(WRITES)


def rows_made(writes: list[str]) -> int:
    """How many rows uploads made."""
    return sum(int([*each.split(), "1"][2]) for each in writes if each.startswith("POST"))
