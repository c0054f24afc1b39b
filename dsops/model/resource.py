"""What a stack declares: connections, resources, safety limits."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dsops.model.address import Address
from dsops.model.diagnostic import Source
from dsops.model.rows import RowSet
from dsops.model.values import SecretRef


class Verb(StrEnum):
    """What may be done to an object (``metadata.policy``)."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


ALL_VERBS = frozenset(Verb)


@dataclass(frozen=True, slots=True)
class Ignore:
    """One entry of ``metadata.ignore``.

    Attributes:
        path: A field path as plans show it (``title``, ``model.labelThresholds.Some Label``); what lies below is
            ignored too.
        reason: Why, in the author's words.
        until: The last day on which it holds; None for ever.
    """

    path: str
    reason: str
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """The envelope's switches.

    Attributes:
        protect: Forbids delete and replace.
        policy: The verbs allowed.
        replace: Whether a create-only change may replace the object (``metadata.replace: allowed``).
        ignore: Field paths not compared.
    """

    protect: bool = False
    policy: frozenset[Verb] = ALL_VERBS
    replace: bool = False
    ignore: tuple[Ignore, ...] = ()


PLAIN_META = Meta()


@dataclass(frozen=True, slots=True)
class Resource:
    """One declared resource, with its variables, overlays and references to fields resolved.

    Attributes:
        address: Where the stack names it.
        connection: Name of the connection it lives on.
        spec: The manifest's ``spec``: JSON values; a late reference is a ``Reference`` or ``Template``.
        meta: Protect, policy, replace, ignore.
        source: Where the document begins.
        parent: The address of its parent in the stack, or the provider-side name of an object outside it
            (``project1/collateral``).
        depends_on: Every resource of the stack it refers to, the parent included.
        places: Field path (``spec.model.version``) to its place, for diagnostics.
        late: Whether ``spec`` may hold late references.
        rows: The rows it declares; None where it says nothing of rows.
    """

    address: Address
    connection: str
    spec: Mapping[str, Any]
    meta: Meta = PLAIN_META
    source: Source | None = None
    parent: Address | str | None = None
    depends_on: tuple[Address, ...] = ()
    places: Mapping[str, Source] = field(default_factory=dict)
    late: bool = True
    rows: RowSet | None = None


_PARTS = ("organization", "project", "region")
"""Settings that choose a part of an endpoint: objects of one part are not there in another."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One account at one provider.

    Attributes:
        name: As the stack file names it.
        provider: ``uipath``, ...
        endpoint: Base URL without a trailing slash.
        settings: The provider's own fields (``project``, ...), plain values only.
        secrets: Field name to secret reference (``token``).
        max_concurrency: Most requests in flight.
        timeout: Seconds a request may take.
        settle: Seconds for which a lost write may still surface at the provider; None takes the provider's own figure.
        insecure: Allows plain http to other machines than this one.
    """

    name: str
    provider: str
    endpoint: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    max_concurrency: int = 8
    timeout: float = 30.0
    settle: float | None = None
    insecure: bool = False

    @property
    def account(self) -> str:
        """What its objects are recorded under: its endpoint, and the part of that which its settings choose."""
        chosen = (f"{name}={self.settings[name]}" for name in _PARTS if name in self.settings)
        return " ".join((self.endpoint, *chosen))


@dataclass(frozen=True, slots=True)
class Safety:
    """Limits of the counting guards (``spec.safety``)."""

    max_deletes: int = 10
    max_delete_percent: float = 30.0
    max_update_percent: float = 30.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack file with its overlay and variables applied.

    Attributes:
        name: ``metadata.name``.
        env: The environment chosen with ``--env``; None without one.
        root: Absolute path of the stack folder.
        state: State address, ``sqlite:.dsops/state.db``, relative paths from ``root``.
        connections: By name.
        safety: Limits of the guards.
    """

    name: str
    env: str | None
    root: str
    state: str
    connections: Mapping[str, Connection]
    safety: Safety = Safety()
