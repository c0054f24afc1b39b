"""`dsops state`: its subcommands are modules of `dsops.cli.commands.states`."""

import click

from dsops.cli.lazy import LazyGroup
from dsops.cli.options import shared

_HERE = "dsops.cli.commands.states"

COMMANDS = {
    "list": (f"{_HERE}.lists", "list the recorded objects"),
    "show": (f"{_HERE}.show", "show all of one record"),
    "mv": (f"{_HERE}.mv", "rename a record"),
    "rm": (f"{_HERE}.rm", "drop records, leave the objects alone"),
    "unlock": (f"{_HERE}.unlock", "take the lease from whoever holds it"),
    "history": (f"{_HERE}.history", "tell what earlier runs did"),
    "pull": (f"{_HERE}.pull", "print the whole state as JSON"),
    "push": (f"{_HERE}.push", "put a printed state in the place of this one"),
    "restore": (f"{_HERE}.restore", "list backups, or put one in the place of the state"),
    "migrate": (f"{_HERE}.migrate", "copy the state into another store"),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, epilog="\b\nExample:\n  dsops state list --env prod")
@shared
def command(**_: object) -> None:
    """Look into the state, and mend it. The objects at the providers are never touched."""
