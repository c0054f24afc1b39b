"""The stack in a folder, read."""

import dataclasses
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dsops.cli.options import Common
from dsops.cli.output import report
from dsops.manifest import Loaded, load
from dsops.model import Diagnostic, DsopsError, Resource, Stack, in_order
from dsops.planner import declare
from dsops.providers import further_schemas, kinds, schemas

if TYPE_CHECKING:
    from dsops.engine import Workspace


def load_manifests(common: Common) -> Loaded:
    """Read the chosen stack with its environment and variables; what is wrong with it is in the result."""
    return load(
        common.directory,
        env=common.env,
        variables=common.variables,
        environ=os.environ,
        schemas=schemas(),
        others=further_schemas,
    )


def checked(loaded: Loaded) -> Loaded:
    """Add what only the kinds know to be wrong: two resources that are one remote object, unknown fields, bad rows."""
    try:
        if providers := sorted({each.address.provider for each in loaded.resources}):
            declare(loaded.resources, kinds(*providers))
    except DsopsError as wrong:
        return _with(loaded, wrong.diagnostics)
    if loaded.stack is None or all(each.rows is None for each in loaded.resources):
        return loaded
    from dsops.engine import Workspace, check_rows

    return _with(loaded, check_rows(Workspace(loaded.stack, loaded.resources)))


def _with(loaded: Loaded, further: Iterable[Diagnostic]) -> Loaded:
    return dataclasses.replace(loaded, diagnostics=in_order((*loaded.diagnostics, *further)))


def load_stack(common: Common) -> tuple[Stack, tuple[Resource, ...]]:
    """Read the chosen stack and its resources; remarks are told.

    Raises:
        DsopsError: The manifests have errors; it carries them all.
    """
    loaded = load_manifests(common)
    if loaded.stack is None or any(each.is_error for each in loaded.diagnostics):
        raise DsopsError(*loaded.diagnostics)
    report(common, loaded.diagnostics)
    return loaded.stack, loaded.resources


def load_workspace(common: Common) -> "Workspace":
    """Do the same for the engine, which takes long to import: commands that need no connection do without.

    Raises:
        DsopsError: As `load_stack`.
    """
    from dsops.engine import Workspace

    return Workspace(*load_stack(common))
