"""The one-way path: declared, recorded and live go in, a plan comes out. Plan, apply, destroy and drift all walk it."""

import dataclasses
import datetime as dt

from dsops.engine.connect import Clients, at_home, kinds_of
from dsops.engine.observe import Observer
from dsops.engine.options import Options, Workspace
from dsops.engine.rows import read_rows
from dsops.engine.rowsides import Marks, sides_of, strangers_of
from dsops.model import Action, Address, Change, Plan, RowSink, State
from dsops.planner import Inputs, Observation, Scope, Settings, declare, make_plan, select


async def reconcile(
    workspace: Workspace, state: State, clients: Clients, options: Options, marks: Marks
) -> tuple[Plan, Inputs]:
    """Read live state and plan.

    Args:
        workspace: The stack.
        state: What is recorded.
        clients: Its connections.
        options: What was asked for.
        marks: What is recorded of rows.

    Returns:
        The plan, and what it was made of.

    Raises:
        DsopsError: Something could not be read, or the question makes no sense.
    """
    stored, state = state, at_home(state, workspace.stack)
    declared = declare(() if options.destroy else workspace.resources, kinds_of(workspace.stack))
    chosen = select(declared.resources.values(), state.records, targets=options.targets, excludes=options.excludes)
    rows = {} if options.destroy else read_rows(workspace, chosen)
    strangers = strangers_of(declared, state, chosen, marks)
    observer = Observer(clients, kinds_of(workspace.stack))
    sinks: dict[Address, RowSink] = {address: each.comparison for address, each in rows.items()}
    await observer.observe(declared, state.records, chosen, {**sinks, **strangers})
    deltas = {address: each.comparison.delta() for address, each in rows.items()}

    def seen() -> Observation:
        foreign = {address: each.count for address, each in strangers.items()}
        return dataclasses.replace(observer.seen, rows=deltas, foreign_rows=foreign)

    inputs = Inputs(
        stack=workspace.stack,
        declared=declared,
        state=state,
        observation=seen(),
        kinds=kinds_of(workspace.stack),
        today=dt.datetime.now(dt.UTC).date(),
        settings=_settings(options),
        rows=sides_of(rows, deltas, declared, state, marks),
        traits=state.traits,
    )
    plan = plan_of(inputs, clients)
    unseen = _unseen_children(plan, inputs)
    if unseen:
        await observer.read(unseen, ())
        inputs = dataclasses.replace(inputs, observation=seen())
        plan = plan_of(inputs, clients)
    return _rehomed(plan, stored, state), inputs


def plan_of(inputs: Inputs, clients: Clients) -> Plan:
    """Return the plan, with its calls in the form in which each connection sends them."""
    plan = make_plan(inputs)
    return dataclasses.replace(plan, changes=tuple(_prepared(change, clients) for change in plan.changes))


def _prepared(change: Change, clients: Clients) -> Change:
    calls = tuple(dataclasses.replace(each, call=clients.prepared(each.connection, each.call)) for each in change.calls)
    return change if calls == change.calls else dataclasses.replace(change, calls=calls)


def _settings(options: Options) -> Settings:
    return Settings(
        destroy=options.destroy,
        targets=options.targets,
        excludes=options.excludes,
        adopt_existing=options.adopt_existing,
        full=options.full,
    )


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
