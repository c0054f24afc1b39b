"""The stack in a folder, read."""

import os

from dsops.cli.options import Common
from dsops.cli.output import report
from dsops.engine import Workspace
from dsops.manifest import Loaded, load
from dsops.model import DsopsError
from dsops.providers import kinds


def load_manifests(common: Common) -> Loaded:
    """Read the chosen stack with its environment and variables; what is wrong with it is in the result."""
    return load(
        common.directory,
        env=common.env,
        variables=common.variables,
        environ=os.environ,
        schemas={name: kind.info.schema for name, kind in kinds().items()},
    )


def load_workspace(common: Common) -> Workspace:
    """Read the chosen stack; remarks are told.

    Raises:
        DsopsError: The manifests have errors; it carries them all.
    """
    loaded = load_manifests(common)
    if loaded.stack is None or any(each.is_error for each in loaded.diagnostics):
        raise DsopsError(*loaded.diagnostics)
    report(common, loaded.diagnostics)
    return Workspace(loaded.stack, loaded.resources)
