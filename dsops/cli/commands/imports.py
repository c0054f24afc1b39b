"""`dsops import`."""

from pathlib import Path
from typing import Any

import click

from dsops.cli.options import Common, common_options
from dsops.cli.selection import lock_option, options, timeout_option


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
    "--into",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder of the stack for the manifests.",
)
@click.option(
    "--parallelism", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most requests at once."
)
@lock_option
@timeout_option
@common_options("text", "json")
def command(
    common: Common,
    address: str | None,
    name: str | None,
    *,
    connection: str | None,
    everything: bool,
    into: Path,
    **given: Any,
) -> int:
    """Adopt what exists, and write manifests that plan to nothing.

    ADDRESS is what the resource shall be called, ID what the provider calls it, parents first; what stands below it
    comes along. With --all, everything on the connection. No file is ever overwritten.
    """
    import asyncio

    from dsops import engine
    from dsops.cli.importing import below, told, writer
    from dsops.cli.names import address as parse
    from dsops.cli.progress import progress
    from dsops.cli.workspace import load_workspace

    workspace = load_workspace(common)
    write, folder = writer(common.directory / into), below(workspace, common.directory / into)
    chosen = options("import", given)
    with progress(common) as emit:
        if address and name and not everything:
            found = asyncio.run(
                engine.import_one(workspace, parse(address), name, connection, chosen, emit, write, folder=folder)
            )
        elif connection and not address:
            found = asyncio.run(engine.import_all(workspace, connection, chosen, emit, write, folder=folder))
        else:
            raise click.UsageError("give ADDRESS and ID, or --connection C --all")
    told(common, found, into)
    return 0
