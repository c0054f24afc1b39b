"""`dsops state restore`."""

from pathlib import Path

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say
from dsops.cli.selection import lock_option


@click.command(epilog="\b\nExample:\n  dsops state restore\n  dsops state restore 3")
@click.argument("backup", required=False, metavar="[N|FILE]")
@lock_option
@common_options("text", "json")
def command(common: Common, backup: str | None, lock_timeout: float) -> int:
    """Put backup N, or the state in FILE, in the place of the present one; without either list the backups.

    What is replaced is kept as a backup itself; a state that is damaged is set aside.
    """
    from dsops.cli.states import chosen, tell
    from dsops.render import backups_document, backups_text, json_text
    from dsops.state.whole import read_backup, restore

    place = chosen(common)
    if backup is None:
        listed = place.backups.listed()
        out(json_text(backups_document(listed)) if common.format == "json" else backups_text(listed))
        return 0
    path = place.backups.numbered(int(backup)) if backup.isdecimal() else Path(backup)
    whole = read_backup(path)
    serial, aside = restore(place.store, whole, place.owner, place.backups, wait=lock_timeout, on_event=tell)
    if aside:
        say(f"The damaged state is now {aside}.")
    out(f"Restored serial {whole.state.serial} from {path}; the state has serial {serial} now.")
    return 0
