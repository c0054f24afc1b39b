"""`dsops validate`."""

import os

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, report


@click.command(epilog="\b\nExample:\n  dsops validate --env prod --format github")
@common_options("text", "json", "github")
def command(common: Common) -> int:
    """Check the manifests against the schemas, and resolve variables and references.

    Offline, and without any secret. Every problem is told, with its place.
    """
    from dsops.manifest import load
    from dsops.model import DsopsError
    from dsops.providers import kinds
    from dsops.render import diagnostics_json

    schemas = {name: kind.info.schema for name, kind in kinds().items()}
    try:
        loaded = load(common.directory, env=common.env, variables=common.variables, environ=os.environ, schemas=schemas)
    except DsopsError as error:
        report(common, error.diagnostics, result=True)
        return 1
    report(common, loaded.diagnostics, result=True)
    if common.format == "text":
        out(f"{loaded.stack.name} is valid: {len(loaded.resources):,} resources.")
    elif common.format == "json" and not loaded.diagnostics:
        out(diagnostics_json(()))
    return 0
