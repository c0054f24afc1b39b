"""The recorded side: what the state holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsops.model.address import Address
from dsops.model.live import NaturalKey
from dsops.model.resource import ALL_VERBS, Verb
from dsops.model.rows import RecordedRows, RowMark


@dataclass(frozen=True, slots=True)
class Record:
    """What the state holds of one object.

    Attributes:
        address: The resource it belongs to.
        connection: Name of its connection.
        endpoint: That connection's account (``Connection.account``) when it was recorded.
        remote_id: The provider's identifier.
        key: Natural key, parents first.
        parent: Address of its parent, if the stack holds it.
        depends_on: Addresses it referred to.
        attributes: Declared fields as last applied: field path to canonical value.
        protect: Forbids delete and replace, even when the manifest is gone.
        policy: Verbs allowed, even when the manifest is gone.
        replace: Whether replacing was allowed.
        schema_version: Version of the kind's attributes.
        rows: What was last applied of its rows; None where it declared none.
    """

    address: Address
    connection: str
    endpoint: str
    remote_id: str
    key: NaturalKey
    parent: Address | None = None
    depends_on: tuple[Address, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    policy: frozenset[Verb] = ALL_VERBS
    replace: bool = False
    schema_version: int = 1
    rows: RecordedRows | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A durable note of a call about to leave.

    Attributes:
        id: Number within the journal.
        run: Identifier of the run that wrote it.
        plan_id: Plan the call belongs to.
        call_id: Number of the call in that plan.
        address: The resource the call is for.
        effect: What success means for the record: create, update or delete.
        request: Method and path, for people.
        record: The record as it is to be after the call (for a delete: as it was before); its remote id is empty
            while unknown.
        settles: Field paths that the call brings to their desired value.
        at: Unix time at which it was written.
        rows: What the call does to rows of the record's object.
    """

    id: int
    run: str
    plan_id: str
    call_id: int
    address: Address
    effect: str
    request: str
    record: Record
    settles: tuple[str, ...]
    at: float
    rows: tuple[RowMark, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The whole that dsops remembers of a stack.

    Attributes:
        lineage: Random name of this state, None before the first write.
        serial: Grows by one with every run that writes; 0 before the first.
        stack: Name of the stack it belongs to; None before the first write.
        env: Its environment.
        records: By address.
        intents: Calls that left, or were about to, and whose outcome is not known.
        traits: What was learned of how a provider behaves where its documentation leaves it open: endpoint to name to
            value.
    """

    lineage: str | None = None
    serial: int = 0
    stack: str | None = None
    env: str | None = None
    records: Mapping[Address, Record] = field(default_factory=dict)
    intents: tuple[Intent, ...] = ()
    traits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


EMPTY_STATE = State()
