"""`dsops demo`."""

import click

from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops demo")
@common_options("text")
def command(common: Common) -> int:
    """See all of it work: plan, apply, drift and repair of the examples, on an emulator. Leaves nothing behind."""
    from dsops.cli.demo import demonstrate
    from dsops.cli.extras import require_emulator

    require_emulator()
    return demonstrate(colour=common.colour)
