"""The one-way path: declared, recorded and live go in, a plan comes out. Plan, apply, destroy and drift all walk it."""

import dataclasses
import datetime as dt

from dsops.engine.connect import Clients, at_home
from dsops.engine.observe import Observer
from dsops.engine.options import Options, Workspace
from dsops.model import Action, Change, Plan, State
from dsops.planner import Inputs, Scope, Settings, declare, make_plan, select
from dsops.providers import kinds


async def reconcile(workspace: Workspace, state: State, clients: Clients, options: Options) -> tuple[Plan, Inputs]:
    """Read live state and plan.

    Returns:
        The plan, and what it was made of.

    Raises:
        DsopsError: Something could not be read, or the question makes no sense.
    """
    all_kinds = kinds()
    stored, state = state, at_home(state, workspace.stack)
    declared = declare(() if options.destroy else workspace.resources, all_kinds)
    chosen = select(declared.resources.values(), state.records, targets=options.targets, excludes=options.excludes)
    observer = Observer(clients, all_kinds)
    await observer.observe(declared, state.records, chosen)
    settings = Settings(
        destroy=options.destroy,
        targets=options.targets,
        excludes=options.excludes,
        adopt_existing=options.adopt_existing,
    )
    inputs = Inputs(
        workspace.stack, declared, state, observer.seen, all_kinds, dt.datetime.now(dt.UTC).date(), settings
    )
    plan = make_plan(inputs)
    unseen = _unseen_children(plan, inputs)
    if unseen:
        await observer.read(unseen, ())
        inputs = dataclasses.replace(inputs, observation=observer.seen)
        plan = make_plan(inputs)
    return _rehomed(plan, stored, state), inputs


def _rehomed(plan: Plan, stored: State, state: State) -> Plan:
    """Let the plan also rewrite the records of a connection that was renamed, as far as it doesn't anyway."""
    if state is stored:
        return plan
    written = {change.address for change in plan.changes} | {record.address for record in plan.refresh}
    moved = (
        record
        for address, record in state.records.items()
        if address not in written and record.connection != stored.records[address].connection
    )
    return dataclasses.replace(plan, refresh=(*plan.refresh, *moved))


def _unseen_children(plan: Plan, inputs: Inputs) -> set[Scope]:
    """Return the scopes below objects that are to go and weren't read: what goes along is named first."""
    below: set[Scope] = set()
    for change in plan.changes:
        before = change.before
        if before is None or not _goes(change):
            continue
        for type_, kind in inputs.kinds.items():
            scope = Scope(before.connection, type_, before.key)
            if kind.info.parent == change.address.type and scope not in inputs.observation.listings:
                below.add(scope)
    return below


def _goes(change: Change) -> bool:
    return change.action in (Action.DELETE, Action.REPLACE)
