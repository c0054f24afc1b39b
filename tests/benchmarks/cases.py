"""The questions: how a start, a plan without changes and the creation of many streams compare."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import Measured, Subject, interleaved, once, ratio
from tests.benchmarks.report import Section, Target, ratio_target
from tests.benchmarks.stacks import TOKEN_VARIABLE, datasets, flat_streams, write_seed, write_stack, write_terraform
from tests.support import TOKEN, RunningEmulator, start_emulator

_SCRIPT: Final = Path(sys.executable).with_name("dsops")
DSOPS: Final = (str(_SCRIPT),) if _SCRIPT.exists() else (sys.executable, "-m", "dsops")
NO_TERRAFORM: Final = "terraform is not on the PATH: dsops was measured alone"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how to measure.

    Attributes:
        scratch: A folder for everything that is made.
        runs: How often each subject; None takes what suits it.
        quick: Whether to do with fewer runs and smaller stacks.
    """

    scratch: Path
    runs: int | None
    quick: bool

    @property
    def log(self) -> Path:
        """What the measured commands say."""
        return self.scratch / "output.log"

    def times(self, usual: int, quick: int) -> int:
        """Return how often to run."""
        return self.runs or (quick if self.quick else usual)


def start(bench: Bench) -> Section:
    """`dsops --version` against Python itself."""
    version = Subject("dsops --version", (*DSOPS, "--version"), bench.scratch)
    shown = Subject("dsops --help", (*DSOPS, "--help"), bench.scratch)
    nothing = Subject("python -c pass", (sys.executable, "-c", "pass"), bench.scratch)
    found = interleaved((version, nothing, shown), bench.times(31, 9), bench.log)
    return Section(
        "Start",
        found,
        (ratio_target("dsops --version / python -c pass", ratio(found[0], found[1]), 8),),
    )


def plan(bench: Bench, count: int, *, wall: float, memory: float | None) -> tuple[Section, Measured]:
    """A plan without changes.

    Args:
        bench: Where and how.
        count: Number of streams.
        wall: Most it may take, as a share of Terraform's time.
        memory: Most it may need, as a share of Terraform's peak.
    """
    folder = bench.scratch / f"plan-{count}"
    write_stack(folder / "stack", count)
    seed = folder / "seed.json"
    write_seed(seed, count)
    title = f"Plan without changes, {count:,} streams in {datasets(count)} datasets"
    with start_emulator("--seed", seed) as emulator:
        env = environment(emulator)
        apply = Subject("dsops apply (adopts)", (*DSOPS, "apply", "--auto-approve"), folder / "stack", env)
        once(apply, bench.log)
        command = ("plan", "--detailed-exitcode")
        ours = Subject(f"dsops plan, {count:,} streams", (*DSOPS, *command), folder / "stack", env)
        reads, writes = requests(emulator, ours, bench)
        counted = (
            Target("read requests of one plan", reads, 1 + datasets(count), exact=True),
            Target("write requests of one plan", writes, 0, exact=True),
        )
        if not shutil.which("terraform"):
            (alone,) = interleaved((ours,), bench.times(9, 3), bench.log)
            return Section(title, (alone,), counted, (NO_TERRAFORM,)), alone
        theirs = terraform_plan(folder / "terraform", list(flat_streams(count)), bench)
        mine, other = interleaved((ours, theirs), bench.times(5 if count > 1000 else 9, 2), bench.log)
    targets = [ratio_target("wall, dsops / terraform", ratio(mine, other), wall)]
    if memory is not None:
        targets.append(Target("peak, dsops / terraform", mine.peak / other.peak, memory))
        targets.append(Target("peak of dsops, MiB", mine.peak / 2**20, 150))
    return Section(title, (mine, other), (*targets, *counted)), mine


def terraform_plan(folder: Path, resources: Sequence[tuple[str, dict[str, str]]], bench: Bench) -> Subject:
    """Return the plan of as many resources, all of which are applied already."""
    write_terraform(folder, resources, state=True)
    once(Subject("terraform init", ("terraform", "init", "-no-color"), folder), bench.log)
    command = ("terraform", "plan", "-detailed-exitcode", "-input=false", "-no-color")
    return Subject(f"terraform plan, {len(resources):,} terraform_data", command, folder)


def create(bench: Bench, count: int) -> Section:
    """Creating streams, each write announced durably before it leaves."""
    folder = bench.scratch / f"create-{count}"
    write_stack(folder / "stack", count)
    title = f"Creating {count:,} streams in {datasets(count)} datasets"
    with start_emulator() as emulator:

        def begin() -> None:
            shutil.rmtree(folder / "stack" / ".dsops", ignore_errors=True)
            emulator.request("POST", "/_emulator/reset")

        env = environment(emulator)
        command = (*DSOPS, "apply", "--auto-approve", "--log-level", "warning")
        ours = Subject(f"dsops apply, {count:,} streams", command, folder / "stack", env, before=begin)
        _, writes = requests(emulator, ours, bench)
        counted = (Target("write requests of one apply", writes, count + datasets(count), exact=True),)
        if not shutil.which("terraform"):
            (alone,) = interleaved((ours,), bench.times(5, 2), bench.log)
            return Section(title, (alone,), counted, (NO_TERRAFORM,))
        theirs = _terraform_apply(folder / "terraform", count, bench)
        mine, other = interleaved((ours, theirs), bench.times(3, 1), bench.log, warm=False)
    return Section(title, (mine, other), (ratio_target("wall, dsops / terraform", ratio(mine, other), 0.3), *counted))


def _terraform_apply(folder: Path, count: int, bench: Bench) -> Subject:
    write_terraform(folder, list(flat_streams(count)), state=False)
    once(Subject("terraform init", ("terraform", "init", "-no-color"), folder), bench.log)

    def begin() -> None:
        for each in folder.glob("terraform.tfstate*"):
            each.unlink()

    command = ("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
    return Subject(f"terraform apply, {count:,} terraform_data", command, folder, before=begin)


def environment(emulator: RunningEmulator) -> dict[str, str]:
    """Return what the stacks need to reach an emulator."""
    return {"DSOPS_VAR_endpoint": emulator.url, TOKEN_VARIABLE: TOKEN}


def requests(emulator: RunningEmulator, subject: Subject, bench: Bench) -> tuple[int, int]:
    """Run a command once and count the reads and writes that reached the emulator."""
    subject.before()
    emulator.request("DELETE", "/_emulator/requests")
    once(subject, bench.log)
    methods = [each["method"] for each in emulator.request("GET", "/_emulator/requests")["requests"]]
    reads = methods.count("GET")
    return reads, len(methods) - reads
