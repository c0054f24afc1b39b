"""`dsops state push`."""

from pathlib import Path

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out
from dsops.cli.selection import lock_option


@click.command(epilog="\b\nExample:\n  dsops state pull > state.json; dsops state push state.json")
@click.argument("file", type=click.Path(path_type=Path))
@lock_option
@common_options("text")
def command(common: Common, file: Path, lock_timeout: float) -> int:
    """Put the state in FILE, which `dsops state pull` printed, in the place of the present one.

    Refused where it is of another lineage or older. What is replaced is kept as a backup.
    """
    from dsops.cli.states import chosen, tell
    from dsops.state.whole import push, read_backup

    place = chosen(common)
    whole = read_backup(file)
    serial = push(place.store, whole, place.owner, place.backups, wait=lock_timeout, on_event=tell)
    out(f"Pushed {file}; the state has serial {serial} now.")
    return 0
