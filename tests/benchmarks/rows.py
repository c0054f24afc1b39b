"""The questions about rows: a plan without changes and with some, uploading them, and one resource a row in Terraform.

The emulator answers from a process of its own, and its time isn't dsops's: what counts is the processor time of dsops,
which is what the wall time would come to if answers were there at once. The wall time shown holds the emulator's.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from dsops.emulator.geai.generate import NAME, manifest_rows
from dsops.providers import kinds
from tests.benchmarks.cases import DSOPS, NO_TERRAFORM, Bench, environment, requests, terraform_plan
from tests.benchmarks.measure import Measured, Subject, interleaved, once, ratio
from tests.benchmarks.report import Section, Target, ratio_target
from tests.support import RunningEmulator, start_emulator

_YARDSTICK: Final = Path(__file__).with_name("yardstick.py")
_PLAN_AT_MOST: Final = 2.4
"""So many times as long as the yardstick: 1.5 s where that takes 0.63 s, as it did where the limits come from."""
_EVERY: Final = 100
"""One row of so many is changed: 1 %."""

_STACK: Final = f"""\
apiVersion: dsops/v1
kind: Stack
metadata: {{name: bench}}
spec:
  variables:
    endpoint: {{}}
  connections:
    evals: {{provider: geai, endpoint: "${{var.endpoint}}", token: "${{env:DSOPS_BENCH_TOKEN}}"}}
---
apiVersion: geai/v1
kind: Dataset
metadata: {{name: {NAME}}}
spec:
  description: Made up by the emulator.
  type: E
  rows: {{mode: sync, key: input, from: rows.jsonl}}
"""


def rows_plan(bench: Bench, count: int, *, cpu: float, peak: float) -> tuple[Section, Measured]:
    """A plan without changes, and one with 1 % changed.

    Args:
        bench: Where and how.
        count: Number of rows, of 1.3 kB each.
        cpu: Most seconds of processor time.
        peak: Most memory, in MB.
    """
    folder = bench.scratch / f"rows-{count}"
    same, changed = folder / "same", folder / "changed"
    _write_stack(same, count)
    with start_emulator("--generate", f"geai-rows={count}", "--data", folder / "emulator.db") as emulator:
        env = environment(emulator)
        once(Subject("dsops apply (adopts)", (*DSOPS, "apply", "--auto-approve"), same, env), bench.log)
        shutil.copytree(same, changed)
        _write_rows(changed, count, every=_EVERY)
        noop = Subject(f"dsops plan, {count:,} rows", (*DSOPS, "plan", "--detailed-exitcode"), same, env)
        some = Subject(f"dsops plan, {count // _EVERY:,} of them changed", noop.command, changed, env, code=2)
        least = Subject("decode and digest one side", (sys.executable, str(_YARDSTICK), "rows.jsonl"), same)
        reads, writes = requests(emulator, noop, bench)
        found = interleaved((noop, some, least), bench.times(5 if count < 1_000_000 else 3, 1), bench.log)
    targets = (
        Target("processor seconds of a plan without changes", found[0].cpu, cpu),
        Target("peak of it, MB", found[0].peak / 1e6, peak),
        ratio_target(
            "processor time, a plan / decoding and digesting", ratio(found[0], found[2], "cpu"), _PLAN_AT_MOST
        ),
        ratio_target("processor time, 1 % changed / none", ratio(found[1], found[0], "cpu"), 1.3),
        Target("read requests of one plan", reads, 1, exact=True),
        Target("write requests of one plan", writes, 0, exact=True),
    )
    size = (same / "rows.jsonl").stat().st_size
    title = f"One dataset of {count:,} rows, {size / count / 1000:.1f} kB each"
    return Section(title, found, targets, ("wall time holds the emulator's own, processor time doesn't",)), found[0]


def rows_create(bench: Bench, count: int, *, peak: float) -> Section:
    """Applying that many new rows, each part announced durably before it leaves.

    Args:
        bench: Where and how.
        count: Number of rows.
        peak: Most memory, in MB.
    """
    folder = bench.scratch / f"rows-create-{count}"
    _write_stack(folder, count)
    with start_emulator() as emulator:

        def begin() -> None:
            shutil.rmtree(folder / ".dsops", ignore_errors=True)
            emulator.request("POST", "/_emulator/reset")

        command = (*DSOPS, "apply", "--auto-approve", "--log-level", "warning")
        subject = Subject(f"dsops apply, {count:,} new rows", command, folder, environment(emulator), before=begin)
        _, writes = requests(emulator, subject, bench)
        (found,) = interleaved((subject,), bench.times(3, 1), bench.log, warm=False)
        held = _held(emulator)
    targets = (
        Target("write requests of one apply", writes, _parts(count), exact=True),
        Target("rows that are there then", held, count, exact=True),
        Target("peak, MB", found.peak / 1e6, peak),
    )
    return Section(f"Applying {count:,} new rows", (found,), targets)


def rows_beside_terraform(bench: Bench, count: int) -> Section:
    """A plan without changes of as many rows as Terraform has resources, each with the texts of a row."""
    folder = bench.scratch / f"rows-terraform-{count}"
    _write_stack(folder / "stack", count)
    title = f"Plan without changes, {count:,} rows beside one resource a row"
    with start_emulator("--generate", f"geai-rows={count}") as emulator:
        env = environment(emulator)
        once(Subject("dsops apply (adopts)", (*DSOPS, "apply", "--auto-approve"), folder / "stack", env), bench.log)
        command = (*DSOPS, "plan", "--detailed-exitcode")
        ours = Subject(f"dsops plan, {count:,} rows", command, folder / "stack", env)
        if not shutil.which("terraform"):
            (alone,) = interleaved((ours,), bench.times(9, 3), bench.log)
            return Section(title, (alone,), (), (NO_TERRAFORM,))
        theirs = terraform_plan(folder / "terraform", list(_flat(count)), bench)
        mine, other = interleaved((ours, theirs), bench.times(3, 1), bench.log)
    targets = (
        ratio_target("wall, dsops / terraform", ratio(mine, other), 0.06),
        Target("peak, dsops / terraform", mine.peak / other.peak, 0.10),
    )
    return Section(title, (mine, other), targets)


def _write_stack(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    stack, dataset = _STACK.split("---\n")
    (folder / "dsops.yaml").write_text(stack, encoding="utf-8")
    (folder / "dataset.yaml").write_text(dataset, encoding="utf-8")
    _write_rows(folder, count, every=0)


def _write_rows(folder: Path, count: int, *, every: int) -> None:
    """Write the emulator's rows as a file, every so many of them with another answer."""
    with (folder / "rows.jsonl").open("wb") as file:
        for number, row in enumerate(manifest_rows(count)):
            if every and number % every == 0:
                row["expectedAnswer"] = "Changed. " + row["expectedAnswer"]
            file.write(orjson.dumps(row) + b"\n")


def _parts(count: int) -> int:
    """Return in how many bodies of 8 MB that many rows fit, filled one after another."""
    codec = kinds()["geai/Dataset"].rows
    assert codec is not None
    parts, size = 1, 0
    for row in manifest_rows(count):
        length = len(orjson.dumps(codec.document(codec.declared(row)))) + 1
        if size + length > codec.part_size:
            parts, size = parts + 1, 0
        size += length
    return parts


def _held(emulator: RunningEmulator) -> int:
    (dataset,) = emulator.request("GET", "/dataSetApi/dataSets")
    return len(dataset["rows"])


def _flat(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield rows as names and flat maps of texts, which is kind to Terraform: it takes longer over nested ones."""
    for number, row in enumerate(manifest_rows(count)):
        texts = {name: value for name, value in row.items() if isinstance(value, str)}
        for name in ("expectedSources", "filterVariables"):
            texts |= {f"{name}_{key}": value for key, value in row[name][0].items()}
        yield f"row-{number:06}", texts
