"""Writes to rows whose answer never comes, that are carried out late, or that meet a stranger's rows."""

import itertools
import signal

import pytest

from tests.crash.rows import CALLS, WRITES, Ending, RowWorld, check_ended, rows_made
from tests.crash.world import until

FATES = ("late", "never", "done")
"""What becomes of the write in flight: committed after the kill; never; committed before it, its answer unheard."""
_ONE_OF_A_KIND = ("POST fresh", "POST faq/++", "PUT faq/nested", "DELETE faq/gone 1")
IN_FLIGHT = [
    *itertools.product(_ONE_OF_A_KIND, FATES),
    *zip((each for each in CALLS if each not in _ONE_OF_A_KIND), itertools.cycle(FATES), strict=False),
]
_UPLOADS = "^/dataSetApi/dataSet/[^/]+/dataSetRow/FileUpload$"
_NUMBER_OF_UPLOADS = 3


@pytest.mark.parametrize("workers", ["1", "10"])
@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "error_before"])
def test_the_first_answer_to_every_write_is_lost(
    row_world: RowWorld, undisturbed: Ending, fault: str, workers: str
) -> None:
    before = fault.endswith("before")
    singles = [row_world.rule(call, fault) for call in CALLS if not call.endswith("++")]
    # Where an upload is sent again, the next one comes after that.
    skips = [number * (2 if before else 1) for number in range(_NUMBER_OF_UPLOADS)]
    uploads = [{"match": {"method": "POST", "path": _UPLOADS}, "fault": fault, "skip": each} for each in skips]
    row_world.faults(*singles, *uploads)
    report = row_world.report("--parallelism", workers)
    assert {each["status"] for each in report["outcomes"]} == {"succeeded"}
    assert report["summary"]["sent"] == len(WRITES) + report["summary"]["repeats"] == len(row_world.writes())
    if workers == "1":
        again = [each for each in WRITES if before or not each.startswith("POST")]
        assert report["summary"]["repeats"] == len(again), "what was carried out is sent again only where that is safe"
    assert rows_made(row_world.committed()) == rows_made(WRITES)
    check_ended(row_world, undisturbed)


@pytest.mark.parametrize("call", ["POST fresh", "POST faq/++", "POST pool/++", "PUT faq/nested", "DELETE faq/gone 1"])
def test_an_answer_lost_again_and_again_leaves_the_rest_to_the_next_apply(
    row_world: RowWorld, undisturbed: Ending, call: str
) -> None:
    row_world.faults(row_world.rule(call, "drop_before", times=None))
    report = row_world.report(code=3)
    (unknown,) = (each for each in report["outcomes"] if each["status"] != "succeeded")
    assert (unknown["status"], unknown["repeats"]) == ("unknown", 3)
    assert len(row_world.state().intents) == 1
    row_world.emulator.request("DELETE", "/_emulator/faults")
    assert "recovered" in row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)


@pytest.mark.parametrize("call", ["POST faq/++", "POST faq/+", "PUT faq/nested"])
def test_nothing_can_be_read_after_a_lost_answer(row_world: RowWorld, undisturbed: Ending, call: str) -> None:
    """Nobody knows what became of it; the others are done, and the next apply finds out."""
    faq = row_world.ids()["faq"]
    read = {"match": {"method": "GET", "path": f"^/dataSetApi/dataSet/{faq}"}, "fault": "error_before", "status": 400}
    # The reading for the plan is let through.
    row_world.faults(row_world.rule(call, "drop_after"), {**read, "skip": 1, "times": None})
    report = row_world.report(code=3)
    assert [each["status"] for each in report["outcomes"] if each["address"] != "geai/Dataset/faq"] == ["succeeded"] * 2
    row_world.emulator.request("DELETE", "/_emulator/faults")
    row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)


@pytest.mark.parametrize(("call", "fate"), IN_FLIGHT)
def test_killed_while_it_is_in_flight(row_world: RowWorld, undisturbed: Ending, call: str, fate: str) -> None:
    killed_holding(row_world, call, fate)
    row_world.release()
    assert "recovered" in row_world.again()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)


@pytest.mark.parametrize("call", ["POST fresh", "POST faq/++", "POST faq/+", "PUT faq/nested", "DELETE faq/gone 1"])
def test_it_surfaces_while_it_is_looked_for(row_world: RowWorld, undisturbed: Ending, call: str) -> None:
    row_world.settle(20)
    killed_holding(row_world, call, "late")
    sent = len(row_world.writes())
    again = row_world.start(0, "--auto-approve")
    until(lambda: readings(row_world) >= 2)
    assert len(row_world.writes()) == sent, "nothing is sent before it is known what became of it"
    row_world.release()
    again.ended().ok()
    check_ended(row_world, undisturbed)
    assert rows_made(row_world.committed()) == rows_made(WRITES)


def test_an_equal_row_that_somebody_adds_meanwhile_is_not_added_again(row_world: RowWorld) -> None:
    killed_holding(row_world, "POST pool/++", "never")
    row_world.add(["made 1", "x"], name="pool")
    row_world.release()
    row_world.again()
    assert [row["input"] for row in row_world.rows("pool")].count("made 1") == 1
    assert "made 2" in [row["input"] for row in row_world.rows("pool")]


def test_an_upload_of_which_a_part_is_there_is_completed_by_the_next_apply(row_world: RowWorld) -> None:
    """The answer is lost, and so is the upload; but somebody has added one of the rows when we look."""
    pool = row_world.ids()["pool"]
    reading = {"match": {"method": "GET", "path": f"^/dataSetApi/dataSet/{pool}$"}, "skip": 1, "fault": "hold"}
    row_world.faults(row_world.rule("POST pool/++", "drop_before"), reading)
    running = row_world.start(0, "--auto-approve", "--format", "json")
    until(lambda: row_world.held_back() == 1)
    row_world.add(["made 1", "x"], name="pool")
    row_world.release()
    done = running.ended().ok(3)
    assert "1 of 2 rows did not arrive" in done.out
    row_world.again()
    found = [row["input"] for row in row_world.rows("pool")]
    assert (found.count("made 1"), found.count("made 2")) == (1, 1)
    assert "No changes" in row_world.again()


def killed_holding(world: RowWorld, call: str, fate: str) -> None:
    """Run an apply and kill it while one of its writes is in flight."""
    world.faults(
        world.rule(call, "hold", at="after" if fate == "done" else "before"),
        *([world.rule(call, "drop_before")] if fate == "never" else []),
    )
    running = world.start(0, "--auto-approve", "--parallelism", "1")
    until(lambda: world.held_back() == 1)
    running.kill()
    assert running.ended().code == -signal.SIGKILL


def readings(world: RowWorld) -> int:
    """How often something was read since the last write was sent."""
    log = world.emulator.requests()
    return len(log) - 1 - max(index for index, each in enumerate(log) if each["method"] != "GET")
