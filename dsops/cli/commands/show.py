"""`dsops show`."""

from pathlib import Path

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import full_option


@click.command(epilog="\b\nExample:\n  dsops show prod.plan --format markdown")
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@full_option
@common_options("text", "json", "markdown")
def command(common: Common, planfile: Path, *, full: bool) -> int:
    """Show a saved plan. Needs neither the stack nor any secret."""
    from dsops.cli.plans import read_plan_file, show_plan
    from dsops.planner import load_plan

    show_plan(common, load_plan(read_plan_file(planfile)).plan, full=full)
    return 0
