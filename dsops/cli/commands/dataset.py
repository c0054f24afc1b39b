"""`dsops dataset`: its subcommands are modules of `dsops.cli.commands.datasets`."""

import click

from dsops.cli.lazy import LazyGroup
from dsops.cli.options import shared

_HERE = "dsops.cli.commands.datasets"

COMMANDS = {
    "list": (f"{_HERE}.lists", "list the datasets of an account or a project"),
    "get": (f"{_HERE}.get", "show all that the provider says about a dataset"),
    "tags": (f"{_HERE}.tags", "list a dataset's model tags"),
    "export": (f"{_HERE}.export", "write a dataset's comments, or its rows, into a file"),
    "exports": (f"{_HERE}.exports", "list a dataset's exports"),
    "download": (f"{_HERE}.download", "download a dataset, with assets and annotations, into a folder"),
    "prune": (f"{_HERE}.prune", "delete the assets of a dataset that a filter means"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog="\b\nExample:\n  dsops dataset export collateral --into mail.jsonl")
@shared
def command(**_: object) -> None:
    """List, look at and export datasets: declared ones by name or address, others by their names."""
