"""What was measured, against its targets: as a table, and as JSON."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.measure import Measured, Ratio


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not be exceeded.

    Attributes:
        name: What it is a figure of.
        value: What was found.
        limit: The most it may be.
        spread: Lowest and highest of the pairs, where it is a ratio of runs.
        exact: Whether it must be just that.
    """

    name: str
    value: float
    limit: float
    spread: tuple[float, float] | None = None
    exact: bool = False

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.value == self.limit if self.exact else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Section:
    """All about one question.

    Attributes:
        title: The question.
        measured: Every subject's runs.
        targets: What was asked for.
        remarks: What was left out, and why.
    """

    title: str
    measured: tuple[Measured, ...] = ()
    targets: tuple[Target, ...] = ()
    remarks: tuple[str, ...] = ()


def ratio_target(name: str, found: Ratio, limit: float) -> Target:
    """Return the target of a ratio of times."""
    return Target(name, found.median, limit, (found.lowest, found.highest))


def as_text(sections: Sequence[Section]) -> str:
    """Return the report as plain text."""
    return "\n".join("\n".join(_section(each)) for each in sections)


def _section(section: Section) -> list[str]:
    lines = [section.title, "-" * len(section.title)]
    if section.measured:
        lines.append(f"{'':<46} {'wall s':>8} {'cpu s':>8} {'peak MiB':>9} {'runs':>5}")
    lines += [
        f"{each.name:<46} {each.wall:>8.3f} {each.cpu:>8.3f} {each.peak / 2**20:>9.1f} {len(each.runs):>5}"
        for each in section.measured
    ]
    for target in section.targets:
        spread = f" [{target.spread[0]:.3g} to {target.spread[1]:.3g}]" if target.spread else ""
        sign = "must be" if target.exact else "at most"
        verdict = "met" if target.met else "MISSED"
        lines.append(f"{target.name + spread:<64} {target.value:>8.3g}  {sign} {target.limit:<6g} {verdict}")
    return [*lines, *(f"({remark})" for remark in section.remarks), ""]


def as_json(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Return the report as JSON content: every run, seconds and bytes."""
    return [
        dataclasses.asdict(section)
        | {"targets": [dataclasses.asdict(each) | {"met": each.met} for each in section.targets]}
        for section in sections
    ]
