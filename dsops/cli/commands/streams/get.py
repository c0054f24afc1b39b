"""`dsops stream get`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream get project1/collateral/dispute")
@click.argument("stream")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, stream: str, connection: str | None) -> int:
    """Show all that the provider says about STREAM: an address, a declared name, or project/dataset/stream."""
    from dsops.cli.operating import operate, show_object
    from dsops.cli.workspace import load_workspace
    from dsops.engine.places import locate

    workspace = load_workspace(common)
    place = locate(workspace, "stream get", stream, connection)
    found = operate(common, workspace, "stream get", lambda desk: desk.get("stream get", place))
    return show_object(common, found)
