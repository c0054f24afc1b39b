"""`dsops apply`."""

from pathlib import Path
from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import applying_options, options, planning_options


@click.command(epilog="\b\nExample:\n  dsops apply --target uipath/Stream/dispute\n  dsops apply prod.plan")
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@planning_options
@applying_options
@common_options("text", "json")
def command(common: Common, planfile: Path | None, *, full: bool, **given: Any) -> int:
    """Make a plan, ask, and do it; or do a saved plan, which was approved when it was saved.

    Exits 3 when not all of the plan was done. Applying again does only the rest.
    """
    from dsops.cli.applying import apply_here, apply_saved_plan

    chosen = options("apply", given, full=full)
    if planfile is not None:
        if given["targets"] or given["excludes"] or common.env or common.variables:
            raise click.UsageError("a saved plan is applied as it is: no --target, --exclude, --env or --var with it")
        return apply_saved_plan(common, planfile, chosen, full=full)
    return apply_here(common, chosen, full=full, deed="Apply")
