"""One writer at a time: who waits, who takes over, and what one who lost the lease may still do."""

import signal
import time

import pytest

from tests.crash.scenario import WRITES
from tests.crash.world import Running, Template, World, check_converged, check_each_once, until

_FIRST = next(each for each in WRITES if each.id == "update-dataset")


def holding(world: World, workers: int = 1) -> Running:
    """Begin an apply and stop it, by the server, in the middle of its writes."""
    world.faults(_FIRST.rule("hold"))
    running = world.start_apply("--parallelism", str(workers))
    world.until_held(running)
    return running


def until_quiet(world: World) -> None:
    """Wait until all but what is held has been answered, and no more comes: nobody is in the midst of saving."""

    def quiet() -> bool:
        log = world.log()
        time.sleep(0.5)
        return sum(each["status"] is None for each in log) == 1 and world.log() == log

    until(quiet)


def test_the_second_is_told_who_holds_the_lease(world: World, template: Template) -> None:
    first = holding(world)
    writes = len(world.writes())
    second = world.apply().ok(1)
    assert f"dsops apply, pid {first.process.pid} by " in second.err
    assert "--lock-timeout" in second.err
    assert len(world.writes()) == writes
    world.release()
    first.ended().ok()
    check_converged(world, template)


def test_the_second_waits_for_the_first(world: World, template: Template) -> None:
    first = holding(world)
    second = world.start_apply("--lock-timeout", "1m")
    assert second.process.stderr is not None
    told = second.process.stderr.readline()
    assert told.startswith("waiting: ")
    assert f"pid {first.process.pid}" in told
    world.release()
    first.ended().ok()
    assert "No changes" in second.ended().ok().out
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_waiting_has_an_end(world: World) -> None:
    first = holding(world)
    second = world.apply("--lock-timeout", "0.2s").ok(1)
    assert f"pid {first.process.pid}" in second.err
    world.release()
    first.ended().ok()


def test_a_plan_takes_no_lease(world: World) -> None:
    first = holding(world)
    assert "Plan: " in world.run("plan").ok().out
    world.release()
    first.ended().ok()


def test_the_lease_of_a_killed_run_is_taken_over_at_once(world: World, template: Template) -> None:
    first = holding(world)
    first.kill()
    first.ended()
    world.release()
    again = world.apply().ok()
    assert f"took over the lease of dsops apply, pid {first.process.pid} by " in again.err
    check_converged(world, template)


@pytest.mark.parametrize("workers", [1, 10])
def test_a_paused_run_that_lost_its_lease_sends_and_saves_nothing_more(
    world: World, template: Template, workers: int
) -> None:
    paused = holding(world, workers)
    until_quiet(world)
    paused.kill(signal.SIGSTOP)
    assert f" {paused.process.pid}," in world.run("state", "unlock", "--auto-approve").ok().out
    world.release()
    until(lambda: all(each["status"] for each in world.writes()))
    sent, state = len(world.writes()), world.state()
    paused.kill(signal.SIGCONT)
    done = paused.ended().ok(3)
    assert "lease of this state was lost" in done.out + done.err
    assert len(world.writes()) == sent
    assert world.state() == state
    world.apply().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_a_paused_run_that_was_overtaken_sends_and_saves_nothing_more(world: World, template: Template) -> None:
    paused = holding(world)
    paused.kill(signal.SIGSTOP)
    world.run("state", "unlock", "--auto-approve").ok()
    world.release()
    world.apply().ok()
    check_converged(world, template)
    sent, state = len(world.writes()), world.state()
    paused.kill(signal.SIGCONT)
    report = paused.ended().ok(3)
    assert "succeeded" in report.out, "what was done before is told"
    assert len(world.writes()) == sent
    assert world.state() == state
