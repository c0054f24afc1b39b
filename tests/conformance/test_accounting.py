"""Every call of a plan is accounted for, whatever fails; and the next apply does only the rest.

Failures are drawn by a generator with a fixed seed for each case. ACCOUNTING_SEEDS=500 draws more.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.stage import Document, Stage, actions, dataset, sha256, stream
from tests.support import Done, RunningEmulator, httpstate

SEEDS = int(os.environ.get("ACCOUNTING_SEEDS", "3"))
ANY = -1
"""Any exit code."""
ENDS = ("succeeded", "failed", "skipped", "unknown")
REFUSED = {"fault": "error_before", "status": 403}
TROUBLE: tuple[Document, ...] = (
    REFUSED,
    REFUSED,
    {"fault": "drop_after"},
    {"fault": "drop_before"},
    {"fault": "rate_limit", "retry_after": 0},
    # Nobody knows what became of it: its repeats are lost as well.
    {"fault": "drop_after", "times": None},
)


@dataclass
class Accounts(Stage):
    """A stage that keeps its state where it is told."""

    state: str = ""

    def stack_document(self) -> Document:
        document = super().stack_document()
        document["spec"] |= {"state": self.state} if self.state else {}
        return document

    def _checked(self, done: Done, code: int) -> Done:
        return super()._checked(done, done.code if code == ANY else code)


@pytest.fixture(params=["sqlite", "http"])
def accounts(
    request: pytest.FixtureRequest, emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Accounts]:
    """A stage with its state in rows, or in one document that names calls in waves."""
    emulator.start_over()
    state = ""
    if request.param == "http":
        monkeypatch.setenv("DSOPS_STATE_USERNAME", httpstate.USER)
        monkeypatch.setenv("DSOPS_STATE_PASSWORD", httpstate.PASSWORD)
        state = f"{request.getfixturevalue('http_state')}/{tmp_path.name}"
    made = Accounts(tmp_path / "mail", emulator, state=state)
    yield made
    made.leaves_no_secret()


def declared() -> list[Document]:
    """Three datasets with two streams each, every other one with two calls: 12 calls."""
    found = []
    for each in "abc":
        found.append(dataset(each, title=each))
        found.append(stream(f"{each}-one", dataset=each, title="One"))
        found.append(stream(f"{each}-two", dataset=each, title="Two", startFrom="2020-06-03T16:05:00Z"))
    return found


def planned(plan: Any) -> dict[str, list[int]]:
    """Return the numbers of the calls of each change."""
    return {each["address"]: [call["id"] for call in each["calls"]] for each in plan["changes"]}


def check_accounts(plan: Any, report: Any, sent: int) -> None:
    """Check that each call of the plan is in one list of the report, and that the sums are right."""
    calls = planned(plan)
    assert [each["address"] for each in report["outcomes"]] == list(calls)
    ended: Counter[str] = Counter()
    for outcome in report["outcomes"]:
        lists = outcome["calls"]
        assert sorted(number for end in ENDS for number in lists[end]) == sorted(calls[outcome["address"]])
        ended.update({end: len(lists[end]) for end in ENDS})
        its = {end for end in ENDS if lists[end]}
        assert outcome["status"] == "succeeded" or outcome["reason"]
        assert (outcome["status"] == "succeeded") == (its <= {"succeeded"})
        assert outcome["status"] == "succeeded" or outcome["status"] in its
    summary = report["summary"]
    assert summary["calls"] == {end: ended[end] for end in ENDS}
    assert sum(summary["calls"].values()) == plan["summary"]["calls"]
    statuses = Counter(each["status"] for each in report["outcomes"])
    assert {end: summary[end] for end in ENDS} == {end: statuses[end] for end in ENDS}
    assert summary["sent"] == sum(each["sent"] for each in report["outcomes"])
    left = ended["succeeded"] + ended["failed"] + ended["unknown"]
    assert summary["sent"] - summary["repeats"] - summary["repairs"] <= left
    assert summary["sent"] == sent


def trouble_for(plan: Any, draw: random.Random) -> list[Document]:
    """Return faults for some of the calls of a plan."""
    rules = []
    for each in plan["changes"]:
        for call in each["calls"]:
            if draw.random() < 0.25:
                match = {"method": call["method"], "path": f"{call['path']}$"}
                rules.append({"match": match, **draw.choice(TROUBLE)})
    return rules


def arrived(stage: Stage) -> list[tuple[str, str]]:
    """Return the writes that arrived, those left out that were refused for their pace: these were not carried out."""
    return [(each["method"], each["path"]) for each in stage.writes() if each["status"] != 429]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize(("on_error", "parallelism"), [("continue", 1), ("continue", 10), ("stop", 1), ("stop", 10)])
def test_every_call_is_accounted_for_and_the_rest_is_done(
    accounts: Accounts, seed: int, on_error: str, parallelism: int
) -> None:
    accounts.declare(*declared())
    plan = accounts.plan()
    rules = trouble_for(plan, random.Random(f"{seed} {on_error} {parallelism}"))
    accounts.emulator.request("POST", "/_emulator/faults", rules)
    args = ("--on-error", on_error, "--parallelism", str(parallelism))
    done = accounts.run("apply", "--auto-approve", "--format", "json", *args, code=ANY)
    sent = arrived(accounts)
    check_accounts(plan, done.json, len(sent))
    calls = done.json["summary"]["calls"]
    assert done.code == (3 if calls["succeeded"] < sum(calls.values()) else 0)
    if on_error == "stop" and calls["failed"] + calls["unknown"]:
        check_stopped(done.json, parallelism)
    accounts.emulator.release()
    check_rest(accounts, plan, done.json, len(accounts.writes()))


def check_stopped(report: Any, parallelism: int) -> None:
    """Check that what was not begun by then says why; with one at a time, that is all behind the first failure."""
    calls = report["summary"]["calls"]
    if parallelism == 1:
        assert calls["failed"] + calls["unknown"] == 1
    skipped = [each for each in report["outcomes"] if each["status"] == "skipped"]
    assert all("--on-error is stop" in each["reason"] or "was not done" in each["reason"] for each in skipped)


def check_rest(stage: Stage, plan: Any, report: Any, before: int) -> None:
    """Apply again: what succeeded is not sent again, all else is done, and nothing is left."""
    numbers = {number for each in report["outcomes"] for number in each["calls"]["succeeded"]}
    calls = [call for each in plan["changes"] for call in each["calls"]]
    places = {call["id"]: (call["method"], call["path"], call["bodySha256"]) for call in calls}
    again = stage.apply()
    sent = [(each["method"], each["path"], sha256(each["body"])) for each in stage.writes()[before:]]
    assert not set(sent) & {places[number] for number in numbers}
    assert len(sent) == len(set(sent)) == again["summary"]["sent"] == sum(again["summary"]["calls"].values())
    assert set(sent) <= set(places.values())
    stage.settled()
    assert len(stage.recorded()) == len(declared())


def test_a_failure_in_a_wave_stops_what_was_not_announced(accounts: Accounts) -> None:
    """All calls that may be in flight at once are held; the one that fails stops those behind them, and no others."""
    accounts.declare(*(dataset(f"d{number:02}", title="D") for number in range(12)))
    accounts.emulator.fault("error_before", status=403, method="PUT", path="/d00$")
    report = accounts.apply("--on-error", "stop", "--parallelism", "3", code=3)
    calls = report["summary"]["calls"]
    assert calls["failed"] == 1
    assert calls["succeeded"] + calls["failed"] == len(arrived(accounts)) <= 6
    assert calls["skipped"] == 12 - len(arrived(accounts))


def test_the_numbers_are_those_of_the_plan_that_was_shown(accounts: Accounts) -> None:
    accounts.declare(*declared())
    plan = accounts.plan()
    report = accounts.apply()
    succeeded = {each["address"]: each["calls"]["succeeded"] for each in report["outcomes"]}
    assert succeeded == planned(plan)
    assert actions(plan).keys() == {str(each["address"]).partition("/")[2] for each in report["outcomes"]}
