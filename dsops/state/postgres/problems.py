"""What is said when a database can't be used."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from dsops.model import StateDamaged, StateError
from dsops.state.address import Place


class Gone(Exception):
    """The connection broke; whether the transaction was committed is unknown if it was being committed."""

    def __init__(self, failure: StateError) -> None:
        super().__init__(failure)
        self.failure = failure


def unusable(place: Place, detail: str, *, hint: str) -> StateError:
    """Return the failure of a state in a database."""
    return StateError.of(f"The state {place.address} can't be used", detail=detail, hint=hint)


def damaged(place: Place, what: str) -> StateError:
    """Return the failure of a state whose content is not what dsops wrote."""
    return StateDamaged.of(
        f"The state {place.address} can't be used",
        detail=f"It is damaged: {what}. Nothing was changed.",
        hint="Restore the database, or a backup of the state with: dsops state restore",
    )


@contextmanager
def explaining(place: Place, connection: psycopg.Connection | None = None) -> Iterator[None]:
    """Turn what the database refuses into StateError, and a connection that broke into Gone; our own bugs stay."""
    try:
        yield
    except (psycopg.ProgrammingError, psycopg.InterfaceError) as problem:
        if not isinstance(problem, errors.UndefinedTable | errors.InsufficientPrivilege | errors.DuplicateTable):
            raise
        raise _explained(place, problem) from problem
    except psycopg.Error as problem:
        failure = _explained(place, problem)
        if connection is not None and connection.broken:
            raise Gone(failure) from problem
        raise failure from problem


def _explained(place: Place, problem: psycopg.Error) -> StateError:
    said = _first_line(place, problem)
    match problem:
        case errors.DiskFull():
            return unusable(
                place,
                f"The server's disk is full; nothing more was saved ({said}).",
                hint="Free some space there, then run the command again.",
            )
        case errors.LockNotAvailable():
            return unusable(
                place,
                "Another session keeps it locked.",
                hint="Find out who (pg_stat_activity), then run the command again.",
            )
        case errors.InsufficientPrivilege():
            return unusable(
                place, f"{said}.", hint="Give the user of the address the rights to make and use the schema."
            )
        case errors.ReadOnlySqlTransaction():
            return unusable(
                place, "This server only lets itself be read (a standby?).", hint="Name the primary in the address."
            )
        case errors.UndefinedTable() | errors.DuplicateTable():
            return unusable(
                place,
                f"Its schema holds other tables than those of a state: {said}.",
                hint="Name another schema: ?schema=NAME at the end of the address.",
            )
        case psycopg.OperationalError():
            return unusable(
                place,
                f"The server can't be used: {said}.",
                hint="Check address, server and credentials, then try again.",
            )
        case _:
            return damaged(place, said)


def _first_line(place: Place, problem: psycopg.Error) -> str:
    text = (problem.diag.message_primary or str(problem)).strip().splitlines()
    line = text[0].rstrip(".") if text else type(problem).__name__
    secret = place.credentials()[1]
    return line.replace(secret, "***") if secret else line
