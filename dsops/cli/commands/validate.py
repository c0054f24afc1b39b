"""`dsops validate`."""

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, report


@click.command(epilog="\b\nExample:\n  dsops validate --env prod --format github")
@common_options("text", "json", "github")
def command(common: Common) -> int:
    """Check the manifests against the schemas, and resolve variables and references.

    Offline, and without any secret. Every problem is told, with its place.
    """
    from dsops.cli.workspace import checked, load_manifests
    from dsops.render import counted, diagnostics_json

    loaded = load_manifests(common)
    if not any(each.is_error for each in loaded.diagnostics):
        loaded = checked(loaded)
    if common.format == "json":
        out(diagnostics_json(loaded.diagnostics))
    else:
        report(common, loaded.diagnostics, result=True)
    wrong = sum(each.is_error for each in loaded.diagnostics)
    if common.format == "text":
        name = loaded.stack.name if loaded.stack else "The stack"
        found = counted(len(loaded.resources), "resource")
        out(f"\n{name} has {counted(wrong, 'error')}." if wrong else f"{name} is valid: {found}.")
    return 1 if wrong else 0
