"""`dsops stream tag`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream tag dispute 18ba5ce699f8da1f.0123456789abcdef --type Wrong")
@click.argument("stream")
@click.argument("uids", nargs=-1, metavar="[UID]...")
@click.option("--type", "type_", required=True, metavar="T", help='What is wrong with them, short: "Wrong Prediction".')
@connection_option
@common_options("text", "json")
def command(common: Common, stream: str, uids: tuple[str, ...], *, type_: str, connection: str | None) -> int:
    """Tag comments as exceptions of STREAM, for the people who train its model.

    UIDs are given one by one, as @FILE, or as - for the lines of stdin. Doing it twice is doing it once.
    """
    from dsops.cli.exceptions import deal_with

    if not uids:
        raise click.UsageError("give the uids of comments, or - to read them from stdin")
    return deal_with(common, "stream tag", stream, connection, uids, {"type": type_}, done="tagged")
