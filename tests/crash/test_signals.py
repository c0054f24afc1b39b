"""SIGINT and SIGTERM: the first drains, the second abandons; what is left is done by the next apply."""

import signal

import pytest

from tests.crash.scenario import FIRST, WRITES
from tests.crash.world import Running, Template, World, check_converged, check_each_once, until

both = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
_METHODS = ("PUT", "POST", "DELETE")


def all_held(world: World, *args: str) -> Running:
    """Begin an apply of which the server holds every write it gets."""
    world.faults(*({"match": {"method": each}, "times": None, "fault": "hold"} for each in _METHODS))
    running = world.start_apply("--format", "json", *args)
    world.until_held(running)
    return running


def told_to_stop(running: Running, number: int) -> None:
    """Send the first signal and wait until it is understood."""
    running.kill(number)
    assert running.process.stderr is not None
    for line in running.process.stderr:
        if line.startswith("waiting: interrupted"):
            return
    raise AssertionError("it ended without a word")


@both
@pytest.mark.parametrize("workers", [1, 10])
def test_the_first_signal_drains(world: World, template: Template, number: int, workers: int) -> None:
    running = all_held(world, "--parallelism", str(workers))
    begun = min(workers, FIRST)
    world.until_held(running, begun)
    told_to_stop(running, number)
    world.control("DELETE", "faults")
    world.release()
    report = running.ended().ok(128 + number).json
    done = [each for each in report["outcomes"] if each["status"] == "succeeded"]
    left = [each for each in report["outcomes"] if each["status"] == "skipped"]
    assert len(done) + len(left) == len(report["outcomes"])
    assert "interrupted" in {each["reason"] for each in left}
    assert report["signal"] == number
    assert report["summary"]["sent"] == len(world.writes()) == begun
    assert world.state().intents == ()
    world.apply().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


@both
def test_the_second_signal_abandons(world: World, template: Template, number: int) -> None:
    running = all_held(world, "--parallelism", "1")
    told_to_stop(running, number)
    running.kill(number)
    report = running.ended().ok(128 + number).json
    assert report["summary"]["unknown"] == 1
    assert report["summary"]["succeeded"] == 1, "the adoption, which needed no call"
    assert report["summary"]["skipped"] == len(report["outcomes"]) - 2
    assert len(world.state().intents) == 1
    world.control("DELETE", "faults")
    world.release()
    again = world.apply("--format", "json").ok()
    assert len(again.json["recovered"]) == 1
    check_converged(world, template)
    check_each_once(world, WRITES)


@both
def test_a_signal_while_reading_ends_it_at_once(world: World, number: int) -> None:
    world.faults({"match": {"method": "GET"}, "fault": "hold"})
    running = world.start_apply()
    world.until_held(running)
    running.kill(number)
    running.ended().ok(128 + number)
    assert world.writes() == []
    world.release()
    until(lambda: world.held() == 0)
    world.apply().ok()


def test_a_signal_while_waiting_for_the_lease(world: World) -> None:
    first = all_held(world)
    second = world.start_apply("--lock-timeout", "1m")
    assert second.process.stderr is not None
    assert second.process.stderr.readline().startswith("waiting: ")
    second.kill(signal.SIGTERM)
    second.ended().ok(128 + signal.SIGTERM)
    world.control("DELETE", "faults")
    world.release()
    first.ended().ok()
