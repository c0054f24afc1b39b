"""What the engine read, as the planner is given it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dsops.model import Address, Diagnostic, Listing, LiveObject, Lookup, NaturalKey
from dsops.planner.rows import RowDelta


class Scope(NamedTuple):
    """What one listing covers. A named tuple, as `Address` is: each resource is put into its own.

    Attributes:
        connection: Name of the connection.
        type: Kind of the objects, ``uipath/Stream``.
        parent: Natural key of the parent; empty for an account.
    """

    connection: str
    type: str
    parent: NaturalKey = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """Live state as read for one plan.

    Attributes:
        listings: Scope to everything in it, each proven complete.
        readings: Objects read one by one, by connection, kind and natural key: recorded ones that no listing showed.
            None: not there.
        lookups: What was looked up for a resource.
        failed: Resources whose lookup failed, and why.
        reads: Requests made.
        rows: How the live rows differ from the declared ones, of every dataset that is there and declares rows.
        foreign_rows: How many rows this stack never wrote, of datasets that are to go; none where it wrote them all.
    """

    listings: Mapping[Scope, Listing] = field(default_factory=dict)
    readings: Mapping[tuple[str, str, NaturalKey], LiveObject | None] = field(default_factory=dict)
    lookups: Mapping[Address, Lookup] = field(default_factory=dict)
    failed: Mapping[Address, Diagnostic] = field(default_factory=dict)
    reads: int = 0
    rows: Mapping[Address, RowDelta] = field(default_factory=dict)
    foreign_rows: Mapping[Address, int] = field(default_factory=dict)
