"""How many requests each command makes, through the real command line, counted by a real emulator in another process.

The stack has two datasets, of which one has two streams and the other one; one stream has a ``startFrom``. To read it
takes one listing of the datasets and one of the streams of each dataset, whatever their number.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import TOKEN, Done, RunningEmulator, run_dsops, start_emulator

LISTINGS = 1 + 2
DISPUTE = "/api/v1/datasets/project1/collateral/streams/dispute"


@dataclass(frozen=True)
class Counted:
    """The example stack, and an emulator that counts."""

    folder: Path
    emulator: RunningEmulator

    def run(self, *args: str, code: int = 0) -> tuple[int, int]:
        """Run a command; return how many reads and writes it made."""
        self.emulator.request("DELETE", "/_emulator/requests")
        self._run(*args).ok(code)
        methods = [each["method"] for each in self.emulator.requests()]
        reads = methods.count("GET")
        return reads, len(methods) - reads

    def _run(self, *args: str) -> Done:
        env = {"DSOPS_VAR_endpoint": self.emulator.url, "DSOPS_EXAMPLE_TOKEN": TOKEN}
        return run_dsops(*args, cwd=self.folder, env=env)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


@pytest.fixture
def stack(emulator: RunningEmulator, tmp_path: Path, root: Path) -> Counted:
    emulator.start_over()
    shutil.copytree(
        root / "examples" / "support-mail", tmp_path / "stack", ignore=shutil.ignore_patterns(".dsops", "env")
    )
    return Counted(tmp_path / "stack", emulator)


@pytest.fixture
def applied(stack: Counted) -> Counted:
    stack.run("apply", "--auto-approve")
    return stack


def test_validating_asks_nobody(stack: Counted) -> None:
    assert stack.run("validate") == (0, 0)


def test_planning_to_create_everything_takes_one_read(stack: Counted) -> None:
    # No dataset is there, so none has streams to list.
    assert stack.run("plan") == (1, 0)


def test_a_create_is_one_read_and_one_write_and_a_start_one_write_more(stack: Counted) -> None:
    objects, starts = 5, 1
    assert stack.run("apply", "--auto-approve") == (1 + objects, objects + starts)


def test_nothing_to_do_is_one_listing_a_scope(applied: Counted) -> None:
    assert applied.run("plan", "--detailed-exitcode") == (LISTINGS, 0)
    assert applied.run("apply", "--auto-approve") == (LISTINGS, 0)
    assert applied.run("drift") == (LISTINGS, 0)


def test_more_streams_are_no_more_reads(applied: Counted) -> None:
    text = (applied.folder / "streams" / "claims.yaml").read_text(encoding="utf-8")
    more = (text.replace("urgent-claims", f"claims-{number}") for number in range(20))
    (applied.folder / "more.yaml").write_text("---\n".join(more), encoding="utf-8")
    assert applied.run("apply", "--auto-approve") == (LISTINGS + 20, 20)
    assert applied.run("plan", "--detailed-exitcode") == (LISTINGS, 0)


def test_a_dataset_without_streams_has_none_listed(applied: Counted) -> None:
    (applied.folder / "streams" / "claims.yaml").unlink()
    assert applied.run("apply", "--auto-approve") == (LISTINGS, 1)
    assert applied.run("plan", "--detailed-exitcode") == (LISTINGS - 1, 0)


def test_an_update_is_one_write(applied: Counted) -> None:
    applied.edit("streams/collateral.yaml", "Dispute: 0.37", "Dispute: 0.38")
    applied.edit("streams/collateral.yaml", "title: Collateral Disputes", "title: Disputes")
    assert applied.run("apply", "--auto-approve") == (LISTINGS, 1)


def test_a_later_start_is_one_write(applied: Counted) -> None:
    applied.edit("streams/collateral.yaml", "2024-01-01", "2024-01-02")
    assert applied.run("apply", "--auto-approve") == (LISTINGS, 1)


def test_a_repair_is_one_write(applied: Counted) -> None:
    applied.emulator.request("POST", DISPUTE, {"stream": {"title": "Somebody else's"}})
    assert applied.run("drift", code=2) == (LISTINGS, 0)
    assert applied.run("apply", "--auto-approve") == (LISTINGS, 1)


def test_a_target_reads_only_its_own_scopes(applied: Counted) -> None:
    assert applied.run("plan", "--target", "uipath/Stream/urgent-claims") == (2, 0)


def test_a_saved_plan_reads_again_only_what_it_writes_to(applied: Counted) -> None:
    applied.edit("streams/collateral.yaml", "Dispute: 0.37", "Dispute: 0.38")
    assert applied.run("plan", "--save", "one.plan") == (LISTINGS, 0)
    assert applied.run("apply", "one.plan") == (1, 1)


def test_a_destroy_deletes_each_object_once(applied: Counted) -> None:
    assert applied.run("destroy", "--auto-approve") == (LISTINGS, 5)
    assert applied.run("destroy", "--auto-approve") == (0, 0)
