"""Plan, apply, destroy: the commands that walk the one-way path."""

import asyncio
import dataclasses
import functools
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from dsops.engine.connect import Clients, connected, kinds_of
from dsops.engine.execute import Executor, Start, recorded_ids
from dsops.engine.options import Applied, Emit, Options, Planned, Workspace
from dsops.engine.recheck import recheck
from dsops.engine.reconcile import plan_of, reconcile
from dsops.engine.recover import recover, recovered_view
from dsops.engine.rowbody import RowsToSend
from dsops.engine.runtime import in_time, lock_wait, stopping_at
from dsops.engine.send import Sender
from dsops.engine.signals import draining
from dsops.model import (
    Action,
    Address,
    Diagnostic,
    DsopsError,
    Event,
    EventKind,
    Guard,
    Outcome,
    Plan,
    Reason,
    Report,
    Stack,
    State,
    StateError,
    Status,
    error,
)
from dsops.planner import Inputs, SavedPlan, load_plan, plan_id
from dsops.providers import kind_of
from dsops.state import Session, StateStore, open_store

Approve = Callable[[Plan], bool]


def store_of(stack: Stack) -> StateStore:
    """Return the store in which a stack's state lives.

    Raises:
        StateError: Its address is none that dsops knows.
    """
    return open_store(stack.state, root=Path(stack.root), stack=stack.name, env=stack.env)


async def plan(workspace: Workspace, options: Options, emit: Emit) -> Planned:
    """Return what apply would do. Takes no lease and writes nothing.

    Raises:
        DsopsError: Something could not be read.
    """
    store = store_of(workspace.stack)
    state = store.load()
    async with connected(workspace.stack, options, emit) as clients, in_time(options.deadline):
        state = await recovered_view(state, clients, workspace.stack, emit)
        made, inputs = await reconcile(workspace, state, clients, options, store.rows)
    return Planned(made, {address: side.declared for address, side in inputs.rows.items()})


async def apply(workspace: Workspace, options: Options, emit: Emit, approve: Approve | None) -> Applied:
    """Recover what an interrupted run left, plan, ask, and carry the plan out.

    Args:
        workspace: The stack.
        options: What was asked for.
        emit: Told what happens.
        approve: Shown the plan; says whether to go on. None goes on without asking.

    Raises:
        DsopsError: Nothing was written: something could not be read, the lease is held, or ``options.confirm`` names
        another plan.
    """
    stack = workspace.stack
    async with _leased(stack, options, emit) as session, connected(stack, options, emit) as clients:
        async with in_time(options.deadline):
            state, recovered = await recover(session, clients, stack, emit)
            made, inputs = await reconcile(workspace, state, clients, options, session.rows)
        confirmed = _confirmed(made, options)
        if confirmed:
            quoted = {guard.name for guard in made.guards}
            settings = dataclasses.replace(inputs.settings, confirmed=True)
            made = plan_of(dataclasses.replace(inputs, settings=settings), clients)
            if unquoted := tuple(guard for guard in made.guards if guard.name not in quoted):
                return Applied(made, None, _beyond(unquoted))
        elif made.guards:
            return Applied(made, None, _refused(made))
        if approve is not None and not approve(made):
            return Applied(made, None)
        asked = approve is not None and options.asks
        rows = _rows_of(inputs)
        async with in_time(options.deadline):
            starts = await recheck(made, state, clients, kinds_of(stack), rows) if asked else {}
        report = await _carry_out(made, state, session, clients, options, emit, starts, rows)
        return Applied(made, dataclasses.replace(report, recovered=recovered))


async def apply_saved(data: bytes, options: Options, emit: Emit) -> Applied:
    """Carry out a saved plan: once, on the state it was made for, and only what is still as it was read.

    Raises:
        DsopsError: It can't be used; nothing was written.
    """
    saved = load_plan(data)
    made, stack = saved.plan, saved.stack
    rows = _saved_rows(saved)
    if not _confirmed(made, options):
        if made.guards:
            return Applied(made, None, _refused(made))
    elif any(change.reason is Reason.HOLDS_UNRECORDED for change in made.changes):
        raise DsopsError.of(
            "a saved plan holds no calls for what it blocks, so there is nothing to confirm in it",
            hint="confirm the plan without saving it: dsops apply --confirm PLAN_ID",
        )
    name = plan_id(made)
    async with _leased(stack, options, emit) as session, connected(stack, options, emit) as clients:
        _check_state(made, session)
        await session.begin_plan(name, saved=True)
        async with in_time(options.deadline):
            state, recovered = await recover(session, clients, stack, emit)
            starts = await recheck(made, state, clients, kinds_of(stack), rows)
        report = await _carry_out(made, state, session, clients, options, emit, starts, rows)
        problems = await _written(session.end_plan(name, finished=_nothing_left(report)))
        problems = tuple(dict.fromkeys((*report.diagnostics, *problems)))  # the same trouble twice is one
        return Applied(made, dataclasses.replace(report, recovered=recovered, diagnostics=problems))


def _rows_of(inputs: Inputs) -> dict[Address, RowsToSend]:
    found = {}
    for address, side in inputs.rows.items():
        codec, declared = kind_of(address.type).rows, inputs.declared.resources[address].rows
        if codec is not None and declared is not None:
            marks = functools.partial(side.index.marks, written=False)
            found[address] = RowsToSend(codec, declared.key, side.declared, marks)
    return found


def _saved_rows(saved: SavedPlan) -> dict[Address, RowsToSend]:
    """Return the rows that a saved plan sends.

    Raises:
        DsopsError: It is about kinds that there aren't, or they are no rows: somebody made or changed it by hand.
    """
    known = kinds_of(saved.stack)
    keys = {each.address: each.after.rows.key for each in saved.plan.changes if each.after and each.after.rows}
    found = {}
    for address in (change.address for change in saved.plan.changes):
        if address.type not in known:
            raise _unusable(f"it is about {address}, and the providers of its connections have no kind {address.type}")
        codec = known[address.type].rows
        if address in saved.rows and codec is not None:
            rows = saved.rows[address]
            try:
                for values in rows.values(rows.rows):
                    codec.document(values)
            except (LookupError, TypeError, ValueError) as wrong:
                raise _unusable(f"a row that it holds of {address} is none ({wrong})") from wrong
            found[address] = RowsToSend(codec, keys[address], rows)
    return found


def _unusable(why: str) -> DsopsError:
    return DsopsError.of("this saved plan can't be used", detail=why, hint="make a new one with dsops plan --save FILE")


def _leased(stack: Stack, options: Options, emit: Emit) -> AbstractAsyncContextManager[Session]:
    def tell(words: str) -> None:
        emit(Event(EventKind.WAITING, words))

    return store_of(stack).lease(command=options.command, wait=lock_wait(options), on_event=tell)


def _confirmed(made: Plan, options: Options) -> bool:
    if options.confirm is None:
        return False
    name = plan_id(made)
    if options.confirm != name:
        summary = f"--confirm names plan {options.confirm}, and the plan is now {name}"
        raise DsopsError.of(summary, hint="look at the plan again, and confirm that one")
    return True


def _refused(made: Plan) -> tuple[Diagnostic, ...]:
    return tuple(error(f"{guard.name}: {guard.summary}", hint=guard.hint) for guard in made.guards)


def _beyond(guards: tuple[Guard, ...]) -> tuple[Diagnostic, ...]:
    """Word guards that only what was confirmed trips: the plan that was quoted did not show them."""
    hint = "raise the limit in spec.safety of the stack file, or delete in smaller steps"
    return tuple(error(f"{each.name}, with what is confirmed: {each.summary}", hint=hint) for each in guards)


def _check_state(made: Plan, session: Session) -> None:
    """Refuse a plan that was made on another state, unless it is this plan's own interrupted apply that moved it."""
    state, run = session.state, session.plan_run(plan_id(made))
    if run is not None and run.saved:
        return  # begin_plan says whether it may be begun again
    if (state.lineage, state.serial) == (made.lineage, made.serial):
        return
    raise StateError.of(
        "this plan was made on another state",
        detail=f"it was made on serial {made.serial} of {made.lineage or 'no state'}; "
        f"now it is serial {state.serial} of {state.lineage or 'no state'}",
        hint="make a new plan",
    )


def _nothing_left(report: Report) -> bool:
    """Whether a saved plan has done all it can: what it blocks, no second apply of it would do."""
    return all(each.status is Status.SUCCEEDED or each.action is Action.BLOCKED for each in report.outcomes)


async def _carry_out(
    made: Plan,
    state: State,
    session: Session,
    clients: Clients,
    options: Options,
    emit: Emit,
    starts: Mapping[Address, Start],
    rows: Mapping[Address, RowsToSend],
) -> Report:
    """Run a plan's calls until they are done, or a signal or the run's time says to stop."""
    emit(Event(EventKind.PLANNED, total=len(made.changes)))
    sender = Sender(session, clients, kinds_of(clients.stack), emit, run=uuid.uuid4().hex, plan_id=plan_id(made))
    ids = recorded_ids(state.records, made.changes)
    executor = Executor(made, session, sender, ids, starts, rows, options.stop_on_error, emit)

    def stop(why: str) -> None:
        executor.stopping = executor.stopping or why
        words = f"{why}: what is in flight is finished, nothing new begins; a second signal abandons it"
        emit(Event(EventKind.WAITING, words))

    with draining(stop) as interrupt, stopping_at(options.deadline, stop):
        try:
            wave = 1 if options.stop_on_error else session.wave
            await executor.run(max(options.parallelism, wave))  # how many requests are in flight, the clients decide
        except asyncio.CancelledError:
            if interrupt.signal is None:
                raise
    outcomes = executor.outcomes
    problems: tuple[Diagnostic, ...] = ()
    if any(each.status is Status.SUCCEEDED for each in outcomes):
        lines = [f"{each.action} {each.address}: {each.status}" for each in outcomes]
        problems = await _written(session.note(_summary(outcomes), lines))
    return Report(outcomes, diagnostics=problems, signal=interrupt.signal)


async def _written(writing: Awaitable[None]) -> tuple[Diagnostic, ...]:
    """Await a last word to the state; what came of the run is to be told even if that fails."""
    try:
        await writing
    except StateError as broken:
        return broken.diagnostics
    return ()


def _summary(outcomes: tuple[Outcome, ...]) -> str:
    counts = {status: sum(each.status is status for each in outcomes) for status in Status}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)
