"""`dsops dataset get`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options

_NAME = "dataset get"


@click.command(
    epilog="\b\nExample:\n"
    "  dsops dataset get collateral\n"
    "  dsops dataset get faq-eval --row 'What is the capital of France?'"
)
@click.argument("dataset")
@click.option("--row", metavar="KEY", help="Only the row with this key (several fields: 'a | b'), or with this id.")
@click.option("--source", metavar="ID", help="Of that row, only the expected source with this id.")
@click.option("--variable", metavar="ID", help="Of that row, only the filter variable with this id.")
@connection_option
@common_options("text", "json", "markdown")
def command(
    common: Common,
    dataset: str,
    *,
    row: str | None,
    source: str | None,
    variable: str | None,
    connection: str | None,
) -> int:
    """Show all that the provider says about DATASET: an address, a declared name, or project/dataset.

    Of a dataset with rows that is how many there are; one of them, with what is nested in it, shows with --row.
    """
    from dsops.cli.operating import operate, show_object
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import locate, operation_on

    workspace = load_workspace(common)
    place = locate(workspace, _NAME, dataset, connection)
    part = {name: value for name, value in (("source", source), ("variable", variable)) if value is not None}
    if part and row is None:
        raise click.UsageError(f"--{next(iter(part))} is about one row. Give --row too.")

    async def work(desk: Desk) -> Found:
        return await (desk.get(_NAME, place) if row is None else desk.get_row(_NAME, place, row, part))

    found = operate(common, workspace, _NAME, work)
    summary = operation_on(workspace.stack, place.connection, _NAME).summary if row is None else None
    return show_object(common, found, summary)
