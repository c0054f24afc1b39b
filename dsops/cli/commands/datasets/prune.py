"""`dsops dataset prune`."""

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops dataset prune shelves --filter '{\"metadata.annotations.total\": 0}'\n"
    '  dsops dataset prune shelves --filter \'{"status": "error"}\' --strict --auto-approve'
)
@click.argument("dataset")
@click.option(
    "--filter",
    "filter_",
    metavar="FILTER",
    required=True,
    help="Which assets: as the provider writes it, usually JSON.",
)
@click.option("--metadata-query", metavar="QUERY", help="And of these only those whose own metadata match.")
@click.option("--rule-query", metavar="QUERY", help="And of these only those that a rule means.")
@click.option("--strict", is_flag=True, help="Refuse a filter that names what assets don't have.")
@click.option("--auto-approve", is_flag=True, help="Don't ask.")
@connection_option
@common_options("text", "json")
def command(
    common: Common,
    dataset: str,
    filter_: str,
    *,
    metadata_query: str | None,
    rule_query: str | None,
    strict: bool,
    auto_approve: bool,
    connection: str | None,
) -> int:
    """Delete those assets of DATASET that a filter means, with their annotations.

    It shows how many the provider finds, and asks; without a terminal it needs --auto-approve. They are gone for good.
    An empty filter is refused. What the filter means is the provider's word: between the count and the deletion assets
    may come and go.
    """
    from dsops.cli.approval import require_approval
    from dsops.cli.pruning import prune_dataset

    require_approval(auto_approve=auto_approve, hint="Give --auto-approve.")
    given = {
        "filter": filter_,
        "metadataQuery": metadata_query,
        "ruleQuery": rule_query,
        "strict": strict or None,
    }
    arguments = {name: value for name, value in given.items() if value is not None}
    return prune_dataset(common, dataset, connection, arguments, auto_approve=auto_approve)
