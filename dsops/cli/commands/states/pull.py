"""`dsops state pull`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops state pull > state.json")
@common_options("text", "json")
def command(common: Common) -> int:
    """Print the whole state as JSON, rows and history too: what `dsops state push` reads. There is no secret in it."""
    from dsops.cli.states import store_of
    from dsops.render import json_text
    from dsops.state.whole import state_document

    out(json_text(state_document(store_of(common).whole())))
    return 0
