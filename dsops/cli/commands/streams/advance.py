"""`dsops stream advance`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream advance dispute qs8QcHIBAADJ1p3W2FtmBB3QiOJsCJlR")
@click.argument("stream")
@click.argument("sequence_id")
@connection_option
@common_options("text", "json")
def command(common: Common, stream: str, sequence_id: str, connection: str | None) -> int:
    """Move STREAM past everything up to SEQUENCE_ID: that of a batch, or of one comment.

    It is how a consumer says that it is done with them, and so asks nothing.
    """
    from dsops.cli.operating import operate, show_position
    from dsops.cli.workspace import load_workspace
    from dsops.engine.places import locate

    workspace = load_workspace(common)
    place = locate(workspace, "stream advance", stream, connection)
    arguments = {"position": sequence_id}
    position = operate(
        common, workspace, "stream advance", lambda desk: desk.perform("stream advance", place, arguments)
    )
    return show_position(common, place, position)
