"""State in one SQLite file. `specs/state-format.md` describes its tables."""

from dsops.state.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
