"""Saved plans: applied once, on the state they were made for, and only what is still as it was read."""

import itertools
import shutil
import signal

import pytest

from tests.crash.scenario import WRITES, Write
from tests.crash.world import Template, World, check_converged, check_each_once

_STREAMS = "/api/v1/datasets/p/keep/streams"


@pytest.fixture
def saved(world: World) -> World:
    """Return the world with a plan in it.plan."""
    world.run("plan", "--save", "it.plan").ok()
    return world


def statuses(world: World, code: int) -> dict[str, str]:
    """Apply the plan and return how each change ended."""
    report = world.run("apply", "it.plan", "--format", "json").ok(code).json
    return {each["address"].removeprefix("uipath/"): each["status"] for each in report["outcomes"]}


def test_applied_once(saved: World, template: Template) -> None:
    saved.run("apply", "it.plan").ok()
    check_converged(saved, template)
    writes = len(saved.writes())
    assert "already been applied" in saved.run("apply", "it.plan").ok(1).err
    assert len(saved.writes()) == writes


def test_refused_on_another_serial(saved: World) -> None:
    saved.run("state", "rm", "uipath/Stream/steady").ok()
    assert "another state" in saved.run("apply", "it.plan").ok(1).err
    assert saved.writes() == []


def test_refused_on_another_lineage(saved: World) -> None:
    plan, before = saved.plan(), saved.state()
    shutil.rmtree(saved.folder / ".dsops")
    saved.apply("--target", "uipath/Dataset/solid").ok()
    after = saved.state()
    assert (plan.serial, after.serial) == (before.serial, before.serial)
    assert after.lineage != before.lineage
    assert "another state" in saved.run("apply", "it.plan").ok(1).err
    assert saved.writes() == []


def test_a_plan_made_without_a_state_needs_that_there_is_none(world: World) -> None:
    shutil.rmtree(world.folder / ".dsops")
    for name in ("it", "other"):
        world.run("plan", "--save", f"{name}.plan", "--target", f"uipath/Stream/{_NEW[name]}").ok()
    world.run("apply", "it.plan").ok()
    writes = len(world.writes())
    assert "another state" in world.run("apply", "other.plan").ok(1).err
    assert len(world.writes()) == writes


def test_a_changed_object_is_refused_and_the_others_are_done(saved: World) -> None:
    theirs = saved.ask("POST", f"{_STREAMS}/edited", {"stream": {"title": "Theirs"}})
    found = statuses(saved, 3)
    assert found.pop("Stream/edited") == "failed"
    assert set(found.values()) == {"succeeded"}
    assert saved.live()["keep/edited"] == theirs["stream"]
    again = saved.run("apply", "it.plan").ok(3)
    assert "it changed since the plan was made" in again.out


def test_an_object_that_is_gone_is_refused(saved: World) -> None:
    saved.ask("DELETE", f"{_STREAMS}/edited")
    found = statuses(saved, 3)
    assert found.pop("Stream/edited") == "failed"
    assert set(found.values()) == {"succeeded"}


def test_an_object_at_its_target_is_skipped(saved: World, template: Template) -> None:
    wanted = template.undisturbed["keep/edited"]
    saved.ask("POST", f"{_STREAMS}/edited", {"stream": {"title": wanted["title"], "model": wanted["model"]}})
    saved.ask("DELETE", f"{_STREAMS}/gone")
    sent = len(saved.writes())
    found = statuses(saved, 0)
    assert set(found.values()) == {"succeeded"}
    assert len(saved.writes()) - sent == len(WRITES) - 2
    check_converged(saved, template)


@pytest.mark.parametrize("name", ["edited", "renamed"])
def test_an_object_made_anew_by_somebody_else_is_refused(saved: World, template: Template, name: str) -> None:
    """It is even as it was to be: it is theirs all the same."""
    wanted = template.undisturbed[f"keep/{name}"]
    saved.ask("DELETE", f"{_STREAMS}/{name}")
    fields = {key: wanted[key] for key in ("name", "title", "description", "model", "comment_filter")}
    theirs = saved.ask("PUT", _STREAMS, {"stream": fields})["stream"]
    found = statuses(saved, 3)
    assert found.pop("Stream/new-name" if name == "renamed" else "Stream/edited") == "failed"
    assert set(found.values()) == {"succeeded"}
    assert saved.live()[f"keep/{name}"] == theirs
    assert theirs["id"] not in {each.remote_id for each in saved.state().records.values()}


@pytest.mark.parametrize(
    ("write", "fate"),
    [*zip(WRITES, itertools.cycle(["done", "late"]), strict=False)],
    ids=lambda each: getattr(each, "id", each),
)
def test_a_killed_apply_of_it_may_be_started_again(saved: World, template: Template, write: Write, fate: str) -> None:
    killed(saved, write, fate)
    saved.run("apply", "it.plan").ok()
    check_converged(saved, template)
    check_each_once(saved, WRITES)
    assert "already been applied" in saved.run("apply", "it.plan").ok(1).err


def test_a_killed_apply_of_it_that_another_run_overtook_may_not(saved: World, template: Template) -> None:
    killed(saved, WRITES[3], "done")
    saved.apply().ok()
    check_converged(saved, template)
    writes = len(saved.writes())
    assert "the state was changed since" in saved.run("apply", "it.plan").ok(1).err
    assert len(saved.writes()) == writes


def test_a_plan_made_on_what_a_killed_run_left_recovers_it_first(world: World, template: Template) -> None:
    write = WRITES[0]
    world.faults(write.rule("hold", at="after"))
    running = world.start_apply()
    world.until_held(running)
    running.kill()
    running.ended()
    world.release()
    world.run("plan", "--save", "it.plan").ok()
    assert len(world.state().intents) > 0
    world.run("apply", "it.plan").ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


def killed(world: World, write: Write, fate: str) -> None:
    """Kill an apply of the plan while a write of it is in flight."""
    world.faults(write.rule("hold", at="after" if fate == "done" else "before"))
    running = world.start("apply", "it.plan", "--parallelism", "1")
    world.until_held(running)
    running.kill()
    assert running.ended().code == -signal.SIGKILL
    world.release()


_NEW = {"it": "extra", "other": "fresh-a"}
