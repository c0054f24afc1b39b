"""What came of an apply, for people and programs."""

from collections.abc import Iterator
from typing import Any

from dsops.model import Action, Outcome, Plan, Report, Status
from dsops.planner.document import diagnostic_document, plan_id
from dsops.render.document import json_text
from dsops.render.style import Style, counted, printable

_LOOKS = {Status.SUCCEEDED: "green", Status.FAILED: "red", Status.SKIPPED: "yellow", Status.UNKNOWN: "magenta"}


def report_text(report: Report, *, colour: bool = False) -> str:
    """Tell how a run ended: what was recovered, each change that was not done with why and what to do, the counts."""
    style = Style(colour)
    blocks = ["\n".join(f"recovered: {printable(each)}" for each in report.recovered)]
    blocks += ["\n".join(_undone(each, style)) for each in report.outcomes if each.status is not Status.SUCCEEDED]
    blocks.append(_sum(report, style))
    return "\n\n".join(each for each in blocks if each)


def report_document(plan: Plan, report: Report) -> dict[str, Any]:
    """Return how a run ended as JSON content."""
    return {
        "formatVersion": "1",
        "planId": plan_id(plan),
        "stack": plan.stack,
        "env": plan.env,
        "done": report.done,
        "signal": report.signal,
        "summary": {status.value: _count(report, status) for status in Status}
        | {
            "sent": sum(each.sent for each in report.outcomes),
            "repeats": sum(each.repeats for each in report.outcomes),
            "repairs": sum(each.repairs for each in report.outcomes),
            "calls": {status.value: number for status, number in _calls(report).items()},
        },
        "outcomes": [_outcome(each) for each in report.outcomes],
        "recovered": list(report.recovered),
        "diagnostics": [diagnostic_document(each) for each in report.diagnostics],
    }


def report_json(plan: Plan, report: Report) -> str:
    """Write how a run ended as JSON."""
    return json_text(report_document(plan, report))


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "address": str(outcome.address),
        "action": outcome.action.value,
        "status": outcome.status.value,
        "sent": outcome.sent,
        "repeats": outcome.repeats,
        "repairs": outcome.repairs,
        "calls": {status.value: [number for number, its in outcome.calls if its is status] for status in Status},
        "reason": outcome.reason,
        "hint": outcome.hint,
    }


def _undone(outcome: Outcome, style: Style) -> Iterator[str]:
    yield f"{style(outcome.status.value, _LOOKS[outcome.status], 'bold')} {outcome.action.value} {outcome.address}"
    yield from (f"  {printable(line)}" for line in outcome.reason.splitlines())
    for index, line in enumerate(outcome.hint.splitlines()):
        yield f"  {style('hint:', 'cyan') if index == 0 else '     '} {printable(line)}"


def _sum(report: Report, style: Style) -> str:
    told = ", ".join(
        style(f"{number:,} {status.value}", _LOOKS[status]) for status in Status if (number := _count(report, status))
    )
    sent = sum(each.sent for each in report.outcomes)
    repeats = sum(each.repeats for each in report.outcomes)
    repairs = sum(each.repairs for each in report.outcomes)
    apart = [f"{counted(repeats, 'repeat')} of lost answers"] if repeats else []
    apart += [f"{counted(repairs, 'repair')} of what the server ignored"] if repairs else []
    calls = counted(sent, "call") + (f", {' and '.join(apart)} among them" if apart else "")
    first = f"Apply: {told or 'nothing to do'}. {calls}."
    rest = any(each.status is not Status.SUCCEEDED and each.action is not Action.BLOCKED for each in report.outcomes)
    if not rest:
        return first
    planned = ", ".join(f"{number:,} {status.value}" for status, number in _calls(report).items() if number)
    return f"{first}\nCalls of the plan: {planned or 'none'}.\nApply again: it does only the rest."


def _calls(report: Report) -> dict[Status, int]:
    """Count the calls of the plan by how they ended."""
    found = dict.fromkeys(Status, 0)
    for outcome in report.outcomes:
        for _, status in outcome.calls:
            found[status] += 1
    return found


def _count(report: Report, status: Status) -> int:
    return sum(each.status is status for each in report.outcomes)
