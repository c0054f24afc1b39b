"""`dsops plan`."""

from pathlib import Path
from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import options, planning_options


@click.command(epilog="\b\nExample:\n  dsops plan --env prod --target 'uipath/Stream/*' --save prod.plan")
@planning_options
@click.option("--destroy", is_flag=True, help="Plan the deletion of all that is recorded.")
@click.option(
    "--save",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan for dsops apply FILE.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there is anything to do.")
@common_options("text", "json", "markdown")
def command(
    common: Common, *, full: bool, destroy: bool, save: Path | None, detailed_exitcode: bool, **given: Any
) -> int:
    """Read live state, and show what apply would do, call by call. Writes nothing and takes no lock."""
    import asyncio

    from dsops import engine
    from dsops.cli.plans import save_plan, show_plan, sound
    from dsops.cli.progress import progress
    from dsops.cli.workspace import load_workspace
    from dsops.planner import SavedPlan

    workspace = load_workspace(common)
    with progress(common) as emit:
        planned = asyncio.run(engine.plan(workspace, options("plan", given, destroy=destroy, full=full), emit))
    plan = planned.plan
    show_plan(common, plan, full=full)
    if not sound(plan):
        return 1
    if save:
        save_plan(save, SavedPlan(plan, workspace.stack, destroy), planned.rows)
    return 2 if detailed_exitcode and plan.changes else 0
