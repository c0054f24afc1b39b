"""The server works off what a killed run sent while the next run is already looking for it."""

import pytest

from tests.crash.scenario import TARGET, WRITES, stream
from tests.crash.world import Template, World, check_converged, check_each_once, until

_READ_WHERE = {
    "create-dataset": "fresh",
    "create-stream": "keep/streams/extra",
    "update-stream": "keep/streams/edited",
    "delete-dataset": "doomed",
}


@pytest.mark.parametrize("name", _READ_WHERE)
def test_a_write_surfaces_while_it_is_looked_for(world: World, template: Template, name: str) -> None:
    world.settle(20)
    killed_holding(world, name)
    again = world.start_apply()
    looked = f"/api/v1/datasets/p/{_READ_WHERE[name]}"
    until(lambda: _readings(world, looked) >= 2, of=again)
    assert len(world.writes()) == _sent_before(world)
    world.release()
    again.ended().ok()
    check_converged(world, template)
    check_each_once(world, WRITES)


def test_a_reset_that_comes_late_does_not_undo_the_next_one(world: World) -> None:
    """Nothing tells whether a reset was carried out: the next one waits until the first can't come any more."""
    killed_holding(world, "reset-stream")
    world.declare([_rewound(each) for each in TARGET])
    world.settle(3)
    again = world.start_apply()
    looked = "/api/v1/datasets/p/keep/streams/rewound"
    until(lambda: _readings(world, looked) >= 2, of=again)
    world.release()
    again.ended().ok()
    assert world.starts()[f"{looked}/reset"] == "2023-01-01T00:00:00Z"


def killed_holding(world: World, name: str) -> None:
    """Kill an apply while the server holds one of its writes, uncommitted."""
    write = next(each for each in WRITES if each.id == name)
    world.faults(write.rule("hold"))
    running = world.start_apply("--parallelism", "1")
    world.until_held(running)
    running.kill()
    running.ended()


def _rewound(manifest: dict[str, object]) -> dict[str, object]:
    if manifest["metadata"] == {"name": "rewound"}:
        return stream("rewound", "keep", "Rewound", startFrom="2023-01-01T00:00:00Z")
    return manifest


def _readings(world: World, path: str) -> int:
    """How often an object was read since the last write was sent."""
    log = world.log()
    last = max(index for index, each in enumerate(log) if each["method"] != "GET")
    return sum(each["path"] == path for each in log[last + 1 :])


def _sent_before(world: World) -> int:
    return len(world.writes(committed=True)) + 1
