"""From tables to records, intents, runs, history, lease."""

from collections.abc import Iterator

import orjson

from dsops.model import EMPTY_STATE, Intent, State
from dsops.state.address import Place
from dsops.state.belonging import check_owner
from dsops.state.codec import Records, decode_holder, decode_intent
from dsops.state.entries import HistoryEntry, Lease, PlanRun, PlanStatus, Snapshot, Whole
from dsops.state.postgres.connection import Connection
from dsops.state.postgres.problems import damaged
from dsops.state.postgres.rows import read_marks
from dsops.state.postgres.schema import ROWS_SINCE, check_format, format_of


def check(connection: Connection, place: Place, *, stack: str, env: str | None) -> int:
    """Return the format of the state, 0 where there is none.

    Raises:
        StateError: A newer dsops wrote it, or it belongs to another stack or environment.
    """
    version = format_of(connection, place)
    check_format(version, place)
    if version:
        row = connection.execute("SELECT stack, env FROM state").fetchone()
        if row:
            check_owner(place.address, (row[0], row[1]), (stack, env))
    return version


def read_state(connection: Connection, place: Place) -> State:
    """Return the whole state."""
    row = connection.execute("SELECT lineage, serial, stack, env FROM state").fetchone()
    if row is None:
        return EMPTY_STATE
    lineage, serial, stack, env = row
    try:
        records = Records(_records(connection), lambda what: damaged(place, what))
        intents = tuple(_intents(connection))
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(place, f"an address or intent can't be read ({problem!r})") from problem
    traits = _traits(connection, place)
    return State(lineage=lineage, serial=serial, stack=stack, env=env, records=records, intents=intents, traits=traits)


def read_snapshot(connection: Connection, place: Place) -> Snapshot:
    """Return what a session has to know when it begins."""
    rows = connection.execute("SELECT plan_id, saved, status, serial FROM plan_runs").fetchall()
    runs = {plan_id: PlanRun(plan_id, saved, PlanStatus(status), serial) for plan_id, saved, status, serial in rows}
    last = connection.execute("SELECT last_intent FROM dsops").fetchone()
    holders: list[str] = []
    if format_of(connection, place) >= ROWS_SINCE:
        holders = [holder for (holder,) in connection.execute("SELECT holder FROM row_holders")]
    return Snapshot(read_state(connection, place), runs, last[0] if last else 0, frozenset(holders))


def read_whole(connection: Connection, place: Place) -> Whole | None:
    """Return all that is held; None before the first write."""
    found = read_snapshot(connection, place)
    if found.state is EMPTY_STATE:
        return None
    return Whole(
        state=found.state,
        runs=found.runs,
        last_intent=found.last_intent,
        history=read_history(connection, None)[::-1],
        rows={holder: read_marks(connection, place, holder, None) for holder in sorted(found.holders)},
    )


def read_history(connection: Connection, limit: int | None) -> tuple[HistoryEntry, ...]:
    """Return the newest entries, newest first; all of them without a limit."""
    rows = connection.execute(
        "SELECT at, serial, who, command, summary, changes FROM history ORDER BY id DESC LIMIT %s", (limit,)
    )
    return tuple(
        HistoryEntry(at, serial, who, command, summary, tuple(orjson.loads(changes)))
        for at, serial, who, command, summary, changes in rows
    )


def read_lease(connection: Connection, place: Place) -> Lease:
    """Return the lease as it is."""
    row = connection.execute("SELECT token, heartbeat, seconds, holder FROM lease").fetchone()
    if row is None:
        raise damaged(place, "its lease is missing")
    token, heartbeat, seconds, holder = row
    try:
        return Lease(token, heartbeat, seconds, None if holder is None else decode_holder(holder))
    except (TypeError, ValueError) as problem:
        raise damaged(place, f"its lease can't be read ({problem})") from problem


def _records(connection: Connection) -> Iterator[tuple[str, bytes]]:
    for address, body in connection.execute("SELECT address, body FROM records"):
        yield address, body.encode()


def _intents(connection: Connection) -> Iterator[Intent]:
    for number, body in connection.execute("SELECT id, body FROM intents ORDER BY id"):
        yield decode_intent(number, body.encode())


def _traits(connection: Connection, place: Place) -> dict[str, dict[str, str]]:
    traits: dict[str, dict[str, str]] = {}
    if format_of(connection, place) >= ROWS_SINCE:
        for endpoint, name, value in connection.execute("SELECT endpoint, name, value FROM traits"):
            traits.setdefault(endpoint, {})[name] = value
    return traits
