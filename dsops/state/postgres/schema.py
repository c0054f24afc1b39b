"""The tables, and how older ones become those of today. `specs/state-format.md` describes each."""

from psycopg import sql

from dsops.state.address import Place
from dsops.state.postgres.connection import Connection, schema_of
from dsops.state.postgres.problems import damaged, unusable

FORMAT = 2

ROWS_SINCE = 2
"""The first format with rows and traits; a state is read in the format it has."""

STEPS: dict[int, tuple[str, ...]] = {
    0: (
        """CREATE TABLE dsops (
            id integer PRIMARY KEY CHECK (id = 1), format integer NOT NULL, last_intent bigint NOT NULL
        )""",
        "INSERT INTO dsops VALUES (1, 1, 0)",
        """CREATE TABLE state (
            id integer PRIMARY KEY CHECK (id = 1), lineage text NOT NULL, serial bigint NOT NULL, stack text NOT NULL,
            env text
        )""",
        'CREATE TABLE records (address text COLLATE "C" PRIMARY KEY, body text NOT NULL)',
        "CREATE TABLE intents (id bigint PRIMARY KEY, body text NOT NULL)",
        """CREATE TABLE plan_runs (
            plan_id text PRIMARY KEY, saved boolean NOT NULL, status text NOT NULL, serial bigint NOT NULL
        )""",
        """CREATE TABLE history (
            id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at double precision NOT NULL, serial bigint NOT NULL,
            who text NOT NULL, command text NOT NULL, summary text NOT NULL, changes text NOT NULL
        )""",
        """CREATE TABLE lease (
            id integer PRIMARY KEY CHECK (id = 1), token bigint NOT NULL, heartbeat bigint NOT NULL,
            seconds double precision NOT NULL, holder text
        )""",
        "INSERT INTO lease VALUES (1, 0, 0, 0, NULL)",
    ),
    1: (
        'CREATE TABLE row_holders (holder text COLLATE "C" PRIMARY KEY, id bigint NOT NULL UNIQUE)',
        """CREATE TABLE rows (
            holder bigint NOT NULL, key bytea NOT NULL, mark bytea NOT NULL, PRIMARY KEY (holder, key)
        )""",
        "CREATE TABLE traits (endpoint text, name text, value text NOT NULL, PRIMARY KEY (endpoint, name))",
    ),
}
"""What makes a state of the next format from one of each; of nothing, format 1."""

EXISTS = "SELECT to_regclass('dsops') IS NOT NULL AND to_regclass('lease') IS NOT NULL"


def format_of(connection: Connection, place: Place) -> int:
    """Return the format of the state; 0 where there is none yet."""
    row = connection.execute(EXISTS).fetchone()
    if not (row and row[0]):
        return 0
    found = connection.execute("SELECT format FROM dsops").fetchone()
    if found is None:
        raise damaged(place, "its format is missing")
    return int(found[0])


def check_format(version: int, place: Place) -> None:
    """Raise StateError for a format that a newer dsops wrote."""
    if version > FORMAT:
        raise unusable(
            place,
            f"A newer dsops wrote it: it has format {version}, this one knows up to {FORMAT}. Nothing was changed.",
            hint="Upgrade dsops.",
        )


def create(connection: Connection, place: Place) -> None:
    """Make schema and tables where there are none, within the caller's transaction; of two that try, one does."""
    schema = schema_of(place)
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('dsops'), hashtext(%s))", (schema,))
    if format_of(connection, place):
        return
    name = sql.Identifier(schema)
    found = connection.execute("SELECT to_regnamespace(%s)", (name.as_string(connection),)).fetchone()
    if found is None or found[0] is None:  # one made beforehand needs no right to make another
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    upgrade(connection, place)


def upgrade(connection: Connection, place: Place) -> None:
    """Bring the state to `FORMAT`, within the caller's transaction; one of that format stays as it is."""
    for version in range(format_of(connection, place), FORMAT):
        for statement in STEPS[version]:
            connection.execute(statement.encode())
        connection.execute("UPDATE dsops SET format = %s", (version + 1,))
