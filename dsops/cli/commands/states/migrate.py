"""`dsops state migrate`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say
from dsops.cli.selection import lock_option


@click.command(
    epilog="\b\nExample:\n  dsops state migrate sqlite:.dsops/default.db 'postgres://dsops@db.example.com/dsops'"
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@lock_option
@common_options("text")
def command(common: Common, source: str, target: str, lock_timeout: float) -> int:
    """Copy the state at address FROM to address TO, rows and history too, and compare the copy. FROM stays.

    Refused where TO holds a state of another lineage, or a newer one. What is replaced there is kept as a backup.
    """
    from dsops.cli.states import chosen, counted_rows, tell
    from dsops.model import DsopsError
    from dsops.state.whole import migrate

    place = chosen(common)
    if source == target:
        raise DsopsError.of("FROM and TO are the same address")
    whole = migrate(place.at(source), place.at(target), place.backups, wait=lock_timeout, on_event=tell)
    records, rows = len(whole.state.records), counted_rows(whole)
    out(f"Copied serial {whole.state.serial}: {records:,} records, {rows:,} rows; the copy is equal.")
    if place.address != target:
        say(f"To use it, write  state: {target}  under spec of the stack file.")
    return 0
