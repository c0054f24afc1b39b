"""State in a schema of a PostgreSQL database. `specs/state-format.md` describes its tables."""

from dsops.state.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
