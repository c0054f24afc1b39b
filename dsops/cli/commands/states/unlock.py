"""`dsops state unlock`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say


@click.command(epilog="\b\nExample:\n  dsops state unlock")
@click.option("--auto-approve", is_flag=True, help="Don't ask.")
@common_options("text")
def command(common: Common, auto_approve: bool) -> int:
    """Take the lease from whoever holds it. If they live, their run fails at its next write.

    A holder that is dead needs no unlocking: the next run takes over by itself.
    """
    from dsops.cli.approval import ask, require_approval
    from dsops.cli.states import store_of
    from dsops.render import holder_text

    store = store_of(common)
    holder = store.holder()
    if holder is None:
        out("Nobody holds the lease.")
        return 0
    require_approval(auto_approve=auto_approve, hint="Give --auto-approve.")
    if not auto_approve and not ask(f"Take the lease from {holder_text(holder)}?"):
        say("The lease was left alone.")
        return 1
    taken = store.unlock()
    out(f"Taken from {holder_text(taken)}." if taken else "Nobody holds the lease any more.")
    return 0
