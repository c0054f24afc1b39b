"""`dsops schema`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out


@click.command(epilog="\b\nExample:\n  dsops schema uipath/Stream > stream.schema.json")
@click.argument("kind", required=False)
@common_options("text", "json")
def command(common: Common, kind: str | None) -> int:
    """Print the JSON Schema of KIND (Stack, uipath/Dataset, ...), or of every kind.

    An editor that knows the schema of a manifest completes and checks it. With no KIND the result is one object, kind
    to schema.
    """
    del common
    from dsops.cli.names import unknown
    from dsops.cli.schemas import all_schemas, schema_of
    from dsops.render import json_text

    if kind is None:
        out(json_text(all_schemas()))
        return 0
    found = schema_of(kind)
    if found is None:
        raise unknown("kind", kind, all_schemas())
    out(found)
    return 0
