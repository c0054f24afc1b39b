"""`dsops drift`."""

from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, report
from dsops.cli.selection import options, reading_options


@click.command(epilog="\b\nExample:\n  dsops drift --format github")
@reading_options
@common_options("text", "json", "markdown", "github")
def command(common: Common, *, full: bool, **given: Any) -> int:
    """Compare what is live with what was recorded. Only reads, and leaves the records as they are.

    Exits 2 when something was changed or removed outside dsops, 1 when not everything could be read, else 0. What is
    pending, unverifiable or unmanaged is shown and not counted.
    """
    import asyncio

    from dsops import engine
    from dsops.cli.progress import progress
    from dsops.cli.workspace import load_workspace
    from dsops.render import drift_github, drift_json, drift_markdown, drift_text

    workspace = load_workspace(common)
    with progress(common) as emit:
        drift = asyncio.run(engine.drift(workspace, options("drift", given, full=full), emit))
    match common.format:
        case "json":
            out(drift_json(drift))
        case "markdown":
            out(drift_markdown(drift, full=full))
        case "github":
            out(drift_github(drift), commands=True)
            report(common, drift.diagnostics)
        case _:
            out(drift_text(drift, colour=common.colour, full=full))
            report(common, drift.diagnostics)
    if not drift.complete or any(each.is_error for each in drift.diagnostics):
        return 1
    return 2 if drift.found else 0
