"""Killed with SIGKILL around every write of the scenario, and run again."""

import itertools
import signal

import pytest

from tests.crash.scenario import FIRST, WRITES, Write
from tests.crash.world import Template, World, check_converged, check_each_once

_METHODS = ("PUT", "POST", "DELETE")

FATES = ("late", "never", "done")
"""What becomes of the write in flight: committed after the kill; never; committed before it, its answer unheard."""

BOUNDARIES = 3 * len(WRITES) + 2
"""Each write is announced, answered and settled; one save of records alone; one note for the history."""

IN_TURN = [*zip(WRITES, itertools.cycle(["late", "done"]), strict=False)]

each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.id)
made = pytest.mark.parametrize("write", [each for each in WRITES if each.makes], ids=lambda write: write.id)


def kill_at(world: World, write: Write, fate: str, workers: int = 1) -> None:
    """Run an apply and kill it while a write of it is in flight."""
    world.faults(
        write.rule("hold", at="after" if fate == "done" else "before"),
        *([write.rule("drop_before")] if fate == "never" else []),
    )
    running = world.start_apply("--parallelism", str(workers))
    world.until_held(running)
    running.kill()
    assert running.ended().code == -signal.SIGKILL
    world.release()
    world.control("DELETE", "faults")


def test_the_scenario_has_just_these_writes(world: World, template: Template) -> None:
    world.apply("--parallelism", "1").ok()
    seen = sorted((each["method"], each["path"]) for each in world.writes())
    assert seen == sorted((each.method, each.path) for each in WRITES)
    check_converged(world, template)


@each_write
@pytest.mark.parametrize("fate", FATES)
def test_run_again(world: World, template: Template, write: Write, fate: str) -> None:
    kill_at(world, write, fate)
    assert world.committed(write) == (0 if fate == "never" else 1) + write.skip
    again = world.apply("--parallelism", "1").ok()
    assert "recovered" in again.out
    check_converged(world, template)
    check_each_once(world, WRITES)


@made
@pytest.mark.parametrize("fate", ["late", "done"])
def test_run_again_with_the_object_taken_out_of_the_manifest(
    world: World, template: Template, write: Write, fate: str
) -> None:
    kill_at(world, write, fate)
    world.remove(write.makes)
    world.apply().ok()
    check_converged(world, template, without=write.makes)


@pytest.mark.parametrize(("write", "fate"), IN_TURN, ids=lambda each: getattr(each, "id", each))
def test_run_again_with_ten_calls_in_flight(world: World, template: Template, write: Write, fate: str) -> None:
    kill_at(world, write, fate, workers=10)
    world.apply().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


@pytest.mark.parametrize("at", ["before", "after"])
def test_killed_with_everything_in_flight_at_once(world: World, template: Template, at: str) -> None:
    world.faults(*({"match": {"method": each}, "times": None, "fault": "hold", "at": at} for each in _METHODS))
    running = world.start_apply()
    world.until_held(running, least=FIRST)
    running.kill()
    running.ended()
    world.control("DELETE", "faults")
    world.release()
    world.apply().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_the_boundaries_are_all_killed_at(world: World) -> None:
    told = world.start_driver(0, "apply", "--auto-approve", "--parallelism", "1").ended().ok()
    assert int(told.err.split()[-1]) == BOUNDARIES


@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1))
def test_killed_at_a_boundary_of_the_journal(world: World, template: Template, boundary: int) -> None:
    _killed_at_a_boundary(world, template, boundary, workers=1)


@pytest.mark.parametrize("boundary", range(2, BOUNDARIES + 1, 5))
def test_killed_at_a_boundary_with_ten_calls_in_flight(world: World, template: Template, boundary: int) -> None:
    _killed_at_a_boundary(world, template, boundary, workers=10)


def _killed_at_a_boundary(world: World, template: Template, boundary: int, workers: int) -> None:
    killed = world.start_driver(boundary, "apply", "--auto-approve", "--parallelism", str(workers)).ended()
    assert killed.code == -signal.SIGKILL
    world.apply().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)
