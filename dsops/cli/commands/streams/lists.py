"""`dsops stream list`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream list collateral")
@click.argument("dataset", required=False)
@click.option("--project", metavar="P", help="Only the streams of this project's datasets.")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, dataset: str | None, project: str | None, connection: str | None) -> int:
    """List the streams of DATASET, or of every dataset of the account; the last column is what the stack calls them."""
    from dsops.cli.operating import operate, show_listing
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import account, locate

    if dataset and project:
        raise click.UsageError("give DATASET or --project, not both")
    workspace = load_workspace(common)
    if dataset:
        place = locate(workspace, "dataset get", dataset, connection)
    else:
        place = account(workspace, "stream list", connection)

    async def work(desk: Desk) -> tuple[list[Found], dict[str, str]]:
        fields = dict(desk.operation(place, "stream list").columns)
        if dataset:
            return await desk.listing("stream list", place, {}), fields
        datasets = await desk.listing("dataset list", place, {"project": project} if project else {})
        return await desk.listings("stream list", [each.place for each in datasets]), fields

    found, fields = operate(common, workspace, "stream list", work)
    return show_listing(common, found, fields, what="streams")
