"""Somebody makes an object of the same name at the same time: it stays theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.conftest import started
from tests.crash.scenario import WRITES
from tests.crash.world import Template, World

_CREATE = next(each for each in WRITES if each.id == "create-stream")
_NAME = f"{_CREATE.path}/extra"
_EQUAL: dict[str, object] = {
    "title": "Extra",
    "comment_filter": {"user_properties": {"string:Country": {"one_of": ["uk", "no"]}}},
}
_OTHER: dict[str, object] = {"title": "Theirs"}

contents = pytest.mark.parametrize("content", [_EQUAL, _OTHER], ids=["equal", "other"])


@pytest.fixture(scope="module", params=["conflict", "upsert"])
def template(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, crash_env: dict[str, str]
) -> Iterator[Template]:
    yield from started(tmp_path_factory.mktemp("template"), crash_env, "--put-existing", request.param)


def make_theirs(world: World, content: dict[str, object]) -> dict[str, object]:
    """Make the object that the scenario creates, as somebody else."""
    made: dict[str, object] = world.ask("PUT", _CREATE.path, {"stream": {"name": "extra", **content}})["stream"]
    return made


def check_theirs(world: World, theirs: dict[str, object], report: dict[str, list[dict[str, str]]]) -> None:
    """Check that the object is as they made it and not recorded, and that everything else was done."""
    outcomes = {each["address"]: each for each in report["outcomes"]}
    failed = outcomes.pop("uipath/Stream/extra")
    assert failed["status"] == "failed"
    assert "it exists now" in failed["reason"]
    assert failed["hint"] == "plan again"
    assert {each["status"] for each in outcomes.values()} == {"succeeded"}
    assert world.live()["keep/extra"] == theirs
    assert "uipath/Stream/extra" not in map(str, world.state().records)
    assert world.state().intents == ()


@contents
def test_between_plan_and_apply(world: World, tmp_path: Path, content: dict[str, object]) -> None:
    world.run("plan", "--save", "it.plan").ok()
    theirs = make_theirs(world, content)
    check_theirs(world, theirs, world.run("apply", "it.plan", "--format", "json").ok(3).json)
    shown = world.run("plan", "--format", "json").ok().json
    assert [(each["action"], each["reason"]) for each in shown["changes"]] == [("adopt", "exists")]


@contents
def test_just_before_the_create_leaves(world: World, content: dict[str, object]) -> None:
    """The name is read before the create, since creating may overwrite; they are quicker still than that reading."""
    world.faults({"match": {"method": "GET", "path": f"^{_NAME}$"}, "fault": "hold"})
    running = world.start_apply("--format", "json")
    world.until_held(running)
    theirs = make_theirs(world, content)
    world.release()
    check_theirs(world, theirs, running.ended().ok(3).json)


@contents
def test_while_the_create_is_on_its_way(
    world: World, content: dict[str, object], request: pytest.FixtureRequest
) -> None:
    """The server says no. One that overwrites instead can't be helped: nothing in its answer tells."""
    if request.node.callspec.params["template"] == "upsert":
        pytest.skip("a server that overwrites what it is asked to create says nothing of it")
    world.faults(_CREATE.rule("hold"))
    running = world.start_apply("--format", "json")
    world.until_held(running)
    theirs = make_theirs(world, content)
    world.release()
    check_theirs(world, theirs, running.ended().ok(3).json)


def test_after_a_create_that_was_lost_on_its_way(world: World) -> None:
    """Looking for our lost create finds theirs, which is another."""
    world.faults(_CREATE.rule("drop_before"), {"match": {"method": "GET", "path": f"^{_NAME}$"}, "skip": 1, **_HOLD})
    running = world.start_apply("--format", "json")
    world.until_held(running)
    theirs = make_theirs(world, _OTHER)
    world.release()
    check_theirs(world, theirs, running.ended().ok(3).json)


def test_after_we_were_killed(world: World) -> None:
    """Recovery finds theirs under the name of our create; it isn't recorded, and so never deleted."""
    world.faults(_CREATE.rule("hold"), _CREATE.rule("drop_before"))
    running = world.start_apply("--parallelism", "1")
    world.until_held(running)
    running.kill()
    running.ended()
    world.release()
    theirs = make_theirs(world, _OTHER)
    world.remove(["Stream-extra"])
    assert "left alone" in world.apply().ok().out
    assert world.live()["keep/extra"] == theirs


_HOLD = {"fault": "hold"}
