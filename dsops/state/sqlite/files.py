"""The state file and its surroundings: where it may be, how it comes to be, how it is opened.

A file is made complete beside its place and then linked there. So it is never seen half made, two processes can't both
make it, and an empty file is known to be damage.
"""

import os
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from dsops.state.folders import make_folder, sync_folder
from dsops.state.sqlite.log import check_log
from dsops.state.sqlite.problems import damaged, explaining, unusable
from dsops.state.sqlite.schema import APPLICATION_ID, upgrade

MOUNTS = Path("/proc/self/mounts")
BUSY_SECONDS = 10.0
SMALLEST = 512
"""Bytes of the smallest page SQLite knows; it takes a file without a page for one that is still to be filled."""

NETWORK = re.compile(
    r"9p|afs|ceph|cifs|davfs|glusterfs|lustre|ncpfs|nfs\d?|smb\d?|smbfs"
    r"|fuse\.(ceph|cephfs|davfs|gcsfuse|glusterfs|goofys|mount-s3|rclone|s3fs|smbnetfs|sshfs)"
)


_guard = threading.Lock()
_connected: Counter[Path] = Counter()


class Counted(sqlite3.Connection):
    """A connection to a state file that says when it is over."""

    path: Path | None = None

    def close(self) -> None:
        """Close it."""
        super().close()
        with _guard:
            if self.path is not None:
                _connected[self.path] -= 1
                self.path = None


def check_surroundings(path: Path) -> None:
    """Look whether a state file's log has lost something, before SQLite looks at it.

    Only while this process has no connection to the file: to close a file drops all locks that the process has on it,
    whoever took them, and SQLite keeps its own on the index of the log.

    Raises:
        StateError: It has, or can't be read.
    """
    with _guard:
        if not _connected[path]:
            check_log(path)


def exists(path: Path) -> bool:
    """Whether there is a state file.

    Raises:
        StateError: What is there can't be one, or belongs to one that is missing, or can't be reached.
    """
    log = _wal(path).exists()  # first: a log without its file is then never one that was being made meanwhile
    try:
        found = path.stat()
    except FileNotFoundError:
        if not log:
            return False
        raise unusable(
            path,
            f"The file is missing, but {_wal(path).name}, which holds its last changes, is there.",
            hint=f"Put {path.name} back from a backup, or move {_wal(path).name} away to begin with an empty state.",
        ) from None
    except OSError as problem:
        raise unusable(path, f"{problem.strerror}.") from problem
    if not path.is_file():
        raise unusable(path, "It is not a file.", hint="Name a file as state in the stack file.")
    if found.st_size < SMALLEST:
        raise damaged(path, f"of the file only {found.st_size} bytes are left")
    refuse_network(path)
    return True


def create(path: Path) -> None:
    """Make an empty state file (0600) and the folders it lacks (0700); one that exists meanwhile is left alone."""
    draft = path.with_name(f"{path.name}.new-{os.getpid()}-{threading.get_ident()}")
    try:
        make_folder(path.parent)
        refuse_network(path)
        try:
            _fill(draft, path)
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as problem:
        raise unusable(
            path,
            f"It can't be created: {problem.strerror or problem}.",
            hint="Check the folder, its permissions and the disk; then run the command again.",
        ) from problem


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open an existing state file for one thread that writes."""
    connection = _connect(path, "mode=rw")
    try:
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, mode: str) -> Iterator[None]:
    """Commit what the body does, or undo all of it."""
    connection.execute(f"BEGIN {mode}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def open_for_reading(path: Path, *, alone: bool) -> Iterator[sqlite3.Connection]:
    """Open an existing state file for reading.

    At rest there is no write-ahead log, and the file alone is the state: it is read without locks or side files, so
    that reading creates nothing and works where nothing may be written. Otherwise somebody is writing, or was killed:
    SQLite sorts that out, through the log's index beside it, and leaves the file as it is.

    Args:
        path: The file.
        alone: Whether to read it that way if it is at rest.

    Raises:
        Disturbed: It was, and didn't stay so: what was read, or raised, may be wrong. Read again, not alone.
    """
    before = _identity(path)
    at_rest = alone and not _has_log(path)
    mode = "mode=ro&immutable=1" if at_rest else "mode=ro"
    with closing(_connect(path, mode)) as connection:
        try:
            if at_rest:
                _check_length(connection, path)
            yield connection
        finally:
            if at_rest and (_has_log(path) or _identity(path) != before):
                raise Disturbed


def _check_length(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StateError where a file at rest doesn't end with a page: SQLite takes what is cut off for zeros."""
    connection.execute("PRAGMA schema_version")  # what is no database at all is told as such
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    if path.stat().st_size % page:
        raise damaged(path, "the end of its last page is cut off")


def set_aside(path: Path) -> Path:
    """Rename a state file, its log and the log's index; return the new name of the file. Raises StateError."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        for suffix in ("", "-wal", "-shm"):  # the file first: without it nobody reads its log
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
        sync_folder(path.parent)
    except OSError as problem:
        raise unusable(path, f"It can't be moved away: {problem.strerror}.") from problem
    return aside


class Disturbed(Exception):
    """Somebody wrote while a state at rest was read: what was read may be half of one version and half of another."""


def refuse_network(path: Path, mounts: Path = MOUNTS) -> None:
    """Raise StateError when a path lies on a network file system, where SQLite's locks can't be trusted."""
    kind = _file_system(path, mounts)
    if kind and NETWORK.fullmatch(kind):
        raise unusable(
            path,
            f"It lies on a network file system ({kind}), where two machines could write it at once and damage it.",
            hint="Keep it on a local disk: set  state: sqlite:/local/folder/state.db  under spec of the stack file.",
        )


def _file_system(path: Path, mounts: Path) -> str | None:
    """Type of the file system a path is on; None where the system doesn't tell."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    best, kind = -1, None
    for line in lines:
        _, point, found, *_ = line.split(" ")
        folder = Path(point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if (
            path.is_relative_to(folder) and len(folder.parts) >= best
        ):  # of two on one folder the later one covers the other
            best, kind = len(folder.parts), found
    return kind


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    with _guard:
        uri = f"{path.as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, factory=Counted)
        connection.path = path
        _connected[path] += 1
        return connection


def _fill(draft: Path, path: Path) -> None:
    os.close(os.open(draft, os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    with explaining(path), closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection, "IMMEDIATE"):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            upgrade(connection)


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise unusable(
            path,
            f"SQLite can't keep a write-ahead log there (it offers {mode!r}).",
            hint="Keep it on another file system: set  state: sqlite:/local/folder/state.db  in the stack file.",
        )


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _has_log(path: Path) -> bool:
    return _wal(path).exists()


def _identity(path: Path) -> tuple[int, int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
