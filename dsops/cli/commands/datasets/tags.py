"""`dsops dataset tags`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops dataset tags collateral")
@click.argument("dataset")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, dataset: str, connection: str | None) -> int:
    """List the model tags of DATASET, each with the model version it stands for now."""
    from dsops.cli.operating import operate, show_parts
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import locate

    workspace = load_workspace(common)
    place = locate(workspace, "dataset tags", dataset, connection)

    async def work(desk: Desk) -> tuple[list[Found], dict[str, str]]:
        found = await desk.listing("dataset tags", place, {})
        return found, dict(desk.operation(place, "dataset tags").columns)

    found, fields = operate(common, workspace, "dataset tags", work)
    return show_parts(common, found, fields, what=f"model tags of {place}")
