"""Every provider, every kind of change, one and ten calls in flight: killed, run again, and as if nothing had happened.

The scenarios are in ``tests/chaos/scenarios``. A build kills at a chosen few of the boundaries. With ``CRASH_ALL=1`` it
is all of them, before and after each request and each commit (about half an hour; `make chaos MATRIX=1`).
"""

import os
from collections.abc import Callable, Iterable
from typing import TypeAlias

import pytest

from tests.chaos.account import Account
from tests.chaos.kills import BASE, Boundary, Instant, Kill, Late, Trial
from tests.chaos.scenario import read_scenario
from tests.chaos.stage import Stage
from tests.crash.forks import Forks

ALL = bool(os.environ.get("CRASH_ALL"))
SCENARIOS = {"uipath": 8, "geai": 8, "modelarts": 4, "vi": 4, "all": 4}
"""Each with the distance between the boundaries that are killed at. It has no factor in common with 3: each write is
announced, answered and settled. Other tests of this folder have all of those of UiPath and of rows."""
PARTS = 2
"""So many tests share the boundaries of a scenario."""
_TOGETHER = 2
"""The distance, times that of the scenario, where ten calls are in flight."""

Staged: TypeAlias = Callable[[str], Stage]


def of(names: Iterable[str]) -> pytest.MarkDecorator:
    """The tests of a scenario share what it takes to begin with."""
    return pytest.mark.parametrize(
        "name", [pytest.param(each, marks=pytest.mark.xdist_group(f"matrix-{each}")) for each in names]
    )


each_scenario = of(SCENARIOS)
each_part = pytest.mark.parametrize("part", range(PARTS))


@pytest.fixture(scope="module")
def staged(account: Account, forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return _stages(account, forks, tmp_path_factory)


@pytest.fixture(scope="module")
def slowly_staged(slow_account: Account, forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return _stages(slow_account, forks, tmp_path_factory)


def _stages(account: Account, forks: Forks, folders: pytest.TempPathFactory) -> Staged:
    found: dict[str, Stage] = {}

    def made(name: str) -> Stage:
        if name not in found:
            found[name] = Stage(folders.mktemp(name), account, forks, read_scenario(name))
        return found[name]

    return made


def check(stage: Stage, *kills: Kill, workers: int = 1, taken_out: str = "", settle: float = 0) -> None:
    problems = stage.disturbed(Trial(kills, workers, taken_out, settle))
    assert not problems, "\n".join(
        [f"after {kills}, {workers} in flight, {taken_out or 'nothing'} taken out", *problems]
    )


@each_part
@pytest.mark.parametrize("workers", [1, 10])
@each_scenario
def test_killed_at_a_boundary(staged: Staged, name: str, workers: int, part: int) -> None:
    stage = staged(name)
    kind, step = ("all", 1) if ALL else ("journal", SCENARIOS[name] * (_TOGETHER if workers > 1 else 1))
    before = stage.killed
    boundaries = range(1 + part * step, stage.count(kind) + 1, PARTS * step)
    for number in boundaries:
        check(stage, Boundary(number, kind), workers=workers)
    # With ten in flight some commits are one, so that there are fewer boundaries.
    assert stage.killed - before >= len(boundaries) - (2 if workers > 1 else 0)


@each_scenario
def test_killed_again_and_again(staged: Staged, name: str) -> None:
    """Each run comes a little further than the one before, and so does the recovery that is killed in its turn."""
    stage = staged(name)
    count = stage.count("journal")
    check(stage, *(Boundary(number, "journal") for number in (count // 3, 4, 3, 2, 5)), workers=10)


@each_scenario
def test_killed_at_some_instant(staged: Staged, name: str) -> None:
    stage = staged(name)
    check(stage, Instant(0.6 * stage.seconds), workers=10)


@each_scenario
def test_the_server_commits_after_the_kill(staged: Staged, name: str) -> None:
    stage = staged(name)
    for write in range(0, len(stage.writes), 1 if ALL else 6):
        check(stage, Late(write), workers=1)
    check(stage, Late(1, all=True), workers=10)


@pytest.mark.parametrize("taken", range(2))
@each_scenario
def test_an_object_is_taken_out_of_the_manifest_after_the_kill(staged: Staged, name: str, taken: int) -> None:
    stage = staged(name)
    taken_out = (stage.scenario.removable[0], BASE)[taken]
    count = stage.count("journal")
    for number in range(1, count + 1) if ALL else (count - 7,):
        check(stage, Boundary(number, "journal"), workers=1 if number % 2 else 10, taken_out=taken_out)


@of(["modelarts", "vi"])
def test_killed_while_operations_take_their_time(slowly_staged: Staged, name: str) -> None:
    stage = slowly_staged(name)
    count = stage.count("all")
    for number in range(7, count, 1 if ALL else 47):
        check(stage, Boundary(number), workers=1 if number % 2 else 10)
