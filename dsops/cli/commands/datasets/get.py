"""`dsops dataset get`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops dataset get collateral")
@click.argument("dataset")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, dataset: str, connection: str | None) -> int:
    """Show all that the provider says about DATASET: an address, a declared name, or project/dataset."""
    from dsops.cli.operating import operate, show_object
    from dsops.cli.workspace import load_workspace
    from dsops.engine.places import locate

    workspace = load_workspace(common)
    place = locate(workspace, "dataset get", dataset, connection)
    found = operate(common, workspace, "dataset get", lambda desk: desk.get("dataset get", place))
    return show_object(common, found)
