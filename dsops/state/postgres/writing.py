"""A delta as statements, within the transaction of whoever commits it."""

import orjson
from psycopg import sql

from dsops.state.entries import Delta
from dsops.state.postgres.connection import Connection
from dsops.state.postgres.rows import write_patch

RUNS_KEPT = 200
HISTORY_KEPT = 200

EVERYTHING = ("records", "intents", "plan_runs", "history", "rows", "row_holders", "traits")
PUT_RECORDS = """
INSERT INTO records SELECT * FROM unnest(%s::text[], %s::text[])
ON CONFLICT (address) DO UPDATE SET body = excluded.body
"""
DROP_RECORDS = "DELETE FROM records WHERE address = ANY(%s)"
ANNOUNCE = "INSERT INTO intents SELECT * FROM unnest(%s::bigint[], %s::text[])"
SETTLE = "DELETE FROM intents WHERE id = ANY(%s)"
NUMBERED = "UPDATE dsops SET last_intent = greatest(last_intent, %s)"
PUT_RUN = """
INSERT INTO plan_runs VALUES (%s, %s, %s, %s)
ON CONFLICT (plan_id) DO UPDATE SET saved = excluded.saved, status = excluded.status, serial = excluded.serial
"""
FORGET_RUNS = "DELETE FROM plan_runs WHERE plan_id NOT IN (SELECT plan_id FROM plan_runs ORDER BY serial DESC LIMIT %s)"
PUT_NOTE = "INSERT INTO history (at, serial, who, command, summary, changes) VALUES (%s, %s, %s, %s, %s, %s)"
FORGET_NOTES = "DELETE FROM history WHERE id NOT IN (SELECT id FROM history ORDER BY id DESC LIMIT %s)"
PUT_TRAIT = """
INSERT INTO traits VALUES (%s, %s, %s) ON CONFLICT (endpoint, name) DO UPDATE SET value = excluded.value
"""


def write(connection: Connection, delta: Delta) -> None:
    """Make the changes of a delta."""
    for table in EVERYTHING if delta.clear else ():
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    _write_intents(connection, delta)
    if put := {address: body.decode() for address, body in delta.records.items() if body is not None}:
        connection.execute(PUT_RECORDS, (list(put), list(put.values())))
    if drop := [address for address, body in delta.records.items() if body is None]:
        connection.execute(DROP_RECORDS, (drop,))
    for patch in delta.rows:
        write_patch(connection, patch)
    for (endpoint, name), value in delta.traits.items():
        connection.execute(PUT_TRAIT, (endpoint, name, _text(value)))
    for run in delta.runs.values():
        connection.execute(PUT_RUN, (run.plan_id, run.saved, run.status.value, run.serial))
    if delta.runs:
        connection.execute(FORGET_RUNS, (RUNS_KEPT,))
    for entry in delta.notes:
        changes = orjson.dumps(entry.changes).decode()
        connection.execute(PUT_NOTE, (entry.at, entry.serial, entry.who, entry.command, _text(entry.summary), changes))
    if delta.notes:
        connection.execute(FORGET_NOTES, (HISTORY_KEPT,))


def _write_intents(connection: Connection, delta: Delta) -> None:
    if delta.announced:
        connection.execute(ANNOUNCE, (list(delta.announced), [body.decode() for body in delta.announced.values()]))
    if last := max(delta.last_intent, *delta.announced, 0):
        connection.execute(NUMBERED, (last,))
    if delta.settled:
        connection.execute(SETTLE, (list(delta.settled),))


def _text(text: str) -> str:
    """Return text as PostgreSQL takes it: without the one character it has no room for."""
    return text.replace("\0", "\ufffd")
