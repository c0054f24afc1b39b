"""What a plan is made of."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsops.model import Address, Attributes, Kind, LiveObject, NaturalKey, Record, Resource, Stack, State, Verb
from dsops.planner.declared import Declared
from dsops.planner.observation import Observation
from dsops.planner.rows import DeclaredSide


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person asked for.

    Attributes:
        destroy: Whether everything recorded is to go; then nothing is declared.
        targets: Address patterns; empty for all.
        excludes: Address patterns.
        adopt_existing: Adopt a declared object that exists and isn't recorded, instead of blocking.
        confirmed: Whether ``--confirm`` quoted the plan: deletes of parents with unrecorded children are let through.
        full: Whether a plan names all rows that it changes, and not just the first of each dataset.
    """

    destroy: bool = False
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    adopt_existing: bool = True
    confirmed: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a plan depends on; nothing else is asked.

    Attributes:
        stack: The stack.
        declared: What is declared (nothing, when destroying).
        state: What is recorded.
        observation: What is live.
        kinds: Kinds by type.
        today: For ``ignore.until``.
        settings: What the person asked for.
        rows: The declared rows of every resource that declares some.
        traits: What was learned of how a provider behaves: endpoint to name to value.
    """

    stack: Stack
    declared: Declared
    state: State
    observation: Observation
    kinds: Mapping[str, Kind]
    today: dt.date
    settings: Settings = Settings()
    rows: Mapping[Address, DeclaredSide] = field(default_factory=dict)
    traits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """One address with its three sides.

    Attributes:
        address: The address.
        kind: Its kind.
        connection: Where it is declared to live; for an undeclared one, where it lives.
        key: Natural key: declared, or recorded for an undeclared one.
        resource: The desired side; None when undeclared.
        desired: Canonical desired attributes; empty when undeclared.
        record: The recorded side.
        live: The live object that is the record's, or that stands at the desired key and is nobody else's; None when
            neither is there.
        moved: Whether the record stood at another address.
        in_the_way: The live object that stands at the desired key and is not the one of this address.
        left: The record's object, of a kind that can't be deleted, where something else is declared now: it is left
            alone, and another takes its address.
    """

    address: Address
    kind: Kind
    connection: str
    key: NaturalKey
    resource: Resource | None
    desired: Attributes
    record: Record | None
    live: LiveObject | None
    moved: bool = False
    in_the_way: LiveObject | None = None
    left: LiveObject | None = None

    @property
    def gone(self) -> bool:
        """Whether a recorded object is this address's no longer (another may be)."""
        return self.record is not None and (self.live is None or self.live.remote_id != self.record.remote_id)

    @property
    def deletable(self) -> bool:
        """Whether an object of its kind can be deleted; others go with what holds them, and only so."""
        return Verb.DELETE in self.kind.info.verbs

    @property
    def home(self) -> str:
        """Name of the connection on which the object that is there lives."""
        return self.connection if self.record is None or self.gone else self.record.connection

    @property
    def in_place(self) -> bool:
        """Whether an object is there, under the name and on the connection that are declared."""
        return self.live is not None and self.live.key == self.key and self.home == self.connection
