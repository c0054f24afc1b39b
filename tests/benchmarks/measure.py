"""Whole processes, measured one after another, and pairs of them compared."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_STOPWATCH = Path(__file__).with_name("stopwatch.py")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command.

    Attributes:
        wall: Seconds from start to end.
        cpu: Seconds of processor time, user and system.
        peak: Most memory resident at a time, in bytes.
    """

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A command to measure.

    Attributes:
        name: For the report.
        command: Arguments; the first is found on the PATH.
        folder: Where it runs.
        env: Variables added to the environment.
        code: The exit code it must end with.
        before: Brings the world back to where each run begins; not measured.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    before: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs of one subject."""

    name: str
    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        """Median of the seconds."""
        return statistics.median(each.wall for each in self.runs)

    @property
    def cpu(self) -> float:
        """Median of the processor seconds."""
        return statistics.median(each.cpu for each in self.runs)

    @property
    def peak(self) -> float:
        """Median of the peaks, in bytes."""
        return statistics.median(each.peak for each in self.runs)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One subject against another, pair by pair."""

    median: float
    lowest: float
    highest: float


def once(subject: Subject, log: Path) -> Run:
    """Run a command once.

    Args:
        subject: What to run.
        log: Takes what it says.

    Raises:
        SystemExit: It ended otherwise than it must; what it said is shown.
    """
    program = shutil.which(subject.command[0]) or subject.command[0]
    subject.before()
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_STOPWATCH), str(log), program, *subject.command[1:]],
        cwd=subject.folder,
        env={**compiled_environment(), **subject.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    if found["code"] != subject.code:
        said = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        raise SystemExit(f"{subject.name} exited with {found['code']}, not {subject.code}:\n{said}")
    return Run(found["wall"], found["cpu"], found["peak"])


def interleaved(subjects: tuple[Subject, ...], runs: int, log: Path, *, warm: bool = True) -> tuple[Measured, ...]:
    """Measure subjects in turns, A B A B, so that what else the machine does hits all alike.

    Args:
        subjects: What to measure.
        runs: How often each.
        log: Takes what they say.
        warm: Whether each runs once before, unmeasured, so that files are in memory.
    """
    if warm:
        for each in subjects:
            once(each, log)
    found: list[list[Run]] = [[] for _ in subjects]
    for _ in range(runs):
        for each, results in zip(subjects, found, strict=True):
            results.append(once(each, log))
    return tuple(Measured(each.name, tuple(results)) for each, results in zip(subjects, found, strict=True))


def ratio(one: Measured, other: Measured, of: Literal["wall", "cpu"] = "wall") -> Ratio:
    """Compare the time of two subjects that were measured in turns: wall time, or that of the processor."""
    pairs = sorted(getattr(mine, of) / getattr(theirs, of) for mine, theirs in zip(one.runs, other.runs, strict=True))
    return Ratio(statistics.median(pairs), pairs[0], pairs[-1])


def compiled_environment() -> dict[str, str]:
    """Return the environment without what keeps Python from using compiled modules, as an installation has them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
