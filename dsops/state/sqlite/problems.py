"""What is said when a state file can't be used."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from dsops.model import StateDamaged, StateError
from dsops.state.codec import decode_holder
from dsops.state.process import name_of

LITTLE = 64 * 1024
"""Bytes: a disk with no more room than that counts as full."""

_REFUSED = {
    "WRITE": "writing to it",
    "FSYNC": "making it durable",
    "DIR": "making its folder durable",
    "TRUNCATE": "cutting or extending it",
    "SHMSIZE": "extending the -shm file beside it",
    "SHMOPEN": "opening the -shm file beside it",
    "SHMMAP": "mapping the -shm file beside it",
    "LOCK": "locking it",
    "DELETE": "removing the -wal or -shm file beside it",
}
"""By the third word of SQLite's name of an error; what isn't named here reads."""
_READING = "reading it"

RESTORE = "Put a backup in its place: dsops state restore; without one, move it away and rebuild it: dsops import"


def unusable(path: Path, detail: str, *, hint: str = RESTORE) -> StateError:
    """Return the failure of a state file."""
    return StateError.of(f"The state {path} can't be used", detail=detail, hint=hint)


def damaged(path: Path, what: str) -> StateError:
    """Return the failure of a state file whose content is not what dsops wrote."""
    return StateDamaged.of(
        f"The state {path} can't be used", detail=f"It is damaged: {what}. Nothing was changed.", hint=RESTORE
    )


def explained(path: Path, problem: sqlite3.Error) -> StateError:
    """Return the failure that tells what SQLite's error means and what to do about it."""
    match getattr(problem, "sqlite_errorname", "").split("_")[:2]:
        case ["SQLITE", "NOTADB" | "CORRUPT"]:
            return damaged(path, str(problem))
        case ["SQLITE", "FULL"]:
            return full(path)
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return _locked(path)
        case ["SQLITE", "READONLY" | "CANTOPEN" | "PERM" | "AUTH"]:
            return unusable(
                path,
                f"{_sentence(problem)}.",
                hint="Check the permissions of the file, its folder and the -wal and -shm files beside it.",
            )
        case ["SQLITE", "IOERR"]:
            return _io_error(path, problem)
        case _:
            return damaged(path, str(problem))


def full(path: Path) -> StateError:
    """Return the failure of a state file on a full disk."""
    return unusable(
        path, "The disk is full; nothing more was saved.", hint="Free some space, then run the command again."
    )


def _locked(path: Path) -> StateError:
    """Name who keeps a state file locked. To read needs no lock, and of dsops only who holds the lease writes."""
    holder = None
    with suppress(sqlite3.Error, TypeError, ValueError), closing(_reading(path)) as connection:
        (text,) = connection.execute("SELECT holder FROM lease").fetchone()
        holder = None if text is None else decode_holder(text)
    if holder is None:
        hint = "Find out who has it open (fuser, lsof), then run the command again."
        return unusable(path, "Another process keeps it locked.", hint=hint)
    return unusable(
        path,
        f"It is locked by who holds its lease: {name_of(holder)}, which may be paused in the middle of a save.",
        hint=f"Let it go on (kill -CONT {holder.pid}) or end it, then run the command again: what it saves is whole "
        "or not there.",
    )


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=0)


def _io_error(path: Path, problem: sqlite3.Error) -> StateError:
    """Tell what the system refused. SQLite names the call that failed and keeps the reason to itself."""
    what = _REFUSED.get("".join(problem.sqlite_errorname.split("_")[2:3]), _READING)
    with suppress(OSError):
        room = os.statvfs(path.parent)
        if room.f_bavail * room.f_frsize < LITTLE and what != _READING:
            return full(path)
    hint = "Check the disk; the kernel's log (dmesg) tells more. Then run the command again."
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY:
        hint = f"Files may grow to {limit:,} bytes here: raise that limit (ulimit -f). Otherwise: {hint}"
    return unusable(path, f"The system failed in {what} ({problem}); nothing more was saved.", hint=hint)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about a file into StateError; what it raises about our use of it is a bug and stays."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as problem:
        raise explained(path, problem) from problem
    except UnicodeDecodeError as problem:  # SQLite quotes the damage in its message, and Python can't read that
        raise damaged(path, "it holds text that is no text") from problem


def _sentence(problem: sqlite3.Error) -> str:
    text = str(problem)
    return text[:1].upper() + text[1:]
