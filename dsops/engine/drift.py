"""Drift: reads, compares, and changes nothing anywhere."""

from dsops.engine.apply import store_of
from dsops.engine.connect import connected
from dsops.engine.options import Emit, Options, Workspace
from dsops.engine.reconcile import reconcile
from dsops.engine.recover import recovered_view
from dsops.engine.runtime import in_time
from dsops.model import Drift
from dsops.planner import find_drift


async def drift(workspace: Workspace, options: Options, emit: Emit) -> Drift:
    """Return how live stands against the records, and what is declared but not applied.

    Raises:
        DsopsError: Something could not be read.
    """
    store = store_of(workspace.stack)
    state = store.load()
    async with connected(workspace.stack, options, emit) as clients, in_time(options.deadline):
        state = await recovered_view(state, clients, workspace.stack, emit)
        _, inputs = await reconcile(workspace, state, clients, options, store.rows)
    return find_drift(inputs)
