"""Plans: shown and saved."""

import os
from collections.abc import Mapping
from pathlib import Path

from dsops.cli.files import unwritten, write_atomically
from dsops.cli.options import Common
from dsops.cli.output import out, report, say
from dsops.model import Address, DeclaredRows, DsopsError, Plan
from dsops.planner import SavedPlan, dump_plan
from dsops.render import plan_json, plan_markdown, plan_text, printable


def show_plan(common: Common, plan: Plan, *, full: bool) -> None:
    """Write a plan to stdout in the chosen format; remarks go to stderr where the format has no place for them."""
    match common.format:
        case "json":
            out(plan_json(plan))
        case "markdown":
            out(plan_markdown(plan, full=full))
        case _:
            out(plan_text(plan, colour=common.colour, full=full))
            report(common, plan.diagnostics)


def sound(plan: Plan) -> bool:
    """Whether nothing is wrong with it. A failed lookup concerns only the resource that asked, which is blocked."""
    return not any(each.is_error for each in plan.diagnostics)


def save_plan(path: Path, saved: SavedPlan, rows: Mapping[Address, DeclaredRows]) -> None:
    """Write a saved plan, readable by its owner alone.

    Raises:
        DsopsError: It can't be written.
    """
    try:
        write_atomically(path, dump_plan(saved, rows), mode=0o600)
    except OSError as error:
        raise unwritten(f"the plan can't be saved to {path}", error) from error
    say(printable(f"Saved to {path}; apply it with: dsops apply {os.path.relpath(path)}"))


def read_plan_file(path: Path) -> bytes:
    """Return the bytes of a saved plan.

    Raises:
        DsopsError: The file can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise DsopsError.of(f"the plan {path} can't be read", detail=why) from error
