"""Who holds a lease: what a process says of itself, and what can be proven about another."""

import os
import pwd
import time
from pathlib import Path

from dsops.model import Holder

PROC = Path("/proc")


def this_process(command: str, *, seconds: float) -> Holder:
    """Return this process as the holder of a lease that begins now and lasts ``seconds``."""
    now = time.time()
    pid = os.getpid()
    return Holder(
        who=f"{_user()}@{os.uname().nodename}",
        command=command,
        pid=pid,
        started=_started(pid),
        boot_id=_boot(),
        since=now,
        until=now + seconds,
    )


def is_dead(holder: Holder) -> bool:
    """Whether it is proven that a holder's process no longer runs.

    Proof needs the same boot of the same machine and the same namespace of process numbers; then the process is gone,
    is a zombie, or its number belongs to a process with another start. No proof (another machine, a container, a system
    without /proc) is False.
    """
    if holder.boot_id is None or holder.started is None or holder.boot_id != _boot():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it exists and belongs to somebody else; /proc may still tell its start
    found = _stat(holder.pid)
    if found is None:
        return False
    state, started = found
    return started != holder.started or state in "ZX"


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run a number without a name
        return f"uid-{os.getuid()}"


def _boot() -> str | None:
    """Boot and namespace of process numbers.

    Containers of one machine share its boot id but not its process numbers: one that is free here may be busy there.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def _started(pid: int) -> int | None:
    found = _stat(pid)
    return None if found is None else found[1]


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and start (ticks since boot) of a process: fields 3 and 22 of /proc/PID/stat, proc(5)."""
    try:
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and parentheses
    return fields[0], int(fields[19])


def name_of(holder: Holder) -> str:
    """Name a holder for people."""
    return f"{holder.command}, pid {holder.pid} by {holder.who}"
