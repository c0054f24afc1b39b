"""`dsops state rm`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out
from dsops.cli.selection import lock_option


@click.command(epilog="\b\nExample:\n  dsops state rm uipath/Stream/dispute")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@lock_option
@common_options("text")
def command(common: Common, addresses: tuple[str, ...], lock_timeout: float) -> int:
    """Drop the records of ADDRESSes. The objects stay; those still declared are adopted by the next apply.

    The state as it was is kept as a backup.
    """
    import asyncio

    from dsops.cli.names import address as parse
    from dsops.cli.states import chosen, recorded, rewrite

    place = chosen(common)
    state = place.store.load()
    dropped = [recorded(state.records, parse(each)).address for each in addresses]
    names = ", ".join(map(str, dropped))
    asyncio.run(
        rewrite(
            place,
            "rm",
            put=(),
            drop=dropped,
            seen=state.serial,
            wait=lock_timeout,
            summary=f"dropped {names}",
        )
    )
    out(f"Dropped {names}.")
    return 0
