"""``python -m tests.chaos``: changes made up from seeds, killed again and again, as long as asked; exits 1 on trouble.

A seed makes the change and how it is disturbed; instants and calls in flight at once are no two times the same.
"""

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.account import Account, running_account
from tests.chaos.kills import Trial
from tests.chaos.making import make_providers, make_scenario, make_trial
from tests.chaos.scenario import ENV, PROVIDERS, Scenario
from tests.chaos.stage import Stage
from tests.chaos.states import STATES, States
from tests.crash.forks import Forks, start_forks

_TRIALS = 6
"""How often each change is disturbed."""
_DELAYS = (0.0, 0.0, 0.25)
"""Seconds that operations of ModelArts and Vi take: one of these."""


@dataclass(slots=True)
class Figures:
    """What was done."""

    changes: int = 0
    trials: int = 0
    kills: int = 0
    runs: int = 0
    by_provider: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Chaos:
    """What the changes need that are made up.

    Attributes:
        folder: Where stacks are made.
        accounts: By the time that operations take.
        forks: Starts commands.
        states: Says where each stack keeps its state.
        providers: Those that are asked for; none for any.
    """

    folder: Path
    accounts: dict[float, Account]
    forks: Forks
    states: States
    providers: tuple[str, ...]
    figures: Figures

    def change(self, seed: int) -> list[str]:
        """Make up one change and disturb it; return what went wrong, with what led there."""
        rng = Random(seed)
        delay = rng.choice(_DELAYS)
        scenario = make_scenario(rng, self.providers or make_providers(rng))
        self.figures.changes += 1
        self.figures.by_provider.update(scenario.name.split("+"))
        try:
            stage = Stage(self.folder / str(seed), self.accounts[delay], self.forks, scenario, self.states.address)
        except AssertionError as wrong:
            return [f"{scenario.name}: undisturbed: {wrong}"]
        problems = [problem for number in range(_TRIALS) for problem in self._trial(stage, scenario, rng, number)]
        if not problems:
            stage.remove()
        return problems

    def _trial(self, stage: Stage, scenario: Scenario, rng: Random, number: int) -> Iterator[str]:
        trial = make_trial(
            rng,
            boundaries=stage.boundaries,
            writes=len(stage.writes),
            seconds=stage.seconds,
            removable=scenario.removable,
        )
        self.figures.trials += 1
        before = stage.runs
        try:
            found = stage.disturbed(trial)
        except AssertionError as wrong:
            found = [str(wrong)]
        self.figures.kills += stage.killed
        self.figures.runs += stage.runs - before
        stage.killed = 0
        if found:
            yield f"{scenario.name}, trial {number + 1} of {_TRIALS}: {_words(trial)}"
            yield from found


def _words(trial: Trial) -> str:
    return f"{', '.join(map(repr, trial.kills))}; {trial}"


@contextmanager
def _chaos(given: argparse.Namespace) -> Iterator[Chaos]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="dsops-chaos-"))
        accounts = {delay: stack.enter_context(running_account(delay)) for delay in sorted(set(_DELAYS))}
        # First, as commands have what the environment holds by then: the credentials of a server of states.
        states = stack.enter_context(STATES[given.state]())
        forks = stack.enter_context(start_forks(Path(__file__).parents[2]))
        yield Chaos(folder, accounts, forks, states, tuple(given.provider), Figures())


def main() -> int:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill dsops at any instant.")
    parser.add_argument("--seconds", type=float, default=60, help="begin no further change after so long (60)")
    parser.add_argument("--seed", type=int, help="the first seed; the next is one more (a random one)")
    parser.add_argument("--changes", type=int, help="so many, however long that takes")
    parser.add_argument("--provider", action="append", choices=PROVIDERS, default=[], help="just this; repeatable")
    parser.add_argument("--state", choices=STATES, default="sqlite", help="where the states are kept (sqlite)")
    given = parser.parse_args()
    os.environ.update(ENV)
    first = secrets.randbelow(10**9) if given.seed is None else given.seed
    print(f"Seeds from {first} on", flush=True)
    began, seed = time.monotonic(), first
    with _chaos(given) as chaos:
        figures = chaos.figures
        while figures.changes < given.changes if given.changes else time.monotonic() - began < given.seconds:
            if problems := chaos.change(seed):
                only = "".join(f" --provider {each}" for each in given.provider)
                print(f"Seed {seed} failed; its stack is in {chaos.folder / str(seed)}", *problems, sep="\n  ")
                print(f"Again: python -m tests.chaos --seed {seed} --changes 1 --state {given.state}{only}")
                return 1
            seed += 1
    took = time.monotonic() - began
    shares = ", ".join(f"{name} {number}" for name, number in sorted(figures.by_provider.items()))
    print(f"{figures.changes} changes ({shares}), disturbed {figures.trials} times: {figures.kills} kills in", end=" ")
    print(f"{figures.runs} runs, {took:.0f} s, states in {given.state}, seeds {first} to {seed - 1}. Nothing lost.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
