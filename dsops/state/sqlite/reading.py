"""From rows to records, intents, runs, history, lease."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import orjson

from dsops.model import EMPTY_STATE, Intent, State
from dsops.state.belonging import check_owner
from dsops.state.codec import Records, decode_holder, decode_intent
from dsops.state.entries import HistoryEntry, Lease, PlanRun, PlanStatus, Snapshot, Whole
from dsops.state.sqlite.files import Disturbed, open_for_reading, transaction
from dsops.state.sqlite.problems import damaged, explaining, unusable
from dsops.state.sqlite.rows import read_holders, read_marks
from dsops.state.sqlite.schema import APPLICATION_ID, FORMAT, ROWS_SINCE, format_of

T = TypeVar("T")


def read_file(path: Path, function: Callable[[sqlite3.Connection], T], *, stack: str, env: str | None) -> T:
    """Return what a function reads from an existing state file, changing nothing, after `check`."""

    def read(*, alone: bool) -> T:
        with (
            explaining(path),
            open_for_reading(path, alone=alone) as connection,
            transaction(connection, "DEFERRED"),
        ):
            check(connection, path, stack=stack, env=env)
            return function(connection)

    try:
        return read(alone=True)
    except Disturbed:
        return read(alone=False)


def check(connection: sqlite3.Connection, path: Path, *, stack: str, env: str | None) -> None:
    """Raise StateError unless a file is a state, of a format we know, of this stack and environment."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise unusable(
            path,
            "It is a database of another program. Nothing was changed.",
            hint="Name another file as state in the stack file.",
        )
    version = format_of(connection)
    if version > FORMAT:
        raise unusable(
            path,
            f"A newer dsops wrote it: it has format {version}, this one knows up to {FORMAT}. Nothing was changed.",
            hint="Upgrade dsops.",
        )
    if version < 1:
        raise damaged(path, f"there is no format {version}")
    row = connection.execute("SELECT stack, env FROM state").fetchone()
    if row:
        check_owner(str(path), (row[0], row[1]), (stack, env))


def read_state(connection: sqlite3.Connection, path: Path) -> State:
    """Return the whole state."""
    row = connection.execute("SELECT lineage, serial, stack, env, crc FROM state").fetchone()
    if row is None:
        return EMPTY_STATE
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise damaged(path, verdict)
    lineage, serial, stack, env, crc = row
    if stamp_checksum(lineage, serial, stack, env) != crc:
        raise damaged(path, "its lineage or serial is not as it was written")
    try:
        records = Records(_records(connection, path), lambda what: damaged(path, what))
        intents = tuple(_intents(connection, path))
        traits = _traits(connection, path)
        read_holders(connection, path)
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(path, f"an address or intent can't be read ({problem!r})") from problem
    return State(lineage=lineage, serial=serial, stack=stack, env=env, records=records, intents=intents, traits=traits)


def read_snapshot(connection: sqlite3.Connection, path: Path) -> Snapshot:
    """Return what a session has to know when it begins."""
    rows = connection.execute("SELECT plan_id, saved, status, serial FROM plan_runs")
    try:
        runs = {
            plan_id: PlanRun(plan_id, bool(saved), PlanStatus(status), serial)
            for plan_id, saved, status, serial in rows
        }
    except ValueError as problem:
        raise damaged(path, f"what is known of a plan's apply can't be read ({problem})") from problem
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM intents").fetchone()
    state = read_state(connection, path)
    return Snapshot(state, runs, last, frozenset(read_holders(connection, path).values()))


def read_whole(connection: sqlite3.Connection, path: Path) -> Whole | None:
    """Return all that is held; None before the first write."""
    found = read_snapshot(connection, path)
    if found.state is EMPTY_STATE:
        return None
    return Whole(
        state=found.state,
        runs=found.runs,
        last_intent=found.last_intent,
        history=read_history(connection, path, -1)[::-1],
        rows={holder: read_marks(connection, path, holder, None) for holder in sorted(found.holders)},
    )


def read_history(connection: sqlite3.Connection, path: Path, limit: int) -> tuple[HistoryEntry, ...]:
    """Return the newest entries, newest first; all of them for -1."""
    rows = connection.execute(
        "SELECT at, serial, who, command, summary, changes FROM history ORDER BY id DESC LIMIT ?", (limit,)
    )
    try:
        return tuple(
            HistoryEntry(at, serial, who, command, summary, tuple(map(str, orjson.loads(changes))))
            for at, serial, who, command, summary, changes in rows
        )
    except (TypeError, ValueError) as problem:
        raise damaged(path, f"its history can't be read ({problem})") from problem


def read_lease(connection: sqlite3.Connection, path: Path) -> Lease:
    """Return the lease as it is."""
    row = connection.execute("SELECT token, heartbeat, seconds, holder FROM lease").fetchone()
    if row is None:
        raise damaged(path, "its lease is missing")
    token, heartbeat, seconds, holder = row
    try:
        return Lease(token, heartbeat, seconds, None if holder is None else decode_holder(holder))
    except (TypeError, ValueError) as problem:
        raise damaged(path, f"its lease can't be read ({problem})") from problem


def checksum(body: bytes, key: str | int) -> int:
    """Return what stands beside a body and its key, so that flipped bits are noticed."""
    return zlib.crc32(body, zlib.crc32(str(key).encode()))


def stamp_checksum(lineage: str | None, serial: int, stack: str, env: str | None) -> int:
    """Return the same for the one row of ``state``."""
    return zlib.crc32(orjson.dumps([lineage, serial, stack, env]))


def trait_checksum(endpoint: str, name: str, value: str) -> int:
    """Return the same for a row of ``traits``."""
    return zlib.crc32(orjson.dumps([endpoint, name, value]))


def _records(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[str, bytes]]:
    for address, body, crc in connection.execute("SELECT address, CAST(body AS BLOB), crc FROM records"):
        if zlib.crc32(body, zlib.crc32(address.encode())) != crc:  # `checksum`, without the calls
            raise damaged(path, f"the record of {address} is not as it was written")
        yield address, body


def _intents(connection: sqlite3.Connection, path: Path) -> Iterator[Intent]:
    query = "SELECT id, CAST(body AS BLOB), crc FROM intents WHERE outcome IS NULL ORDER BY id"
    for number, body, crc in connection.execute(query):
        if checksum(body, number) != crc:
            raise damaged(path, f"intent {number} is not as it was written")
        yield decode_intent(number, body)


def _traits(connection: sqlite3.Connection, path: Path) -> dict[str, dict[str, str]]:
    traits: dict[str, dict[str, str]] = {}
    if format_of(connection) < ROWS_SINCE:
        return traits
    for endpoint, name, value, crc in connection.execute("SELECT endpoint, name, value, crc FROM traits"):
        if trait_checksum(endpoint, name, value) != crc:
            raise damaged(path, f"what is known of {endpoint} is not as it was written")
        traits.setdefault(endpoint, {})[name] = value
    return traits
