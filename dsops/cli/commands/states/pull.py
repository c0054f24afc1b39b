"""`dsops state pull`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops state pull > state.json")
@common_options("text", "json")
def command(common: Common) -> int:
    """Print the whole state as JSON. There is no secret in it."""
    from dsops.cli.states import held_rows, store_of
    from dsops.render import json_text, state_document

    store = store_of(common)
    state = store.load()
    out(json_text(state_document(state, held_rows(store, state.records.values()))))
    return 0
