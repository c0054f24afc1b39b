"""The one-way path: declared, recorded and live go in, a plan comes out. Plan, apply, destroy and drift all walk it."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from dsops.engine.connect import Clients, at_home
from dsops.engine.observe import Observer
from dsops.engine.options import Options, Workspace
from dsops.engine.rows import RowsAtHand, read_rows
from dsops.model import Action, Address, Change, Plan, Record, RowMark, RowMode, RowSink, State, rows_holder
from dsops.planner import (
    Declared,
    DeclaredSide,
    ForeignCount,
    Inputs,
    RowDelta,
    Scope,
    Settings,
    declare,
    make_plan,
    select,
)
from dsops.providers import kinds

Marks = Callable[[str, Iterable[bytes] | None], Mapping[bytes, RowMark]]
"""What the state holds of the rows of an object: ``StateStore.rows`` or ``Session.rows``."""


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
    all_kinds = kinds()
    stored, state = state, at_home(state, workspace.stack)
    declared = declare(() if options.destroy else workspace.resources, all_kinds)
    chosen = select(declared.resources.values(), state.records, targets=options.targets, excludes=options.excludes)
    rows = {} if options.destroy else read_rows(workspace, chosen)
    strangers = _strangers(declared, state, chosen, marks)
    observer = Observer(clients, all_kinds)
    sinks: dict[Address, RowSink] = {address: each.comparison for address, each in rows.items()}
    await observer.observe(declared, state.records, chosen, {**sinks, **strangers})
    settings = Settings(
        destroy=options.destroy,
        targets=options.targets,
        excludes=options.excludes,
        adopt_existing=options.adopt_existing,
        full=options.full,
    )
    deltas = {address: each.comparison.delta() for address, each in rows.items()}
    seen = dataclasses.replace(
        observer.seen, rows=deltas, foreign_rows={address: each.count for address, each in strangers.items()}
    )
    inputs = Inputs(
        workspace.stack,
        declared,
        state,
        seen,
        all_kinds,
        dt.datetime.now(dt.UTC).date(),
        settings,
        _sides(rows, deltas, declared, state, marks),
        state.traits,
    )
    plan = make_plan(inputs)
    unseen = _unseen_children(plan, inputs)
    if unseen:
        await observer.read(unseen, ())
        seen = dataclasses.replace(observer.seen, rows=seen.rows, foreign_rows=seen.foreign_rows)
        inputs = dataclasses.replace(inputs, observation=seen)
        plan = make_plan(inputs)
    return _rehomed(plan, stored, state), inputs


def _sides(
    rows: Mapping[Address, RowsAtHand],
    deltas: Mapping[Address, RowDelta],
    declared: Declared,
    state: State,
    marks: Marks,
) -> dict[Address, DeclaredSide]:
    """Join to the declared rows what is recorded of those that differ."""
    by_place = {(each.connection, each.address.type, each.key): each for each in state.records.values()} if rows else {}
    sides = {}
    for address, each in rows.items():
        place = (declared.resources[address].connection, address.type, declared.keys[address])
        record = state.records.get(address) or by_place.get(place)
        recorded = _recorded(record, each, deltas[address], marks) if record is not None else {}
        sides[address] = DeclaredSide(each.index, each.declared, each.kept, recorded)
    return sides


def _recorded(record: Record, rows: RowsAtHand, delta: RowDelta, marks: Marks) -> Mapping[bytes, RowMark]:
    if record.rows is None or record.rows.key != rows.index.rows.key:
        return {}
    wanted = tuple(delta.keys())
    return marks(rows_holder(record.address.type, record.endpoint, record.remote_id), wanted) if wanted else {}


def _strangers(
    declared: Declared, state: State, chosen: AbstractSet[Address], marks: Marks
) -> dict[Address, ForeignCount]:
    """Return what counts the rows that dsops never wrote, of objects that are to go and whose rows may be others'."""
    counts = {}
    for address, record in state.records.items():
        if address not in chosen or address in declared.resources:
            continue
        codec = kinds()[address.type].rows
        if codec is not None and record.rows is not None and record.rows.mode is not RowMode.SYNC:
            held = marks(rows_holder(address.type, record.endpoint, record.remote_id), None)
            written = frozenset(key for key, mark in held.items() if mark.written)
            counts[address] = ForeignCount(record.rows.key, codec, written)
    return counts


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
