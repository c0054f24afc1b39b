"""What is said when a state file can't be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dsops.model import StateDamaged, StateError

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
            return unusable(
                path, "The disk is full; nothing more was saved.", hint="Free some space, then run the command again."
            )
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return unusable(
                path,
                "Another process keeps it locked.",
                hint="Find out who has it open (fuser, lsof), then run the command again.",
            )
        case ["SQLITE", "READONLY" | "CANTOPEN" | "PERM" | "AUTH"]:
            return unusable(
                path,
                f"{_sentence(problem)}.",
                hint="Check the permissions of the file, its folder and the -wal and -shm files beside it.",
            )
        case ["SQLITE", "IOERR"]:
            return unusable(
                path, f"The disk failed: {problem}.", hint="Check the disk; the kernel's log (dmesg) tells more."
            )
        case _:
            return damaged(path, str(problem))


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
