"""`dsops state list`."""

from fnmatch import fnmatchcase

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say


@click.command(epilog="\b\nExample:\n  dsops state list 'uipath/Stream/*'")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@common_options("text", "json")
def command(common: Common, patterns: tuple[str, ...]) -> int:
    """List the recorded objects: address, connection, remote id. A PATTERN is a glob over addresses."""
    from dsops.cli.states import held_rows, store_of
    from dsops.render import intents_text, json_text, record_document, state_list_text

    store = store_of(common)
    state = store.load()
    chosen = [
        record
        for address, record in sorted(state.records.items())
        if not patterns or any(fnmatchcase(str(address), pattern) for pattern in patterns)
    ]
    if common.format == "json":
        held = held_rows(store, chosen)
        out(json_text([record_document(each, held) for each in chosen]))
    elif chosen:
        out(state_list_text(chosen))
    if state.intents:
        say(intents_text(state.intents))
    return 0
