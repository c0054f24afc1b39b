"""`dsops stream untag`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(epilog="\b\nExample:\n  dsops stream untag dispute 18ba5ce699f8da1f.0123456789abcdef")
@click.argument("stream")
@click.argument("uids", nargs=-1, metavar="[UID]...")
@connection_option
@common_options("text", "json")
def command(common: Common, stream: str, uids: tuple[str, ...], connection: str | None) -> int:
    """Take the exception tags of STREAM from comments.

    UIDs are given one by one, as @FILE, or as - for the lines of stdin. Doing it twice is doing it once.
    """
    from dsops.cli.exceptions import deal_with

    if not uids:
        raise click.UsageError("give the uids of comments, or - to read them from stdin")
    return deal_with(common, "stream untag", stream, connection, uids, {}, done="untagged")
