"""`dsops destroy`."""

from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import applying_options, options, planning_options


@click.command(epilog="\b\nExample:\n  dsops destroy --target uipath/Stream/dispute")
@planning_options
@applying_options
@common_options("text", "json")
def command(common: Common, *, full: bool, **given: Any) -> int:
    """Delete what the state holds, children first. What is protected, or may not be deleted, stays."""
    from dsops.cli.applying import apply_here

    chosen = options("destroy", given, destroy=True)
    return apply_here(common, chosen, full=full, deed="Destroy")
