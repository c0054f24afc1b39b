"""`dsops graph`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops graph --format dot | dot -Tsvg > graph.svg")
@common_options("text", "dot", "json")
def command(common: Common) -> int:
    """Show what each resource depends on. Offline, and without any secret."""
    from dsops.cli.workspace import load_stack
    from dsops.render import graph_document, graph_dot, graph_text, json_text

    _, resources = load_stack(common)
    match common.format:
        case "dot":
            out(graph_dot(resources))
        case "json":
            out(json_text(graph_document(resources)))
        case _:
            out(graph_text(resources))
    return 0
