"""`dsops state show`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops state show uipath/Dataset/collateral")
@click.argument("address")
@common_options("text", "json")
def command(common: Common, address: str) -> int:
    """Show all that is recorded of ADDRESS."""
    from dsops.cli.names import address as parse
    from dsops.cli.states import held_rows, recorded, store_of
    from dsops.render import json_text, record_document, record_text

    store = store_of(common)
    record = recorded(store.load().records, parse(address))
    held = held_rows(store, [record])
    if common.format == "json":
        out(json_text(record_document(record, held)))
    else:
        out(record_text(record, held, colour=common.colour))
    return 0
