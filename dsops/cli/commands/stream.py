"""`dsops stream`: its subcommands are modules of `dsops.cli.commands.streams`."""

import click

from dsops.cli.lazy import LazyGroup
from dsops.cli.options import shared

_HERE = "dsops.cli.commands.streams"

COMMANDS = {
    "list": (f"{_HERE}.lists", "list the streams of a dataset, or all of them"),
    "get": (f"{_HERE}.get", "show all that the provider says about a stream"),
    "fetch": (f"{_HERE}.fetch", "print what a stream has, as JSON lines"),
    "advance": (f"{_HERE}.advance", "acknowledge everything up to a sequence id"),
    "reset": (f"{_HERE}.reset", "move a stream back or forth in time"),
    "tag": (f"{_HERE}.tag", "tag comments as exceptions"),
    "untag": (f"{_HERE}.untag", "take exception tags away"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog="\b\nExample:\n  dsops stream fetch dispute --advance --follow")
@shared
def command(**_: object) -> None:
    """List, consume and move streams: declared ones by name or address, others as project/dataset/stream."""
