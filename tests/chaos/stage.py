"""A scenario at work: a stack in a folder, accounts, runs that are killed, and what came of it."""

import asyncio
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import assert_never
from uuid import uuid4

from dsops import engine
from dsops.engine import Options, Workspace
from dsops.manifest import load
from dsops.providers import kinds
from tests.chaos.account import WRITES, Account, until
from tests.chaos.ending import Ending, differences, made, records_of, things_of
from tests.chaos.kills import BASE, Boundary, Instant, Kill, Late, Trial
from tests.chaos.live import live
from tests.chaos.scenario import ENV, Manifest, Scenario, address_of, stack_file, without
from tests.crash.forks import Forked, Forks

NOWHERE = Boundary(0)
_KILLED = -signal.SIGKILL


class Stage:
    """A scenario whose base is applied, to be changed and disturbed any number of times.

    Attributes:
        scenario: The scenario.
        boundaries: How many there are in an undisturbed run with one call in flight.
        writes: The methods of its writes, in order.
        seconds: How long it takes.
        runs: How many runs there were.
        killed: How many of them were killed.
    """

    def __init__(
        self,
        folder: Path,
        account: Account,
        forks: Forks,
        scenario: Scenario,
        address: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Apply the base, let strangers do their part, and see what an undisturbed run to the target makes of it.

        Args:
            folder: Where the stack's folder is made.
            account: What it is about; what others have in it is put aside.
            forks: Starts the runs.
            scenario: What is done.
            address: Says where a state is kept that begins anew; None: beside the stack.
        """
        self.scenario = scenario
        self.runs = self.killed = 0
        self._account = account
        self._forks = forks
        self._folder = folder / "stack"
        self._kept = folder / "kept"
        self._address = address
        self._name = uuid4().hex
        self._state: str | None = None
        self._loaded: Workspace | None = None
        self._ends: dict[str, list[Ending]] = {}
        self._before: frozenset[str] = frozenset()
        self._late = False
        self._lay()
        self._before = frozenset(each.id for each in live(account).values())
        self.boundaries, self.writes, self.seconds = self._undisturbed()

    # -- what is done

    def disturbed(self, trial: Trial) -> list[str]:
        """Change the stack, disturbed; return what is not as it should be then."""
        self.begin(trial.settle)
        for number, kill in enumerate(trial.kills):
            self._killed(kill, trial.workers)
            if number == 0 and trial.taken_out:
                self.declare(self._declared_then(trial.taken_out))
        return self.judged(self._start(NOWHERE, trial.workers), trial.taken_out)

    def begin(self, settle: float = 0) -> None:
        """Start over and declare the target, recovery being patient for so many seconds."""
        self._start_over(settle)
        self.declare(self.scenario.target)

    def killed_at(self, number: int) -> None:
        """Run the command with one call in flight, and let it be killed at a boundary, of all kinds."""
        self._killed(Boundary(number), 1)

    def run(self) -> Forked:
        """Run the command, undisturbed, with one call in flight."""
        return self._start(NOWHERE, 1)

    def judged(self, run: Forked, taken_out: str = "") -> list[str]:
        """Wait for the end of the last run; return what is not as it should be then."""
        code, said = self._ended(run)
        if code:
            return [f"the last run exited with {code}:\n{said}"]
        return differences(self.ending(), self.ends(taken_out)) + self._left_to_do()

    def ends(self, taken_out: str = "") -> list[Ending]:
        """Return the ends that may be: undisturbed, the one that led over the target and the one that didn't."""
        if taken_out not in self._ends:
            self._ends[taken_out] = [self._end_of([self.scenario.target])]
            if taken_out:
                then = self._declared_then(taken_out)
                self._ends[taken_out] = [self._end_of([self.scenario.target, then]), self._end_of([then])]
        return self._ends[taken_out]

    def count(self, kind: str) -> int:
        """Return how many boundaries of a kind there are in an undisturbed run with one call in flight."""
        self.begin()
        code, said = self._ended(self._start(Boundary(0, kind), 1))
        assert code == 0, said
        return int(said.split()[-1])

    def declare(self, manifests: Iterable[Manifest]) -> None:
        """Declare these and nothing else."""
        self._loaded = None
        for old in self._folder.glob("declared-*.yaml"):
            old.unlink()
        for each in manifests:
            name = address_of(each).replace("/", "-")
            (self._folder / f"declared-{name}.yaml").write_text(json.dumps(each), encoding="utf-8")

    def settle(self, seconds: float) -> None:
        """Set how long a lost write may still surface."""
        content = json.dumps(stack_file(self._account.url, settle=seconds, state=self._state))
        (self._folder / "dsops.yaml").write_text(content, encoding="utf-8")

    def remove(self) -> None:
        """Remove its folders."""
        for each in (self._folder, self._kept):
            shutil.rmtree(each)

    def ending(self) -> Ending:
        """Return how things are once what goes on at the providers has ended."""
        until(self._is_idle)
        found = live(self._account)
        store = engine.store_of(self._workspace().stack)
        return Ending(
            things_of(found, self._before), records_of(store, found, self._before), made(self._account.writes())
        )

    # -- how

    def _let_strangers_in(self) -> None:
        for provider, method, path, body in self.scenario.strangers:
            ids = {name: thing.id for name, thing in live(self._account).items()}
            place = re.sub(r"\{([^{}]+)\}", lambda found, ids=ids: ids[found[1]], path)  # type: ignore[misc]
            self._account.ask(provider, method, place, body)
            until(self._is_idle)

    def _is_idle(self) -> bool:
        values = [each.values for each in live(self._account).values()]
        return not any("going" in each or each.get("reached") is False or each.get("status", 1) != 1 for each in values)

    def _undisturbed(self) -> tuple[int, tuple[str, ...], float]:
        began = time.monotonic()
        boundaries = self.count("all")
        took = time.monotonic() - began
        writes = tuple(each["method"] for each in self._account.writes())
        self._ends[""] = [self.ending()]
        assert not (left := self._left_to_do()), left
        return boundaries, writes, took

    def _end_of(self, changes: Iterable[Iterable[Manifest]]) -> Ending:
        self._start_over(0)
        for each in changes:
            self.declare(each)
            self._apply(1)
        return self.ending()

    def _declared_then(self, taken_out: str) -> tuple[Manifest, ...]:
        return self.scenario.base if taken_out == BASE else without(self.scenario.target, taken_out)

    def _start_over(self, settle: float) -> None:
        self._late = False
        if self._state is None:
            self._account.put_back(self._name)
            shutil.rmtree(self._folder)
            shutil.copytree(self._kept, self._folder)
        else:
            shutil.rmtree(self._folder)
            self._lay()
        self.settle(settle)

    def _lay(self) -> None:
        """Apply the base to an empty account, and let strangers do their part."""
        self._account.clear()
        self._state = self._address()
        self._folder.mkdir(parents=True)
        self.declare(self.scenario.base)
        self.settle(0)
        self._apply(1)
        self._let_strangers_in()
        self._account.keep(self._name)
        self._account.put_back(self._name)
        shutil.rmtree(self._kept, ignore_errors=True)
        shutil.copytree(self._folder, self._kept)

    def _apply(self, workers: int) -> None:
        code, said = self._ended(self._start(NOWHERE, workers))
        assert code == 0, said

    def _start(self, boundary: Boundary, workers: int) -> Forked:
        self.runs += 1
        where = f"{boundary.kind}:{boundary.number}"
        run = self._forks.start(self._folder, where, "apply", "--auto-approve", "--parallelism", str(workers), env=ENV)
        if self._late:
            self._late = False
            seen = len(self._account.log())
            until(lambda: len(self._account.log()) > seen or not run.runs())
            self._account.release()
        return run

    @staticmethod
    def _ended(run: Forked) -> tuple[int, str]:
        done = run.ended()
        return done.code or int("Traceback" in done.err), done.out + done.err

    def _killed(self, kill: Kill, workers: int) -> None:
        """Run the command, and kill it unless it ends before."""
        match kill:
            case Boundary():
                run = self._start(kill, workers)
            case Instant():
                run = self._start(NOWHERE, workers)
                time.sleep(kill.seconds)
                run.kill()
            case Late():
                self._account.hold([*self._rules(kill)])
                run = self._start(NOWHERE, workers)
                until(lambda: self._account.held() or not run.runs())
                run.kill()
            case _:
                assert_never(kill)
        code, said = self._ended(run)
        assert code in {0, _KILLED}, f"a run that was to be killed exited with {code}:\n{said}"
        self.killed += code == _KILLED
        self._account.control("DELETE", "faults")
        self._late = isinstance(kill, Late) and kill.during
        if not self._late:
            self._account.quiet()

    def _rules(self, kill: Late) -> Iterable[dict[str, object]]:
        first = self.writes[kill.write]
        for method in WRITES if kill.all else (first,):
            skip = self.writes[: kill.write].count(method)
            yield {"match": {"method": method}, "skip": skip, "times": None if kill.all else 1}

    def _left_to_do(self) -> list[str]:
        plan = asyncio.run(engine.plan(self._workspace(), Options("dsops plan"), lambda _: None)).plan
        return [f"left to do: {each}" for each in (*plan.changes, *plan.refresh)]

    def _workspace(self) -> Workspace:
        if self._loaded is None:
            schemas = {name: kind.info.schema for name, kind in kinds().items()}
            loaded = load(self._folder, env=None, variables={}, environ=os.environ, schemas=schemas)
            assert loaded.stack is not None, loaded.diagnostics
            self._loaded = Workspace(loaded.stack, loaded.resources)
        return self._loaded
