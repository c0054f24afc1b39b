"""`dsops stream fetch`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops stream fetch dispute --size 8 | jq .comment.uid\n"
    "  dsops stream fetch dispute --advance --follow | ./make-tickets"
)
@click.argument("stream")
@click.option("--size", type=int, default=64, show_default=True, metavar="N", help="Comments a fetch, up to 1024.")
@click.option(
    "--max-filtered",
    type=int,
    metavar="N",
    help="So many that the stream's filter leaves out don't count towards --size; up to 1024.",
)
@click.option("--advance", is_flag=True, help="Move the stream past what was printed, once it is printed.")
@click.option("--follow", is_flag=True, help="Go on for ever, waiting at the end of the stream; with --advance.")
@connection_option
@common_options("text", "json")
def command(
    common: Common,
    stream: str,
    *,
    size: int,
    max_filtered: int | None,
    advance: bool,
    follow: bool,
    connection: str | None,
) -> int:
    """Print the next comments of STREAM with their labels, a line of JSON each; with --format json, a line a batch.

    Without --advance the stream stays where it is: the next fetch brings the same. With it, everything is printed at
    least once, whatever happens: the stream moves only after a batch has left for the file or the pipe, and a run that
    is cut short prints its last batch again. A reader that goes away (`| head`) ends it without moving the stream.
    What a reader has not read from its pipe when it dies is printed all the same: a consumer that must not miss it
    leaves out --advance and calls `dsops stream advance` when it is done.
    """
    if follow and not advance:
        raise click.UsageError("--follow needs --advance: a stream that isn't advanced brings the same again")
    from dsops.cli.fetching import consume
    from dsops.engine.export import request_arguments

    arguments = request_arguments(size=size, max_filtered=max_filtered)
    return consume(common, stream, connection, arguments, advance=advance, follow=follow)
