"""`dsops state mv`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out
from dsops.cli.selection import lock_option


@click.command(epilog="\b\nExample:\n  dsops state mv uipath/Stream/dispute uipath/Stream/disputes")
@click.argument("old")
@click.argument("new")
@lock_option
@common_options("text")
def command(common: Common, old: str, new: str, lock_timeout: float) -> int:
    """Rename the record OLD to NEW, as its manifest was renamed. Whatever refers to it follows.

    The state as it was is kept as a backup.
    """
    import asyncio
    from dataclasses import replace

    from dsops.cli.names import address as parse
    from dsops.cli.states import chosen, recorded, rewrite
    from dsops.model import DsopsError

    source, target = parse(old), parse(new)
    place = chosen(common)
    state = place.store.load()
    record = recorded(state.records, source)
    if source.type != target.type:
        raise DsopsError.of(f"{source} can't become {target}: a record keeps its kind")
    if target in state.records:
        raise DsopsError.of(f"{target} is recorded already", hint=f"dsops state rm {target} drops that record.")
    following = [
        replace(
            each,
            parent=target if each.parent == source else each.parent,
            depends_on=tuple(target if needed == source else needed for needed in each.depends_on),
        )
        for each in state.records.values()
        if each.parent == source or source in each.depends_on
    ]
    asyncio.run(
        rewrite(
            place,
            "mv",
            put=[replace(record, address=target), *following],
            drop=[source],
            seen=state.serial,
            wait=lock_timeout,
            summary=f"renamed {source} to {target}",
        )
    )
    out(f"{source} is {target} now.")
    return 0
