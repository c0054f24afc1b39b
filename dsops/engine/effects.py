"""What a call means for the record of its object. Pure."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from dsops.model import Address, Call, Change, Effect, LiveObject, Record, Reference, substitute

Resolve = Callable[[Reference], str | None]


def resolver(ids: Mapping[Address, str]) -> Resolve:
    """Return what turns a reference into a remote id, as far as it is known."""

    def resolve(reference: Reference) -> str | None:
        return ids.get(reference.address)

    return resolve


def resolved(call: Call, resolve: Resolve) -> Call:
    """Return the call with its late values filled in.

    Raises:
        ValueError: One of them isn't known: the plan's order is wrong.
    """
    if not call.late:
        return call
    path = tuple(substitute(part, resolve) for part in call.path)
    filled = dataclasses.replace(call, path=path, body=substitute(call.body, resolve))
    if filled.late:
        raise ValueError(f"{call.method} {call.target} still waits for {filled.late[0]}")
    return filled


def record_after(change: Change, call: Call, pending: Sequence[Call], resolve: Resolve) -> Record:
    """Return the record as it is to be once ``call`` has succeeded, with ``pending`` calls of the change still to come.

    For a delete: as it was before. The remote id of an object that is yet to be created is empty.
    """
    if call.effect is Effect.DELETE or change.after is None:
        if change.before is None:
            raise ValueError(f"{change.address}: only what is recorded is deleted")
        return change.before
    open_paths = {path for each in pending for path in each.settles}
    before = change.before.attributes if change.before is not None and call.effect is Effect.UPDATE else {}
    attributes = {
        path: before[path] if path in open_paths else substitute(value, resolve)
        for path, value in change.after.attributes.items()
        if path not in open_paths or path in before
    }
    record = dataclasses.replace(change.after, attributes=attributes)
    return begun(record) if rows_change(change) else record


def rows_change(change: Change) -> bool:
    """Whether a change brings the record other rows, or writes rows."""
    before = change.before.rows if change.before is not None else None
    after = change.after.rows if change.after is not None else None
    return before != after or any(each.call.rows is not None for each in change.calls)


def begun(record: Record) -> Record:
    """Return the record while its rows are on their way: what is declared of them is not wholly applied."""
    if record.rows is None:
        return record
    return dataclasses.replace(record, rows=dataclasses.replace(record.rows, digest=""))


def ignored_by_server(call: Call, record: Record, live: LiveObject) -> tuple[str, ...]:
    """Return the fields that the call sent and the answer shows with another value."""
    return tuple(
        path
        for path in call.settles
        if path in live.attributes and path in record.attributes and live.attributes[path] != record.attributes[path]
    )


def without(record: Record, paths: Sequence[str]) -> Record:
    """Return the record without some fields: nothing is known to have been applied to them."""
    kept = {path: value for path, value in record.attributes.items() if path not in paths}
    return dataclasses.replace(record, attributes=kept)
