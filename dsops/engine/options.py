"""What the engine is asked, and what it answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dsops.model import Address, DeclaredRows, Diagnostic, Event, Plan, Report, Resource, Stack

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A stack with its resources, as the manifests declare them."""

    stack: Stack
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asked for.

    Attributes:
        command: For the lease and the history: ``dsops apply``.
        destroy: Plan the deletion of everything recorded.
        targets: Address patterns; empty for all.
        excludes: Address patterns.
        parallelism: Most requests in flight, over all connections.
        adopt_existing: Adopt what exists and isn't recorded, instead of blocking.
        confirm: Id of the plan whose guards are to be passed.
        stop_on_error: Start nothing more after a failure.
        lock_timeout: Seconds to wait for the lease.
        deadline: Monotonic instant at which the run's time is up.
        full: Whether the plan is to hold every row that changes, not the first of them only.
        asks: Whether a person is asked, so that time passes between the plan and its apply.
    """

    command: str
    destroy: bool = False
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    parallelism: int = 10
    adopt_existing: bool = True
    confirm: str | None = None
    stop_on_error: bool = False
    lock_timeout: float = 0.0
    deadline: float = math.inf
    full: bool = False
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and where the rows that it sends are read.

    Attributes:
        plan: The plan.
        rows: The declared rows, by address.
    """

    plan: Plan
    rows: Mapping[Address, DeclaredRows]


@dataclass(frozen=True, slots=True)
class Applied:
    """How an apply ended.

    Attributes:
        plan: The plan.
        report: What came of it; None when it was not begun.
        refused: Why it was not begun: guards that it trips. Empty when the person said no.
    """

    plan: Plan
    report: Report | None
    refused: tuple[Diagnostic, ...] = ()
