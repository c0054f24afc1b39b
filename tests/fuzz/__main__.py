"""``python -m tests.fuzz``: read hostile input for as long as asked, and exit 1 when something crashed.

Each round is made by chance from a seed that is told. What crashed is kept in a file, with the command that reads it
again. Where atheris is installed, half of the time goes to it: it looks for input that reaches new code.
"""

import argparse
import importlib.util
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.answers import GENERATED, recorded, tell, worse, write_recording
from tests.fuzz.reader import tried
from tests.fuzz.readers import READERS
from tests.support import start_emulator

Round = Callable[[random.Random], None]
KEPT = Path("fuzz-crashes")


@dataclass(slots=True)
class Tally:
    """What happened so far.

    Attributes:
        seed: What all chance comes from.
        rounds: Rounds by what was read.
        crashes: Crashes by the place in dsops where they happened.
    """

    seed: str
    rounds: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)

    def round(self, name: str, read: Round) -> None:
        """Do one round; note where it crashes, and keep what made it crash the first time."""
        self.rounds[name] += 1
        seed = f"{self.seed} {name} {self.rounds[name]}"
        try:
            read(random.Random(seed))
        except Exception as crash:  # noqa: BLE001 - whatever it is, it is what is looked for
            where = _place(crash)
            self.crashes[where] += 1
            if self.crashes[where] == 1:
                print(f"{name}, seed {seed!r}: {where}", *crash.__notes__, sep="\n  ", file=sys.stderr, flush=True)
                traceback.print_exception(crash, limit=-4)


def _place(crash: Exception) -> str:
    frames = traceback.extract_tb(crash.__traceback__)
    inner = [each for each in frames if "/dsops/" in each.filename] or frames
    return f"{type(crash).__name__} in {inner[-1].filename}:{inner[-1].lineno}"


def _rounds(folder: Path, only: str) -> Iterator[tuple[str, Round]]:
    """Yield what can be read, by name."""

    def of_reader(name: str) -> Round:
        def read(chance: random.Random) -> None:
            content = READERS[name].make(chance)
            try:
                tried(READERS[name], content, folder / "it")
            except Exception as crash:
                crash.add_note(_keep(name, content))
                raise

        return read

    yield from ((name, of_reader(name)) for name in READERS if only in name)
    if only in "answers":
        stories = recorded()

        def read_answers(chance: random.Random) -> None:
            story = chance.choice(stories)
            answers = worse(story, chance)
            try:
                tell(story, answers)
            except Exception as crash:
                crash.add_note(f"{story.name}: {answers!r}"[:4000])
                raise

        yield "answers", read_answers


def _keep(name: str, content: bytes) -> str:
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{re.sub('[^a-z]+', '-', name.lower())}-{secrets.token_hex(4)}"
    path.write_bytes(content)
    return f"kept; read it again with: python -m tests.fuzz --only '{name}' --again {path}"


def _guided(seconds: float, only: str) -> int:
    """Let atheris look for a while, at one reader after another; return how many of them crashed."""
    names = [name for name in READERS if only in name]
    crashed = 0
    for name in names:
        print(f"guided: {name}", flush=True)
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(max(2, round(seconds / len(names))))]
        crashed += subprocess.run(command, check=False).returncode != 0
    return crashed


def main() -> int:
    """Fuzz; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Read hostile input.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="repeats a run")
    parser.add_argument("--only", default="", metavar="NAME", help="what is read: a part of its name")
    parser.add_argument("--record", action="store_true", help="record the emulator's answers anew, and do nothing else")
    parser.add_argument("--again", type=Path, metavar="FILE", help="read this file, once")
    given = parser.parse_args()
    if given.record:
        with start_emulator("--generate", GENERATED) as emulator:
            write_recording(emulator.url)
        return 0
    with tempfile.TemporaryDirectory(prefix="dsops-fuzz-") as scratch:
        if given.again:
            print(tried(READERS[given.only], given.again.read_bytes(), Path(scratch) / "it"))
            return 0
        tally = Tally(given.seed)
        guided = importlib.util.find_spec("atheris") is not None
        end = time.monotonic() + (given.seconds / 2 if guided else given.seconds)
        rounds = list(_rounds(Path(scratch), given.only))
        if not rounds:
            parser.error(f"nothing that is read has {given.only!r} in its name")
        while time.monotonic() < end:
            for name, read in rounds:
                tally.round(name, read)
    print(f"seed {given.seed}: {tally.rounds.total():,} rounds, {tally.crashes.total()} crashes")
    for name, count in tally.rounds.items():
        print(f"  {count:>9,} {name}")
    crashed = _guided(given.seconds / 2, given.only) if guided else 0
    return 1 if tally.crashes or crashed else 0


if __name__ == "__main__":
    sys.exit(main())
