"""Between a plan and its apply time passes: are its objects still as they were read?

An object as it was read is written to; one that is at its target is skipped; what an interrupted apply of the same
plan did is left out; anything else is refused. An object that somebody else made under the name of ours is never taken
for ours, even if it is equal.
"""

from collections.abc import Mapping

from dsops.engine.connect import Clients
from dsops.engine.execute import Start
from dsops.engine.observe import Observer
from dsops.engine.rowbody import RowsToSend
from dsops.engine.rowcheck import RowCheck
from dsops.model import Action, Address, Change, Effect, Kind, LiveObject, Plan, PlannedCall, Record, RowSink, State
from dsops.planner import LiveIndex, fingerprint, scope_of

_EXISTS_NOW = "it exists now; it did not when the plan was made"


async def recheck(
    plan: Plan, state: State, clients: Clients, kinds: Mapping[str, Kind], rows: Mapping[Address, RowsToSend]
) -> dict[Address, Start]:
    """Read again what the plan writes to, one listing a scope, and say how each change stands."""
    touched = [change for change in plan.changes if change.calls]
    by_id = [change for change in touched if kinds[change.address.type].info.read_by_id]
    others = [change for change in touched if not kinds[change.address.type].info.read_by_id]
    new = [change for change in by_id if change.before is None]
    listed = [record for change in (*others, *new) for record in (change.before, change.after) if record is not None]
    observer = Observer(clients, kinds)
    checks = {change.address: RowCheck(change, rows[change.address]) for change in by_id if change.address in rows}
    sinks: Mapping[Address, RowSink] = checks
    await observer.read({scope_of(each, kinds) for each in listed}, [each.before for each in others if each.before])
    await observer.read_again([each for each in (_there(change, state) for change in by_id) if each], sinks)
    index = LiveIndex(observer.seen)
    return {
        change.address: start_of(change, index, state.records.get(change.address), checks.get(change.address))
        for change in touched
    }


def _there(change: Change, state: State) -> Record | None:
    """Return a record of the object that a change writes to, with its id; None where there is none yet."""
    records = (change.before, change.after, state.records.get(change.address))
    return next((each for each in records if each is not None and each.remote_id), None)


def start_of(change: Change, index: LiveIndex, record: Record | None, rows: RowCheck | None = None) -> Start:
    """Say how a change stands.

    Args:
        change: As planned.
        index: What is live now.
        record: What is recorded now at its address: after recovery, what an interrupted apply of this plan made.
        rows: What is live now of the rows that it touches; None where it touches none.
    """
    live = index.of(change.before) if change.before else None
    if live is not None and _leaves(change, live):
        live = None
    if live is None and change.after is not None:
        live = index.at(change.after.connection, change.address.type, change.after.key)
    as_read = fingerprint(live) == change.expects
    if live is not None and not as_read and live.remote_id not in _known_ids(change, record):
        return Start(refusal="another object has its name now" if change.before else _EXISTS_NOW)
    done = frozenset(call.id for call in change.calls if _is_done(call, change, live, record, rows))
    remote_id = live.remote_id if live is not None else ""
    if len(done) == len(change.calls):
        return Start(done, remote_id)
    if rows is not None and live is not None and rows.changed:
        return Start(refusal=rows.changed)
    if as_read:
        return Start(done)
    if live is not None and record is not None and done and record.remote_id == live.remote_id:
        return Start(done, remote_id)
    if live is None and change.action is Action.REPLACE and record is None:
        return Start(done)
    return Start(refusal=_refusal(change, live))


def _leaves(change: Change, live: LiveObject) -> bool:
    """Whether a change leaves the recorded object alone, and is about another one."""
    after = change.after
    if after is None:
        return False
    makes_another = change.action is Action.CREATE and live.key != after.key
    return makes_another or after.remote_id not in ("", live.remote_id)


def _known_ids(change: Change, record: Record | None) -> set[str]:
    return {each.remote_id for each in (change.before, change.after, record) if each is not None}


def _is_done(
    planned: PlannedCall, change: Change, live: LiveObject | None, record: Record | None, rows: RowCheck | None
) -> bool:
    if planned.call.rows is not None and (live is None or rows is None or planned.id not in rows.done):
        return False
    if planned.call.effect is Effect.DELETE:
        return live is None or change.before is None or live.remote_id != change.before.remote_id
    if live is None or change.after is None:
        return False
    if change.before is not None and change.action is Action.REPLACE and live.remote_id == change.before.remote_id:
        return False
    recorded = record.attributes if record is not None and record.remote_id == live.remote_id else {}
    return all(
        live.attributes.get(path, recorded.get(path)) == change.after.attributes.get(path)
        for path in planned.call.settles
    )


def _refusal(change: Change, live: LiveObject | None) -> str:
    if live is None:
        return "it is gone since the plan was made"
    return _EXISTS_NOW if change.expects is None else "it changed since the plan was made"
