"""`dsops dataset exports`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options

_NAME = "dataset exports"


@click.command(epilog="\b\nExample:\n  dsops dataset exports shelves\n  dsops dataset exports shelves 77ab01c2")
@click.argument("dataset")
@click.argument("export", required=False)
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, dataset: str, export: str | None, connection: str | None) -> int:
    """List the exports of DATASET with their specifications; or show one, by its id.

    Where an archive can be fetched is a secret and not shown: dsops dataset download fetches it.
    """
    from dsops.cli.operating import operate, show_object, show_parts
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import locate

    workspace = load_workspace(common)
    place = locate(workspace, _NAME, dataset, connection)
    arguments = {} if export is None else {"export": export}

    async def work(desk: Desk) -> tuple[list[Found], dict[str, str]]:
        found = await desk.listing(_NAME, place, arguments)
        return found, dict(desk.operation(place, _NAME).columns)

    found, fields = operate(common, workspace, _NAME, work)
    if export is not None:
        return show_object(common, found[0])
    return show_parts(common, found, fields, what=f"exports of {place}")
