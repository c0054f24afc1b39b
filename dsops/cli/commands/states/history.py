"""`dsops state history`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops state history --limit 5")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Most entries.")
@common_options("text", "json")
def command(common: Common, limit: int) -> int:
    """Tell what earlier runs did, newest first."""
    from dsops.cli.states import store_of
    from dsops.render import history_document, history_text, json_text

    entries = store_of(common).history(limit)
    if common.format == "json":
        out(json_text(history_document(entries)))
    else:
        out(history_text(entries, colour=common.colour))
    return 0
