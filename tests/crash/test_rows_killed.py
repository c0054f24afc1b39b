"""Killed with SIGKILL around every write to rows, and run again: no row is lost, doubled, or an orphan."""

import signal

import pytest

from tests.crash.rows import WRITES, Ending, RowWorld, check_ended, rows_made

BOUNDARIES = 3 * len(WRITES) + 4
"""Each write is announced, answered and settled; three datasets are sealed; one note for the history."""


def test_what_an_undisturbed_run_does(row_world: RowWorld, undisturbed: Ending) -> None:
    told = row_world.start(0, "--auto-approve", "--parallelism", "1").ended().ok()
    assert int(told.err.split()[-1]) == BOUNDARIES
    assert row_world.committed() == WRITES
    check_ended(row_world, undisturbed)
    written = {name: written for name, (_, written) in undisturbed.held["geai/Dataset/pool"].items()}
    assert written == {"mine": True, "changed": True, "equal": False, "made 1": True, "made 2": True}


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1))
def test_killed_at_a_boundary_of_the_journal(row_world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    killed_at(row_world, boundary, "1")
    check_run_again(row_world, undisturbed)


@pytest.mark.parametrize("boundary", range(3, BOUNDARIES + 1, 5))
def test_killed_at_a_boundary_with_ten_calls_in_flight(row_world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    killed_at(row_world, boundary, "10")
    check_run_again(row_world, undisturbed)


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1, 4))
def test_a_killed_apply_of_a_saved_plan_may_be_started_again(
    row_world: RowWorld, undisturbed: Ending, boundary: int
) -> None:
    """It needs none of the files of rows."""
    row_world.forks.start(row_world.folder, 0, "plan", "--save", "it.plan", env=row_world.env).ended().ok()
    killed = row_world.start(boundary, "it.plan", "--parallelism", "1").ended()
    for file in (row_world.folder / "rows").iterdir():
        file.rename(file.with_suffix(".away"))
    if killed.code:
        row_world.again("it.plan")
    for file in (row_world.folder / "rows").iterdir():
        file.rename(file.with_suffix(".jsonl"))
    done = row_world.committed()
    check_run_again(row_world, undisturbed)
    assert row_world.committed() == done, "the plan begun again did all the rest"


def killed_at(row_world: RowWorld, boundary: int, workers: str) -> None:
    killed = row_world.start(boundary, "--auto-approve", "--parallelism", workers).ended()
    assert killed.code == -signal.SIGKILL


def check_run_again(row_world: RowWorld, undisturbed: Ending) -> None:
    """Apply; check that all is as undisturbed, and that of all runs together each write was carried out once."""
    row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)
