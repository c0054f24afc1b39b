"""`dsops dataset export`."""

from pathlib import Path

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops dataset export collateral --into mail.jsonl\n"
    "  dsops dataset export collateral --from 2024-05-01 --order-by created_at --as csv --into may.csv\n"
    "  dsops dataset export collateral --into - | jq .comment.uid\n"
    "  dsops dataset export faq-eval --into rows/faq.jsonl"
)
@click.argument("dataset")
@click.option("--into", metavar="FILE", required=True, help="The file to write; - for stdout (JSON lines only).")
@click.option(
    "--as", "layout", type=click.Choice(("jsonl", "csv")), default="jsonl", show_default=True, help="How it is written."
)
@click.option(
    "--comment-uids",
    metavar="UID",
    multiple=True,
    help="Only these comments, at most 256; repeat it, or @FILE, or - for stdin. Goes with no other choice.",
)
@click.option(
    "--source-ids", metavar="ID", multiple=True, help="Only these sources, at most 1024; repeat it, or @FILE, or -."
)
@click.option(
    "--order-by",
    type=click.Choice(("created_at", "timestamp")),
    help="The time that orders them, and that --from and --to mean: upload, or the comment's own (the default).",
)
@click.option("--from", "from_", metavar="INSTANT", help="Only from this time on.")
@click.option("--to", metavar="INSTANT", help="Only up to this time, itself included.")
@click.option("--limit", type=int, metavar="N", help="Comments an answer (a page), not in all: up to 256, the default.")
@click.option("--restart", is_flag=True, help="Begin anew where an interrupted export could go on.")
@click.option("--overwrite", is_flag=True, help="Replace FILE, in the end, if it is there.")
@connection_option
@common_options("text", "json")
def command(
    common: Common,
    dataset: str,
    into: str,
    *,
    layout: str,
    comment_uids: tuple[str, ...],
    source_ids: tuple[str, ...],
    order_by: str | None,
    from_: str | None,
    to: str | None,
    limit: int | None,
    restart: bool,
    overwrite: bool,
    connection: str | None,
) -> int:
    """Write all of DATASET into a file: comments with their labels and predictions, or evaluation rows.

    Rows come in field names of the manifest, as `rows.from` reads them. The options about comments are for comments.

    An interrupted export of comments leaves FILE.part and FILE.part.json; the same command goes on from there. FILE
    appears when it is whole. In CSV, a text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    from dsops.cli.exporting import into_file, onto_stdout
    from dsops.cli.lists import read_list
    from dsops.engine.export import request_arguments

    arguments = request_arguments(
        comment_uids=read_list(comment_uids),
        source_ids=read_list(source_ids),
        order_by=order_by,
        **{"from": from_},
        to=to,
        limit=limit,
    )
    if into == "-":
        if layout == "csv":
            raise click.UsageError("CSV needs a file: its columns are known only in the end. Give --into FILE.")
        return onto_stdout(common, dataset, connection, arguments)
    return into_file(
        common, dataset, connection, arguments, Path(into), layout=layout, restart=restart, overwrite=overwrite
    )
