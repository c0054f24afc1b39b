"""`dsops providers`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops providers --format json")
@common_options("text", "json")
def command(common: Common) -> int:
    """List the kinds of resources, what can be done with them, and which fields can't be changed later."""
    from dsops.providers import installed_names, kinds, provider_names
    from dsops.render import json_text, kinds_document, kinds_text

    every = [each for _, each in sorted(kinds(*provider_names(), *installed_names()).items())]
    out(json_text(kinds_document(every)) if common.format == "json" else kinds_text(every, colour=common.colour))
    return 0
