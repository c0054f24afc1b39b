"""`dsops dataset list`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops dataset list --project project1")
@click.option("--project", metavar="P", help="Only the datasets of this project.")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, project: str | None, connection: str | None) -> int:
    """List the datasets of an account, declared or not; the last column is what the stack calls them."""
    from dsops.cli.operating import operate, show_listing
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import account

    workspace = load_workspace(common)
    place = account(workspace, "dataset list", connection)
    arguments = {"project": project} if project else {}

    async def work(desk: Desk) -> tuple[list[Found], dict[str, str]]:
        found = await desk.listing("dataset list", place, arguments)
        return found, dict(desk.operation(place, "dataset list").columns)

    found, fields = operate(common, workspace, "dataset list", work)
    return show_listing(common, found, fields, what="datasets")
