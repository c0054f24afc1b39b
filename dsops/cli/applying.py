"""From an approved plan to what came of it; for `apply` and `destroy`."""

import asyncio
from pathlib import Path

from dsops import engine
from dsops.cli.approval import approver, require_approval
from dsops.cli.options import Common
from dsops.cli.output import out, report, say
from dsops.cli.plans import read_plan_file, show_plan
from dsops.cli.progress import progress
from dsops.cli.workspace import load_workspace
from dsops.engine import Applied, Options
from dsops.model import Report
from dsops.planner import load_plan
from dsops.render import plan_summary, plan_text, report_json, report_text

_NOT_ALL = 3


def apply_here(common: Common, chosen: Options, *, full: bool, deed: str) -> int:
    """Plan, ask, apply, tell; return the exit code."""
    require_approval(auto_approve=not chosen.asks, hint="Give --auto-approve, or save a plan and apply that.")
    workspace = load_workspace(common)
    approve = approver(common, auto_approve=not chosen.asks, full=full, deed=deed)
    with progress(common) as emit:
        applied = asyncio.run(engine.apply(workspace, chosen, emit, approve))
    if applied.refused and common.format == "text":
        show_plan(common, applied.plan, full=full)
    return _told(common, applied)


def apply_saved_plan(common: Common, path: Path, chosen: Options, *, full: bool) -> int:
    """Apply a saved plan, tell; return the exit code. It was read when it was saved: only ``full`` shows it again."""
    content = read_plan_file(path)
    plan = load_plan(content).plan
    if common.format == "text":
        out(plan_text(plan, colour=common.colour, full=True) if full else plan_summary(plan, colour=common.colour))
    with progress(common) as emit:
        applied = asyncio.run(engine.apply_saved(content, chosen, emit))
    return _told(common, applied)


def _told(common: Common, applied: Applied) -> int:
    if applied.report is None:
        say("Nothing was applied.")
        report(common, applied.refused)
        return 1
    report(common, applied.report.diagnostics)
    if common.format == "json":
        out(report_json(applied.plan, applied.report))
    elif applied.plan.changes or applied.report.recovered:
        out("\n" + report_text(applied.report, colour=common.colour))
    return _code(applied.report)


def _code(done: Report) -> int:
    if done.signal is not None:
        return 128 + done.signal
    return 0 if done.done and not any(each.is_error for each in done.diagnostics) else _NOT_ALL
