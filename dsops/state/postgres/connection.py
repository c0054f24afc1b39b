"""Connections to the database: settings, transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel, sql

from dsops.state.address import Place, is_loopback
from dsops.state.postgres.problems import explaining

SETTINGS = ("schema", "sslmode", "sslrootcert")
SCHEMA = "dsops"

CONNECT_SECONDS = 10
LOCK_SECONDS = 10
IDLE_SECONDS = 60
"""How long the server lets a transaction of a paused or vanished process lock the state."""

Connection = psycopg.Connection[tuple[Any, ...]]


def schema_of(place: Place) -> str:
    """Return the schema that holds the state."""
    return place.query.get("schema", SCHEMA)


def connected(place: Place) -> Connection:
    """Open a connection, in UTF-8, that sees the schema of the state first and waits for nothing for ever.

    Where the address is silent, libpq's own ways hold: PGHOST and its kind, ~/.pgpass. What a password is never stands
    in a failure.

    Raises:
        StateError: There is no server, or it refuses.
    """
    user, password = place.credentials()
    given = {
        "host": place.host,
        "port": place.port,
        "user": user,
        "password": password,
        "dbname": place.path,
        **_encryption(place),
    }
    with explaining(place):
        connection: Connection = psycopg.connect(
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
            autocommit=True,
            prepare_threshold=None,  # what a pooler passes on to another server session isn't prepared there
            application_name="dsops",
            client_encoding="utf8",
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
        )
        try:
            connection.execute(_SET_UP, {"path": sql.Identifier(schema_of(place)).as_string(connection)})
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def writing(connection: Connection, place: Place) -> Iterator[None]:
    """Commit what the body does, or undo all of it."""
    connection.isolation_level = IsolationLevel.READ_COMMITTED
    connection.read_only = False
    with explaining(place, connection), connection.transaction():
        yield


@contextmanager
def reading(connection: Connection, place: Place) -> Iterator[None]:
    """Let the body see one instant."""
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with explaining(place, connection), connection.transaction():
        yield


_SET_UP = f"""
SELECT set_config('search_path', %(path)s, false),
    set_config('lock_timeout', '{LOCK_SECONDS}s', false),
    set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', false),
    set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false),
    CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""


def _encryption(place: Place) -> dict[str, str]:
    """Return how to encrypt: over a network always, with the server's name and certificate checked."""
    mode, root = place.query.get("sslmode"), place.query.get("sslrootcert")
    if not place.host or is_loopback(place.host):
        return {"sslmode": mode or "prefer", **({"sslrootcert": root} if root else {})}
    return {
        "sslmode": mode or "verify-full",
        **({"sslrootcert": root or "system"} if mode in {None, "verify-full"} else {}),
    }
