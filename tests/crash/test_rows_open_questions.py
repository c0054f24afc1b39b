"""Killed where the provider does what its documentation leaves open: lists it ignores, uploads it carries out later."""

import signal

import pytest

from tests.crash.rows import TARGET, Ending, RowWorld, check_ended, rows_made
from tests.crash.world import until

MERGE, IGNORE, ASYNC = ("--row-put", "merge"), ("--row-put", "ignore-nested"), ("--upload", "async")
WITHOUT_LISTS = pytest.mark.parametrize("switches", [MERGE, IGNORE], indirect=True, ids=lambda each: each[1])
MERGED = pytest.mark.parametrize("switches", [MERGE], indirect=True, ids=["merge"])
LATER = pytest.mark.parametrize("switches", [ASYNC], indirect=True, ids=["async"])

_ENTRIES = "/dataSetRow(ExpectedSource|FilterVariable)$"
_ROWS = {each["input"]: each for each in TARGET["faq"] if isinstance(each, dict)}
NEXT = [
    {**_ROWS["nested"], "expectedAnswer": "c", "expectedSources": [{"name": "o", "value": "x"}], "filterVariables": []},
    {**_ROWS["rich"], "expectedSources": [{"name": "n", "value": "v", "extension": "md"}]},
]
"""Rows of faq in a further change; the others stay."""


@pytest.fixture(scope="module")
def switches(request: pytest.FixtureRequest) -> tuple[str, ...]:
    options: tuple[str, ...] = request.param
    return options


@WITHOUT_LISTS
@pytest.mark.parametrize("boundary", range(2, 47, 9))
def test_killed_while_lists_are_repaired(row_world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    killed = row_world.start(boundary, "--auto-approve", "--parallelism", "1").ended()
    assert killed.code == -signal.SIGKILL
    row_world.again()
    check_ended(row_world, undisturbed)


@WITHOUT_LISTS
def test_killed_at_every_boundary_of_finer_calls(row_world: RowWorld) -> None:
    row_world.again()
    change(row_world)
    boundary, killed = 0, True
    while killed:
        boundary += 1
        done = row_world.start(boundary, "--auto-approve", "--parallelism", "1").ended()
        killed = done.code == -signal.SIGKILL
        if not killed:
            done.ok()
        # Each run does a part of what is left, so it is killed ever further from its beginning.
    assert boundary > len(NEXT)
    check_next(row_world)


@MERGED
@pytest.mark.parametrize("boundary", [2, 5, 8, 11, 14])
def test_killed_between_finer_calls(row_world: RowWorld, boundary: int) -> None:
    row_world.again()
    change(row_world)
    killed = row_world.start(boundary, "--auto-approve", "--parallelism", "1").ended()
    assert killed.code == -signal.SIGKILL
    row_world.again()
    check_next(row_world)


@LATER
@pytest.mark.parametrize("call", ["POST fresh", "POST faq/++", "POST pool/++"])
def test_killed_after_an_upload_was_accepted(row_world: RowWorld, undisturbed: Ending, call: str) -> None:
    row_world.settle(2)
    row_world.faults(row_world.rule(call, "hold", at="after"))
    running = row_world.start(0, "--auto-approve", "--parallelism", "1")
    until(lambda: row_world.held_back() == 1)
    running.kill()
    assert running.ended().code == -signal.SIGKILL
    row_world.release()
    row_world.again()
    check_ended(row_world, undisturbed)


@LATER
@pytest.mark.parametrize("boundary", [2, 3, 21])
def test_killed_while_an_upload_is_awaited(row_world: RowWorld, undisturbed: Ending, boundary: int) -> None:
    row_world.settle(2)
    killed = row_world.start(boundary, "--auto-approve", "--parallelism", "1").ended()
    assert killed.code == -signal.SIGKILL
    row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) > 0


def change(world: RowWorld, **settings: float) -> None:
    """Declare the further change, on a connection with these settings."""
    world.settings = settings
    world.declare_target()
    others = [each for each in TARGET["faq"] if not isinstance(each, dict)]
    world.write([*others, *NEXT])


def check_next(world: RowWorld) -> None:
    """Check that the further change is done."""
    found = {row["input"]: row for row in world.rows()}
    for each in NEXT:
        row = found[each["input"]]
        assert {(source["name"], source["extension"]) for source in row["expectedSources"]} == {
            (source["name"], source.get("extension", "")) for source in each["expectedSources"]
        }
        assert row["filterVariables"] == each.get("filterVariables", [])
        assert row["expectedAnswer"] == each["expectedAnswer"]
    assert len(found) == len(TARGET["faq"])
    assert "No changes" in world.again()


@MERGED
def test_a_finer_call_that_surfaces_while_it_is_looked_for(row_world: RowWorld) -> None:
    """Nothing but waiting tells that it can't come any more: sent again at once, an entry would be there twice."""
    row_world.again()
    change(row_world, settle=4)
    row_world.faults({"match": {"method": "POST", "path": _ENTRIES}, "fault": "hold"})
    running = row_world.start(0, "--auto-approve", "--parallelism", "1")
    until(lambda: row_world.held_back() == 1)
    running.kill()
    running.ended()
    sent = len(row_world.writes())
    again = row_world.start(0, "--auto-approve", "--parallelism", "1")
    until(lambda: reads_since(row_world, sent) >= 2)
    assert len(row_world.writes()) == sent
    row_world.release()
    again.ended().ok()
    check_next(row_world)


@MERGED
def test_a_finer_call_whose_answer_came_too_late(row_world: RowWorld) -> None:
    row_world.again()
    change(row_world, settle=20, timeout=1)
    row_world.faults({"match": {"method": "POST", "path": _ENTRIES}, "fault": "hold"})
    running = row_world.start(0, "--auto-approve", "--parallelism", "1")
    until(lambda: row_world.held_back() == 1)
    sent = len(row_world.writes())
    until(lambda: reads_since(row_world, sent) >= 2)
    assert len(row_world.writes()) == sent
    row_world.release()
    running.ended().ok()
    check_next(row_world)


def reads_since(world: RowWorld, sent: int) -> int:
    """How many reads came since so many writes had been sent."""
    log = world.emulator.requests()
    writes = [index for index, each in enumerate(log) if each["method"] != "GET"]
    return len(log) - 1 - writes[sent - 1]
