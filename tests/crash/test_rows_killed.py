"""Killed with SIGKILL around every write to rows, and run again: no row is lost, doubled, or an orphan."""

import shutil
import signal

import pytest

from tests.conformance.evaluations import row_of, sorted_rows
from tests.crash.rows import BASE, TARGET, THEIRS, WRITES, Ending, RowWorld, check_ended, rows_made

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


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1, 6))
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


@pytest.mark.parametrize("boundary", range(2, BOUNDARIES + 1, 8))
def test_killed_and_then_the_old_rows_are_declared_again(row_world: RowWorld, boundary: int) -> None:
    """What the killed run did is undone, whatever the state had been told of it."""
    killed_at(row_world, boundary, "1")
    row_world.declare_rows(BASE, "before")
    row_world.again()
    assert set(row_world.held()) == {"faq", "pool"}
    assert row_world.rows() == sorted_rows(map(row_of, BASE["faq"]))
    pool = sorted_rows(map(row_of, [*BASE["pool"], *THEIRS]))
    made = [row_of(each) for each in TARGET["pool"] if each[0].startswith("made")]
    assert row_world.rows("pool") in (pool, sorted_rows([*pool, *made])), "upsert deletes nothing"
    assert "No changes" in row_world.again()
    assert {str(each) for each in row_world.state().records} == {"geai/Dataset/faq", "geai/Dataset/pool"}


@pytest.mark.parametrize("boundary", range(2, BOUNDARIES + 1, 10))
def test_killed_and_then_all_is_destroyed(row_world: RowWorld, boundary: int) -> None:
    """Nothing is left but what holds a stranger's rows."""
    killed_at(row_world, boundary, "10")
    row_world.start(0, "--auto-approve", command="destroy").ended().ok(3)
    assert set(row_world.held()) == {"pool"}
    shown = row_world.start(0, "--destroy", "--format", "json", command="plan").ended().ok().json
    row_world.start(0, "--auto-approve", "--confirm", shown["planId"], command="destroy").ended().ok()
    assert (row_world.held(), row_world.state().records) == ({}, {})


@pytest.mark.parametrize("boundary", [1, 2, 3, 5, 8, 13])
def test_killed_while_a_dataset_is_renamed_and_its_rows_change(row_world: RowWorld, boundary: int) -> None:
    row_world.again()
    dataset_id = row_world.ids()["faq"]
    row_world.declare_rows({**TARGET, "faq": BASE["faq"]}, "after", name="faq-2")
    killed_at(row_world, boundary, "1")
    row_world.again()
    assert row_world.ids()["faq-2"] == dataset_id
    assert "faq" not in row_world.held()
    assert row_world.rows("faq-2") == sorted_rows(map(row_of, BASE["faq"]))
    assert "No changes" in row_world.again()


@pytest.mark.parametrize("boundary", range(1, 24, 4))
def test_killed_while_what_exists_is_adopted(row_world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    shutil.rmtree(row_world.folder / ".dsops")
    killed_at(row_world, boundary, "1")
    row_world.again()
    assert row_world.ending().rows == undisturbed.rows
    assert row_world.ending().records == undisturbed.records
    written = {name for name, (_, by_us) in row_world.ending().held["geai/Dataset/faq"].items() if by_us}
    assert written == {"edited", "nested", "new", *(f"added {letter}" for letter in "abcdef")}, "the others were found"
    assert "No changes" in row_world.again()


def killed_at(row_world: RowWorld, boundary: int, workers: str) -> None:
    killed = row_world.start(boundary, "--auto-approve", "--parallelism", workers).ended()
    assert killed.code == -signal.SIGKILL


def check_run_again(row_world: RowWorld, undisturbed: Ending) -> None:
    """Apply; check that all is as undisturbed, and that of all runs together each write was carried out once."""
    row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)
