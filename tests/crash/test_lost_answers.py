"""Answers that never come, in every form: one apply settles them all."""

import time

import pytest

from tests.crash.scenario import WRITES, Write
from tests.crash.world import Template, World, check_converged, check_each_once

_REPEATED_AFTER_COMMIT = [each for each in WRITES if each.method == "POST"]
"""Of a create and a delete the name tells; an update is sent again."""


@pytest.mark.parametrize("workers", [1, 10])
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "error_before"])
def test_the_first_answer_to_every_write_is_lost(world: World, template: Template, fault: str, workers: int) -> None:
    before = fault.endswith("before")
    # Where a call is sent again, the second of two that look alike is the third of all.
    world.faults(*({**each.rule(fault), "skip": each.skip * (2 if before else 1)} for each in WRITES))
    done = world.apply("--parallelism", str(workers), "--format", "json").ok()
    check_converged(world, template)
    repeats = len(WRITES) if before else len(_REPEATED_AFTER_COMMIT)
    assert done.json["summary"]["repeats"] == repeats
    assert done.json["summary"]["sent"] == len(WRITES) + repeats == len(world.writes())
    if before:
        check_each_once(world, WRITES)


def test_the_text_tells_of_repeats(world: World, template: Template) -> None:
    world.faults(_write("update-stream").rule("drop_after"))
    done = world.apply().ok()
    assert "1 repeat of lost answers among them" in done.out
    assert "sending it again" in done.err


@pytest.mark.parametrize("name", ["create-stream", "update-stream", "delete-stream", "reset-stream"])
def test_an_answer_lost_again_and_again_leaves_the_rest_to_the_next_apply(
    world: World, template: Template, name: str
) -> None:
    write = _write(name)
    world.faults({**write.rule("drop_before"), "times": None})
    done = world.apply("--format", "json").ok(3)
    unknown = [each for each in done.json["outcomes"] if each["status"] == "unknown"]
    assert [(each["sent"], each["repeats"]) for each in unknown] == [(4, 3)]
    assert len([each for each in world.writes() if (each["method"], each["path"]) == (write.method, write.path)]) == 4
    assert len(world.state().intents) == 1
    world.control("DELETE", "faults")
    assert "recovered" in world.apply().ok().out
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_a_delete_is_not_repeated_on_an_object_made_meanwhile(world: World, template: Template) -> None:
    write = _write("delete-stream")
    world.faults(write.rule("drop_after"), {"match": {"method": "GET", "path": f"^{write.path}$"}, "fault": "hold"})
    running = world.start_apply()
    world.until_held(running)
    theirs = world.ask("PUT", write.path.removesuffix("/gone"), {"stream": {"name": "gone", "title": "Theirs"}})
    world.release()
    running.ended().ok()
    assert world.live()["keep/gone"] == theirs["stream"]


def test_nothing_can_be_read_after_a_lost_create(world: World, template: Template) -> None:
    """The name of the lost create can't be read; everything else is done, and the next apply finds out."""
    write = _write("create-stream")
    name = f"^{write.path}/extra$"
    world.faults(
        write.rule("drop_after"),
        {"match": {"method": "GET", "path": name}, "skip": 1, "fault": "error_before", "status": 400},
    )
    done = world.apply("--format", "json").ok(3)
    outcomes = {each["address"]: each["status"] for each in done.json["outcomes"]}
    assert outcomes.pop("uipath/Stream/extra") == "unknown"
    assert set(outcomes.values()) == {"succeeded"}
    assert "recovered" in world.apply().ok().out
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_nothing_can_be_read_after_a_repeated_create_met_a_stranger(world: World, template: Template) -> None:
    write = _write("create-stream")
    name = f"^{write.path}/extra$"
    world.faults(
        write.rule("drop_before"),
        {**write.rule("hold"), "skip": 1},
        {"match": {"method": "GET", "path": name}, "skip": 2, "fault": "error_before", "status": 400},
    )
    running = world.start_apply("--format", "json")
    world.until_held(running)
    world.ask("PUT", write.path, {"stream": {"name": "extra", "title": "Theirs"}})
    world.release()
    outcomes = {each["address"]: each["status"] for each in running.ended().ok(3).json["outcomes"]}
    assert outcomes.pop("uipath/Stream/extra") == "unknown"
    assert set(outcomes.values()) == {"succeeded"}


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_server_says_when_to_come_back(world: World, form: str) -> None:
    write = _write("update-dataset")
    world.faults(write.rule("rate_limit", retry_after=3, retry_after_as=form))
    began = time.monotonic()
    done = world.apply("--format", "json").ok()
    # A date has whole seconds: three seconds from now may be a date that is two seconds and a bit away.
    assert time.monotonic() - began >= (3 if form == "seconds" else 2)
    assert [each["status"] for each in world.writes() if each["path"] == write.path] == [429, 200]
    assert done.json["summary"]["repeats"] == 0


def _write(name: str) -> Write:
    return next(each for each in WRITES if each.id == name)
