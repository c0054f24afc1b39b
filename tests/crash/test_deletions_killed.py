"""Killed while the provider is still at a deletion: the next run waits for its end, as the killed one would have."""

import pytest

from tests.chaos.account import Account, until
from tests.chaos.scenario import read_scenario
from tests.chaos.stage import Stage
from tests.crash.forks import Forks

_WHERE = {"vi": "/deleteOperation", "modelarts": ""}
"""Below what is deleted: where is seen how far that has come."""


@pytest.mark.parametrize("name", _WHERE)
def test_the_next_run_waits_until_what_was_deleted_is_gone(
    slow_account: Account, forks: Forks, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Till then its name may be taken, and what lay below it could be read as if it were there to stay."""
    stage = Stage(tmp_path_factory.mktemp(name), slow_account, forks, read_scenario(name))
    stage.begin()
    killed = 0
    slow_account.control("POST", "clock", {"now": slow_account.control("GET", "clock")["now"]})
    try:
        while not any(each["committed"] for each in slow_account.writes()):
            killed += 4
            stage.killed_at(killed)
            assert stage.killed, "a dataset is deleted sooner or later, and that ends only when the clock moves"
        run = stage.run()
        seen = len(slow_account.log())
        until(lambda: _looks(slow_account, name, seen) > 2 or not run.runs())
        assert len(slow_account.writes()) == 1, "nothing is written before the deletion has ended"
    finally:
        slow_account.control("POST", "clock", {"now": None})
    assert not stage.judged(run)


def _looks(account: Account, name: str, since: int) -> int:
    """How often it was looked at, after so many requests, how far the deletion has come."""
    deleted = account.writes()[0]["path"] + _WHERE[name]
    return sum(each["path"] == deleted for each in account.log()[since:])
