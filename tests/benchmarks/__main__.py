"""``python -m tests.benchmarks``: measure, print a table, and exit 1 when a target is missed; ``--help`` tells more."""

import argparse
import compileall
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import dsops
from tests.benchmarks.cases import Bench, create, plan, start
from tests.benchmarks.limiter import CASES, limiter
from tests.benchmarks.report import Section, Target, as_json, as_text
from tests.benchmarks.rows import rows_beside_terraform, rows_create, rows_plan
from tests.benchmarks.stores import state_postgres, state_s3

QUESTIONS = (
    *("start", "plan-1000", "plan-10000", "create-1000", "rows-10000", "rows-100000", "rows-create"),
    *("state-postgres", "state-s3", "limiter"),
)
ASKED_FOR = ("rows-1000000",)
"""Takes minutes and 4 GB of disk: measured where it is named, or with `make bench-rows`."""


def main() -> int:
    """Measure, print, and say whether every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure dsops.")
    parser.add_argument(
        "--only", action="append", choices=QUESTIONS + ASKED_FOR, help="just this question; may be repeated"
    )
    parser.add_argument("--runs", type=int, help="how often each command is measured")
    parser.add_argument("--quick", action="store_true", help="few runs: a first impression")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to a file")
    given = parser.parse_args()
    # An installation has compiled modules; an environment that forbids writing them would triple the start.
    compileall.compile_dir(Path(dsops.__file__).parent, quiet=1)
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="dsops-bench-") as scratch:
        bench = Bench(Path(scratch), given.runs, given.quick)
        for section in _sections(bench, given.only or QUESTIONS):
            sections.append(section)
            print(as_text([section]), flush=True)
    if given.json:
        document = {"python": platform.python_version(), "processors": os.cpu_count(), "sections": as_json(sections)}
        given.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    missed = [target for section in sections for target in section.targets if not target.met]
    print(f"{len(missed)} targets missed" if missed else "All targets met")
    return 1 if missed else 0


def _sections(bench: Bench, wanted: Sequence[str]) -> Iterator[Section]:
    small = large = None
    if "start" in wanted:
        yield start(bench)
    if "plan-1000" in wanted:
        section, small = plan(bench, 1000, wall=0.2, memory=None)
        yield section
    if "plan-10000" in wanted:
        section, large = plan(bench, 10_000, wall=0.06, memory=0.10)
        yield section
    if small and large:
        yield Section("Growth", targets=(Target("wall, 10,000 streams / 1,000 streams", large.wall / small.wall, 10),))
    if "create-1000" in wanted:
        yield create(bench, 1000)
    yield from _rows(bench, wanted)
    if "state-postgres" in wanted:
        yield state_postgres(bench, 1000)
    if "state-s3" in wanted:
        yield state_s3(bench, 1000)
    if "limiter" in wanted:
        yield from (limiter(*case) for case in (CASES[1:3] if bench.quick else CASES))


def _rows(bench: Bench, wanted: Sequence[str]) -> Iterator[Section]:
    small = large = None
    if "rows-10000" in wanted:
        yield rows_beside_terraform(bench, 10_000)
    if "rows-100000" in wanted:
        section, small = rows_plan(bench, 100_000, cpu=1.5, peak=100)
        yield section
    if "rows-1000000" in wanted:
        section, large = rows_plan(bench, 1_000_000, cpu=14, peak=350)
        yield section
    if small and large:
        yield Section(
            "Growth", targets=(Target("processor time, 1,000,000 rows / 100,000", large.cpu / small.cpu, 11),)
        )
    if "rows-create" in wanted:
        yield rows_create(bench, 100_000, peak=250)


if __name__ == "__main__":
    sys.exit(main())
