"""Who may write the state."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease.

    Attributes:
        who: ``user@host``.
        command: What it runs: ``dsops apply``.
        pid: Its process.
        started: When that process started, in the kernel's ticks since boot; None where the system doesn't tell.
        boot_id: Which boot of which machine; None where the system doesn't tell.
        since: Unix time at which it took the lease.
        until: Unix time until which the lease runs, by its own clock.
    """

    who: str
    command: str
    pid: int
    started: int | None
    boot_id: str | None
    since: float
    until: float
