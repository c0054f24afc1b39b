"""`dsops import`."""

from pathlib import Path
from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops import uipath/Dataset/collateral project1/collateral --into .\n"
    "  dsops import --connection mail --all --into ."
)
@click.argument("address", required=False)
@click.argument("name", required=False, metavar="[ID]")
@click.option("--connection", metavar="C", help="The connection to import from; all of it, with --all.")
@click.option("--all", "everything", is_flag=True, help="Every object of the connection.")
@click.option(
    "--into", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Folder for the manifests."
)
@click.option(
    "--parallelism", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most requests at once."
)
@common_options("text", "json")
def command(
    common: Common,
    address: str | None,
    name: str | None,
    *,
    connection: str | None,
    everything: bool,
    into: Path | None,
    **given: Any,
) -> int:
    """Write the manifests of what exists, so that they plan to nothing but its adoption.

    ADDRESS is what the resource shall be called, ID what the provider calls it. Without --into the manifests are
    printed. No file is ever overwritten.
    """
    import asyncio

    from dsops import engine
    from dsops.cli.importing import told, written
    from dsops.cli.names import address as parse
    from dsops.cli.progress import progress
    from dsops.cli.workspace import load_workspace

    workspace = load_workspace(common)
    chosen = options("import", given)
    with progress(common) as emit:
        if address and name and not everything:
            found = asyncio.run(engine.import_one(workspace, parse(address), name, connection, chosen, emit))
        elif connection and not address:
            found = asyncio.run(engine.import_all(workspace, connection, chosen, emit))
        else:
            raise click.UsageError("give ADDRESS and ID, or --connection C --all")
    if into is not None:
        written(found, common.directory / into)
    told(common, found, into)
    return 0
