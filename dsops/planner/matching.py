"""Bringing the three sides of each address together.

A recorded object is found by its remote id in the listing of its scope; one that the listing doesn't show is gone
only when reading it by name says so too. A declared one that isn't recorded is found by its natural key.

What can't be deleted can't be replaced either: where its address declares something else, the object is left alone, and
is nobody's any more.
"""

from collections.abc import Mapping
from functools import cached_property

from dsops.model import Address, LiveObject, NaturalKey, Record, Resource, Verb
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.observation import Observation


class LiveIndex:
    """Live objects by id and by natural key."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    @cached_property
    def _by_id(self) -> dict[tuple[str, str, str], LiveObject]:
        found = {
            (scope.connection, scope.type, each.remote_id): each
            for scope, listing in self._observation.listings.items()
            for each in listing.objects
        }
        for (connection, type_, _), each in self._observation.readings.items():
            if each is not None:
                found.setdefault((connection, type_, each.remote_id), each)
        return found

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, NaturalKey], LiveObject]:
        found = {
            (scope.connection, scope.type, each.key): each
            for scope, listing in self._observation.listings.items()
            for each in listing.objects
        }
        for (connection, type_, _), each in self._observation.readings.items():
            if each is not None:  # where it stands now: it may have been renamed since it was recorded
                found.setdefault((connection, type_, each.key), each)
        return found

    def of(self, record: Record) -> LiveObject | None:
        """Return a record's object, by its remote id."""
        return self._by_id.get((record.connection, record.address.type, record.remote_id))

    def at(self, connection: str, type_: str, key: NaturalKey) -> LiveObject | None:
        """Return what stands at a natural key."""
        return self._by_key.get((connection, type_, key))


def match(inputs: Inputs) -> dict[Address, Subject]:
    """Return every address, declared or recorded, with its sides."""
    live = LiveIndex(inputs.observation)
    declared, records = inputs.declared, inputs.state.records
    moved = _moved(inputs, live)
    left = _left(inputs, live, moved)
    owned = {
        (each.connection, each.address.type, each.remote_id): each.address
        for each in records.values()
        if each.address not in left
    }
    subjects: dict[Address, Subject] = {}
    for address, resource in declared.resources.items():
        record = records.get(moved.get(address, address))
        lookup = inputs.observation.lookups.get(address)
        key = declared.keys[address]
        own = live.of(record) if record is not None and record.address not in left else None
        there, in_the_way = _there(resource, key, record, own, live, owned)
        subjects[address] = Subject(
            address=address,
            kind=inputs.kinds[address.type],
            connection=resource.connection,
            key=key,
            resource=resource,
            desired=lookup.attributes if lookup else declared.attributes[address],
            record=record,
            live=there,
            moved=address in moved,
            in_the_way=in_the_way,
            left=left.get(record.address) if record is not None else None,
        )
    taken = frozenset(moved.values())
    for address, record in records.items():
        if address not in declared.resources and address not in taken:
            kind = inputs.kinds[address.type]
            subjects[address] = Subject(address, kind, record.connection, record.key, None, {}, record, live.of(record))
    return subjects


def _there(
    resource: Resource,
    key: NaturalKey,
    record: Record | None,
    own: LiveObject | None,
    live: LiveIndex,
    owned: Mapping[tuple[str, str, str], Address],
) -> tuple[LiveObject | None, LiveObject | None]:
    """Return a declared resource's object, and what stands in its place instead.

    What stands there and is recorded under no address becomes the resource's; what is another's does not: one object
    has one address.
    """
    if own is not None and own.key == key and record is not None and record.connection == resource.connection:
        return own, None
    type_ = resource.address.type
    standing = live.at(resource.connection, type_, key)
    if own is None and standing is not None and (resource.connection, type_, standing.remote_id) not in owned:
        return standing, None
    return own, standing


def _left(inputs: Inputs, live: LiveIndex, moved: Mapping[Address, Address]) -> dict[Address, LiveObject]:
    """Return, by the address of its record, what can't be deleted and isn't what is declared there now."""
    found: dict[Address, LiveObject] = {}
    for address, resource in inputs.declared.resources.items():
        record = inputs.state.records.get(moved.get(address, address))
        if record is None or Verb.DELETE in inputs.kinds[address.type].info.verbs:
            continue
        own = live.of(record)
        place = (resource.connection, inputs.declared.keys[address])
        if own is not None and (record.connection, own.key) != place:
            found[record.address] = own
    return found


def _moved(inputs: Inputs, live: LiveIndex) -> dict[Address, Address]:
    """Map a declared address to the undeclared one whose record is the same object's, by remote id or natural key.

    An address with a record of its own takes part only when that record's object is gone.
    """
    declared, records = inputs.declared, inputs.state.records
    free = [record for address, record in records.items() if address not in declared.resources]
    if not free:
        return {}
    by_key = {(record.connection, record.address.type, record.key): record.address for record in free}
    by_id = {(record.connection, record.address.type, record.remote_id): record.address for record in free}
    moved: dict[Address, Address] = {}
    empty: list[tuple[Address, Address]] = []
    for address, resource in declared.resources.items():
        if address in records and live.of(records[address]) is not None:
            continue
        where, key = (resource.connection, address.type), declared.keys[address]
        there = live.at(*where, key)
        if there is not None and (*where, there.remote_id) in by_id:
            moved[address] = by_id[*where, there.remote_id]
        elif there is None and address not in records and (*where, key) in by_key:
            empty.append((address, by_key[*where, key]))
    taken = frozenset(moved.values())
    return moved | {address: old for address, old in empty if old not in taken}
