"""What dsops remembers of a stack, durably: records, journal, lease, history.

Belongs here: stores (one folder or module each), the lease and its fencing, group commits, the codec of records and
intents. Does not belong here: deciding what to do with what is remembered (`engine`, `planner`), and anything about
providers. The format and what it promises stand in `specs/state-format.md`.
"""

from pathlib import Path

from dsops.model import StateError
from dsops.state.address import take_apart
from dsops.state.base import Session, StateStore
from dsops.state.entries import HistoryEntry, Keep, PlanRun, PlanStatus, Whole

__all__ = [
    "HistoryEntry",
    "PlanRun",
    "PlanStatus",
    "Session",
    "StateStore",
    "open_store",
]

SCHEMES = ("sqlite", "postgres", "postgresql", "s3", "gs", "az", "https", "http")


def open_store(address: str, *, root: Path, stack: str, env: str | None) -> StateStore:
    """Return the store that a state address names; nothing is read or created yet.

    Args:
        address: ``sqlite:.dsops/state.db``: a relative path counts from ``root``; ``postgres://user@host/database``.
        root: The stack folder.
        stack: Name of the stack the state must belong to.
        env: Its environment.

    Raises:
        StateError: The address has no known scheme, names no place, or what its store needs isn't installed.
    """
    scheme, _, place = address.partition(":")
    match scheme:
        case "sqlite":
            return _sqlite(address, place, root, stack, env)
        case "postgres" | "postgresql":
            return _postgres(address, root, stack, env)
        case "s3" | "gs" | "az":
            return _objects(address, root, stack, env)
        case "https" | "http":
            return _http(address, root, stack, env)
        case _:
            raise StateError.of(
                f"{address!r} is not an address of a state",
                detail=f"It must begin with one of: {', '.join(f'{known}:' for known in SCHEMES)}",
                hint="Write for example  state: sqlite:.dsops/state.db  under spec of the stack file, or leave it out.",
            )


def _sqlite(address: str, place: str, root: Path, stack: str, env: str | None) -> StateStore:
    from dsops.state.sqlite import SqliteStore

    if not place or "\0" in place:
        raise StateError.of(
            f"The state address {address!r} names no file",
            hint="Name one, for example  state: sqlite:.dsops/state.db  (relative to the stack folder).",
        )
    return SqliteStore(root / place, stack=stack, env=env, keep=_keep(root, env))


def _postgres(address: str, root: Path, stack: str, env: str | None) -> StateStore:
    place = take_apart(address, root, ("schema", "sslmode", "sslrootcert"))
    try:
        from dsops.state.postgres import PostgresStore
    except ImportError as problem:
        raise _missing("postgres", "PostgreSQL") from problem
    return PostgresStore(place, stack=stack, env=env, keep=_keep(root, env))


def _objects(address: str, root: Path, stack: str, env: str | None) -> StateStore:
    try:
        from dsops.state.objects import SETTINGS, ObjectShelf
    except ImportError as problem:
        raise _missing("cloud", "an object store") from problem
    from dsops.state.document import DocumentStore

    place = take_apart(address, root, SETTINGS)
    return DocumentStore(lambda: ObjectShelf(place), stack=stack, env=env, keep=_keep(root, env))


def _http(address: str, root: Path, stack: str, env: str | None) -> StateStore:
    from dsops.state.document import DocumentStore
    from dsops.state.http import SETTINGS, HttpShelf

    place = take_apart(address, root, SETTINGS)
    return DocumentStore(lambda: HttpShelf(place), stack=stack, env=env, keep=_keep(root, env))


def _keep(root: Path, env: str | None) -> Keep:
    def keep(whole: Whole) -> None:
        from dsops.state.whole import Backups

        Backups(root, env).keep(whole, "upgrade")

    return keep


def _missing(extra: str, what: str) -> StateError:
    return StateError.of(
        f"A state in {what} needs a part of dsops that isn't installed", hint=f"pip install 'dsops[{extra}]'"
    )
