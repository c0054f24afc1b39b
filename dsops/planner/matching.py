"""Bringing the three sides of each address together.

A recorded object is found by its remote id in the listing of its scope; one that the listing doesn't show is gone
only when reading it by name says so too. A declared one that isn't recorded is found by its natural key.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from dsops.model import Address, LiveObject, NaturalKey, Record
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.observation import Observation, Scope


@dataclass(frozen=True, slots=True)
class Matched:
    """Every address with its sides.

    Attributes:
        subjects: By address, declared and undeclared.
        unmanaged: Live objects of the scopes read that belong to no address, by scope.
    """

    subjects: Mapping[Address, Subject]
    unmanaged: Mapping[Scope, tuple[LiveObject, ...]]


class LiveIndex:
    """Live objects by id and by natural key."""

    def __init__(self, observation: Observation) -> None:
        self.by_id: dict[tuple[str, str, str], LiveObject] = {}
        self.by_key: dict[tuple[str, str, NaturalKey], LiveObject] = {}
        for scope, listing in observation.listings.items():
            for each in listing.objects:
                self.by_id[scope.connection, scope.type, each.remote_id] = each
                self.by_key[scope.connection, scope.type, each.key] = each
        for (connection, type_, key), found in observation.readings.items():
            if found is not None:
                self.by_id.setdefault((connection, type_, found.remote_id), found)
                self.by_key.setdefault((connection, type_, key), found)

    def of(self, record: Record) -> LiveObject | None:
        """Return a record's object, by its remote id."""
        return self.by_id.get((record.connection, record.address.type, record.remote_id))

    def at(self, connection: str, type_: str, key: NaturalKey) -> LiveObject | None:
        """Return what stands at a natural key."""
        return self.by_key.get((connection, type_, key))


def match(inputs: Inputs) -> Matched:
    """Return every address, declared or recorded, with its sides."""
    live = LiveIndex(inputs.observation)
    declared, records = inputs.declared, inputs.state.records
    moved = _moved(inputs, live)
    subjects: dict[Address, Subject] = {}
    for address, resource in declared.resources.items():
        record = records.get(moved.get(address, address))
        key = declared.keys[address]
        lookup = inputs.observation.lookups.get(address)
        subjects[address] = Subject(
            address=address,
            kind=inputs.kinds[address.type],
            connection=resource.connection,
            key=key,
            resource=resource,
            desired=lookup.attributes if lookup else declared.attributes[address],
            record=record,
            live=(live.of(record) if record else None) or live.at(resource.connection, address.type, key),
            moved=address in moved,
        )
    taken = frozenset(moved.values())
    for address, record in records.items():
        if address not in declared.resources and address not in taken:
            kind = inputs.kinds[address.type]
            subjects[address] = Subject(address, kind, record.connection, record.key, None, {}, record, live.of(record))
    return Matched(subjects, _unmanaged(inputs.observation, subjects))


def _moved(inputs: Inputs, live: LiveIndex) -> dict[Address, Address]:
    """Map a declared address to the undeclared one whose record is the same object's, by natural key or remote id."""
    declared, records = inputs.declared, inputs.state.records
    free = [record for address, record in records.items() if address not in declared.resources]
    if not free:
        return {}
    by_key = {(record.connection, record.address.type, record.key): record.address for record in free}
    by_id = {(record.connection, record.address.type, record.remote_id): record.address for record in free}
    moved: dict[Address, Address] = {}
    for address, resource in declared.resources.items():
        if address in records:
            continue
        where = (resource.connection, address.type)
        there = live.at(*where, declared.keys[address])
        old = by_id.get((*where, there.remote_id)) if there else by_key.get((*where, declared.keys[address]))
        if old is not None:
            moved[address] = old
    return moved


def _unmanaged(observation: Observation, subjects: Mapping[Address, Subject]) -> dict[Scope, tuple[LiveObject, ...]]:
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for address, subject in subjects.items():
        if subject.live is not None:
            known[subject.home, address.type].add(subject.live.remote_id)
    return {
        scope: tuple(each for each in listing.objects if each.remote_id not in known[scope.connection, scope.type])
        for scope, listing in observation.listings.items()
    }
