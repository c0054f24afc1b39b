"""`dsops dataset list`."""

from typing import Any

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops dataset list --project project1\n"
    "  dsops dataset list --connection ma --type image-classification --sort dataset_name --order asc"
)
@click.option("--project", metavar="P", help="UiPath: only the datasets of this project.")
@click.option("--type", metavar="TYPE", help="ModelArts: only datasets of this type, as manifests name it.")
@click.option("--search", metavar="TEXT", help="ModelArts: only datasets whose name has this in it.")
@click.option("--sort", metavar="FIELD", help="ModelArts: create_time or dataset_name; by name where it is left out.")
@click.option("--order", metavar="ORDER", help="ModelArts: asc or desc.")
@click.option("--with-labels", is_flag=True, help="ModelArts: with labels (--format json shows them).")
@click.option("--preview", is_flag=True, help="ModelArts: with four samples each (--format json shows them).")
@click.option("--with-versions", is_flag=True, help="ModelArts: only datasets that have a version.")
@click.option("--exportable", is_flag=True, help="ModelArts: only datasets that can be exported.")
@click.option("--running-tasks", is_flag=True, help="ModelArts: with what is running (--format json shows it).")
@click.option("--running-task", metavar="TASK", help="ModelArts: which running task is looked for: export, ...")
@click.option("--version-format", metavar="FORMAT", help="ModelArts: only with a version of this format: CSV, ...")
@click.option("--version-ratio", metavar="MIN,MAX", help="ModelArts: only with a version of such a split ratio.")
@click.option("--workspace", metavar="ID", help="ModelArts: the datasets of this workspace.")
@click.option("--generation", metavar="G", help="ModelArts: v1, v2 or all; all where it is left out.")
@click.option("--limit", type=int, metavar="N", help="ModelArts: one page of at most N datasets.")
@click.option("--page", type=int, metavar="N", help="ModelArts: only page N, counted from 0.")
@connection_option
@common_options("text", "json", "markdown")
def command(common: Common, connection: str | None, **asked: Any) -> int:
    """List the datasets of an account, declared or not; the last column is what the stack calls them.

    Which options narrow the list down depends on the provider of the connection.
    """
    from dsops.cli.operating import operate, show_listing
    from dsops.cli.workspace import load_workspace
    from dsops.engine.operations import Desk, Found
    from dsops.engine.places import account

    workspace = load_workspace(common)
    place = account(workspace, "dataset list", connection)
    arguments = {name: value for name, value in asked.items() if value is not None and value is not False}

    async def work(desk: Desk) -> tuple[list[Found], dict[str, str]]:
        found = await desk.listing("dataset list", place, arguments)
        return found, dict(desk.operation(place, "dataset list").columns)

    found, fields = operate(common, workspace, "dataset list", work)
    return show_listing(common, found, fields, what="datasets")
