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
    import orjson

    from dsops.cli.names import unknown
    from dsops.model.assets import asset
    from dsops.providers import schemas
    from dsops.render import json_text

    files = {"Stack": asset("schemas", "Stack.json"), **schemas()}
    if kind is None:
        out(json_text({name: orjson.loads(path.read_bytes()) for name, path in files.items()}))
        return 0
    if kind not in files:
        raise unknown("kind", kind, files)
    out(files[kind].read_text(encoding="utf-8").rstrip("\n"))
    return 0
