"""Guards: rules that may stop a plan. Each is a small function over a finished plan's changes."""

from collections.abc import Iterator, Sequence

from dsops.model import Action, Change, Guard, RowChanges, RowMode, Safety
from dsops.planner.inputs import Inputs

_PERCENT_FROM = 10
"""Percentages say something from this many recorded objects, or live rows, on."""
_WAY_THROUGH = "--confirm with the id of this plan passes it"


def guards(inputs: Inputs, changes: Sequence[Change]) -> tuple[Guard, ...]:
    """Return the guards that the plan trips. A destroy was asked for and isn't subject to the counting ones."""
    found = list(moved_endpoints(inputs))
    if not inputs.settings.destroy:
        found += [*_deletes(inputs, changes), *_updates(inputs, changes), *_emptied(inputs)]
        for change in changes:
            if change.rows is not None and change.action is not Action.BLOCKED:
                found += _rows(inputs.stack.safety, change, change.rows)
    return tuple(found)


def _deletes(inputs: Inputs, changes: Sequence[Change]) -> Iterator[Guard]:
    safety, recorded = inputs.stack.safety, len(inputs.state.records)
    count = sum(change.action in (Action.DELETE, Action.REPLACE) for change in changes)
    if count > safety.max_deletes:
        summary = f"{count} deletes and replaces; at most {safety.max_deletes} are let through"
        yield Guard("maxDeletes", summary, _WAY_THROUGH)
    if recorded >= _PERCENT_FROM and count * 100 > safety.max_delete_percent * recorded:
        share = _share("deletes and replaces", count, recorded, safety.max_delete_percent)
        yield Guard("maxDeletePercent", share, _WAY_THROUGH)


def _rows(safety: Safety, change: Change, rows: RowChanges) -> Iterator[Guard]:
    """Count the rows of one dataset: the limits hold for each by itself."""
    name = change.address
    if rows.delete > safety.max_deletes:
        summary = f"{name}: {rows.delete} rows are deleted; at most {safety.max_deletes} are let through"
        yield Guard("maxDeletes", summary, _WAY_THROUGH)
    for guard, what, count, limit in (
        ("maxDeletePercent", "deleted", rows.delete, safety.max_delete_percent),
        ("maxUpdatePercent", "changed", rows.update, safety.max_update_percent),
    ):
        if rows.live >= _PERCENT_FROM and count * 100 > limit * rows.live:
            percent = count * 100 / rows.live
            share = f"{name}: {count} of {rows.live} live rows are {what}, {percent:.0f}%; "
            yield Guard(guard, f"{share}at most {limit:g}% are let through", _WAY_THROUGH)
    recorded = change.before.rows.count if change.before and change.before.rows else 0
    if rows.mode is RowMode.SYNC and not rows.create + rows.update + rows.noop and (rows.live or recorded):
        summary = f"{name}: no row is declared, while {rows.live} are there and {recorded} are recorded"
        yield Guard("rowsEmptied", summary, _WAY_THROUGH)


def _updates(inputs: Inputs, changes: Sequence[Change]) -> Iterator[Guard]:
    safety, recorded = inputs.stack.safety, len(inputs.state.records)
    count = sum(change.action is Action.UPDATE and bool(change.calls) for change in changes)
    if recorded >= _PERCENT_FROM and count * 100 > safety.max_update_percent * recorded:
        yield Guard("maxUpdatePercent", _share("updates", count, recorded, safety.max_update_percent), _WAY_THROUGH)


def _share(what: str, count: int, recorded: int, limit: float) -> str:
    percent = count * 100 / recorded
    return f"{count} {what} of {recorded} recorded objects are {percent:.0f}%; at most {limit:g}% are let through"


def _emptied(inputs: Inputs) -> Iterator[Guard]:
    recorded = len(inputs.state.records)
    if recorded and not inputs.declared.resources:
        yield Guard("nothingDeclared", f"nothing is declared, while {recorded} objects are recorded", _WAY_THROUGH)


def moved_endpoints(inputs: Inputs) -> Iterator[Guard]:
    """Yield a guard for each connection whose endpoint is another than that of the objects recorded on it."""
    moved: dict[tuple[str, str, str], int] = {}
    for record in inputs.state.records.values():
        connection = inputs.stack.connections.get(record.connection)
        if connection is not None and connection.account != record.endpoint:
            place = (connection.name, record.endpoint, connection.account)
            moved[place] = moved.get(place, 0) + 1
    for (name, old, new), count in sorted(moved.items()):
        summary = f"connection {name} has moved from {old} to {new} under {count} recorded objects"
        yield Guard("endpointChanged", summary, _WAY_THROUGH)
