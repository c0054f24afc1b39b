"""From rows to records, intents, runs, history, lease."""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import orjson

from dsops.model import EMPTY_STATE, State, StateError
from dsops.state.codec import decode_holder, decode_intent, decode_records
from dsops.state.entries import HistoryEntry, Lease, PlanRun, PlanStatus, Snapshot
from dsops.state.sqlite.problems import damaged, unusable
from dsops.state.sqlite.schema import APPLICATION_ID, FORMAT


def check(connection: sqlite3.Connection, path: Path, *, stack: str, env: str | None) -> None:
    """Raise StateError unless a file is a state, of a format we know, of this stack and environment."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise unusable(
            path,
            "It is a database of another program. Nothing was changed.",
            hint="Name another file as state in the stack file.",
        )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise unusable(
            path,
            f"It was written by a newer dsops: its format is {version}, this dsops knows formats up to {FORMAT}. Nothing was changed.",
            hint="Upgrade dsops.",
        )
    if version != FORMAT:
        raise damaged(path, f"there is no format {version}")
    row = connection.execute("SELECT stack, env FROM state").fetchone()
    if row and tuple(row) != (stack, env):
        raise StateError.of(
            f"This state belongs to stack {row[0]}, {_env(row[1])}",
            detail=f"{path} is to be used for stack {stack}, {_env(env)}. Nothing was changed.",
            hint="Give each stack and environment a state of its own (spec.state), or choose the right one with -C and --env.",
        )


def read_state(connection: sqlite3.Connection, path: Path) -> State:
    """Return the whole state."""
    row = connection.execute("SELECT lineage, serial, stack, env FROM state").fetchone()
    if row is None:
        return EMPTY_STATE
    lineage, serial, stack, env = row
    try:
        records = decode_records(_checked(connection, "SELECT CAST(body AS BLOB), crc, address FROM records", path))
        bodies = connection.execute(
            "SELECT id, CAST(body AS BLOB), crc FROM intents WHERE outcome IS NULL ORDER BY id"
        ).fetchall()
        intents = tuple(
            decode_intent(number, intact(body, crc, f"intent {number}", path)) for number, body, crc in bodies
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(path, f"a record or intent can't be read ({problem!r})") from problem
    return State(lineage=lineage, serial=serial, stack=stack, env=env, records=records, intents=intents)


def read_snapshot(connection: sqlite3.Connection, path: Path) -> Snapshot:
    """Return what a session has to know when it begins."""
    rows = connection.execute("SELECT plan_id, saved, status, serial FROM plan_runs")
    runs = {
        plan_id: PlanRun(plan_id, bool(saved), PlanStatus(status), serial) for plan_id, saved, status, serial in rows
    }
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM intents").fetchone()
    return Snapshot(read_state(connection, path), runs, last)


def read_history(connection: sqlite3.Connection, limit: int) -> tuple[HistoryEntry, ...]:
    """Return the newest entries, newest first."""
    rows = connection.execute(
        "SELECT at, serial, who, command, summary, changes FROM history ORDER BY id DESC LIMIT ?", (max(0, limit),)
    )
    return tuple(HistoryEntry(*plain, changes=tuple(orjson.loads(changes))) for *plain, changes in rows)


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


def checksum(body: bytes) -> int:
    """Return what stands beside a body, so that flipped bits are noticed."""
    return zlib.crc32(body)


def intact(body: bytes, crc: int, what: str, path: Path) -> bytes:
    """Return a body that is as it was written; StateError otherwise."""
    if zlib.crc32(body) != crc:
        raise damaged(path, f"{what} is not as it was written")
    return body


def _checked(connection: sqlite3.Connection, query: str, path: Path) -> Iterator[bytes]:
    for body, crc, name in connection.execute(query):
        if zlib.crc32(body) != crc:
            raise damaged(path, f"the record of {name} is not as it was written")
        yield body


def _env(env: str | None) -> str:
    return f"env {env}" if env else "no env"
