"""``python -m tests.benchmarks``: measure, print a table, and exit 1 when a target is missed; ``--help`` tells more."""

import argparse
import compileall
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dsops
from tests.benchmarks.cases import Bench, create, plan, start
from tests.benchmarks.report import Section, Target, as_json, as_text

QUESTIONS = ("start", "plan-1000", "plan-10000", "create-1000")


def main() -> int:
    """Measure, print, and say whether every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure dsops.")
    parser.add_argument("--only", action="append", choices=QUESTIONS, help="just this question; may be repeated")
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


def _sections(bench: Bench, wanted: tuple[str, ...] | list[str]) -> Iterator[Section]:
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


if __name__ == "__main__":
    sys.exit(main())
