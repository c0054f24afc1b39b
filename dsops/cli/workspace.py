"""The stack in a folder, read."""

import os

from dsops.cli.options import Common
from dsops.cli.output import report
from dsops.engine import Workspace
from dsops.manifest import load
from dsops.providers import kinds


def load_workspace(common: Common) -> Workspace:
    """Read the chosen stack with its environment and variables; remarks are told.

    Raises:
        DsopsError: The manifests have errors; it carries them all.
    """
    loaded = load(
        common.directory,
        env=common.env,
        variables=common.variables,
        environ=os.environ,
        schemas={name: kind.info.schema for name, kind in kinds().items()},
    )
    report(common, loaded.diagnostics)
    return Workspace(loaded.stack, loaded.resources)
