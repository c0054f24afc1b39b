"""`dsops stream reset`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream reset dispute --to 2024-05-01T16:05:00Z")
@click.argument("stream")
@click.option(
    "--to",
    "instant",
    metavar="INSTANT",
    required=True,
    help="The time of upload from which on comments come (again); without an offset it is UTC.",
)
@click.option("--auto-approve", is_flag=True, help="Don't ask.")
@connection_option
@common_options("text", "json")
def command(common: Common, stream: str, instant: str, *, auto_approve: bool, connection: str | None) -> int:
    """Move STREAM back or forth in time.

    Moved back, its consumers get comments again; moved forth, they never get those in between. So it asks first, and
    without a terminal it needs --auto-approve.
    """
    from dsops.cli.approval import ask, require_approval
    from dsops.cli.operating import operate, show_position
    from dsops.cli.output import say
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk
    from dsops.engine.places import locate

    require_approval(auto_approve=auto_approve, hint="Give --auto-approve.")
    workspace = load_workspace(common)
    place = locate(workspace, "stream reset", stream, connection)
    arguments = {"to": instant}

    async def work(desk: Desk) -> str | None:
        desk.check("stream reset", place, arguments).close()
        question = f"Move {place} ({place.name} on connection {place.connection}) to {instant}?"
        if not auto_approve and not ask(f"{question} Its consumers see or miss comments for it."):
            return None
        moved: str = await desk.perform("stream reset", place, arguments)
        return moved

    position = operate(common, workspace, "stream reset", work)
    if position is None:
        say("The stream was left where it is.")
        return 1
    return show_position(common, place, position)
