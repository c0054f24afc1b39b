"""What is declared, made comparable: natural keys and canonical attributes."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dsops.model import (
    Address,
    Attributes,
    Diagnostic,
    DsopsError,
    Kind,
    NaturalKey,
    Record,
    Resource,
    error,
    in_order,
)
from dsops.planner.observation import Scope


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared side.

    Attributes:
        resources: By address.
        keys: Natural key of each.
        attributes: Canonical attributes of each.
        hints: Of those that have some, what says how to get there (``Field.hint``).
    """

    resources: Mapping[Address, Resource]
    keys: Mapping[Address, NaturalKey]
    attributes: Mapping[Address, Attributes]
    hints: Mapping[Address, Attributes] = field(default_factory=dict)

    def scope(self, address: Address, kinds: Mapping[str, Kind]) -> Scope:
        """Return the scope whose listing shows a declared object, if it is there."""
        parent = kinds[address.type].info.parent_key(self.keys[address])
        return Scope(self.resources[address].connection, address.type, parent)


def declare(resources: Iterable[Resource], kinds: Mapping[str, Kind]) -> Declared:
    """Return the declared side of a plan.

    Raises:
        DsopsError: Two resources name one remote object, a parent outside the stack is misnamed or is in the stack, or
        a value can't be what its field holds; all of these at once.
    """
    by_address = {resource.address: resource for resource in resources}
    keys: dict[Address, NaturalKey] = {}
    problems: list[Diagnostic] = []
    for resource in by_address.values():
        try:
            _add_key(resource, by_address, kinds, keys)
        except ValueError as wrong:
            problems.append(error(str(wrong), source=resource.source, address=resource.address))
    problems += _collisions(by_address, keys)
    problems += _inside(by_address, kinds, keys)
    problems += [each for resource in by_address.values() for each in _ignores(resource, kinds)]
    attributes: dict[Address, Attributes] = {}
    for address, resource in by_address.items():
        try:
            attributes[address] = _attributes(resource, kinds[address.type], keys.get(address))
        except ValueError as wrong:
            problems.append(error(str(wrong), source=resource.source, address=address))
    problems += _rivals(by_address, keys, attributes, kinds)
    if problems:
        raise DsopsError(*in_order(problems))
    return Declared(by_address, keys, *_split(attributes, kinds))


def scope_of(record: Record, kinds: Mapping[str, Kind]) -> Scope:
    """Return the scope whose listing shows a recorded object."""
    return Scope(record.connection, record.address.type, kinds[record.address.type].info.parent_key(record.key))


def _add_key(
    resource: Resource,
    by_address: Mapping[Address, Resource],
    kinds: Mapping[str, Kind],
    keys: dict[Address, NaturalKey],
) -> NaturalKey:
    address = resource.address
    if address in keys:
        return keys[address]
    kind = kinds[address.type]
    parent: NaturalKey = ()
    if isinstance(resource.parent, Address):
        parent = _add_key(by_address[resource.parent], by_address, kinds, keys)
    elif resource.parent is not None:
        parent = kind.parent_key(resource.parent)
    return keys.setdefault(address, kind.key(address.name, resource.spec, parent))


def _attributes(resource: Resource, kind: Kind, key: NaturalKey | None) -> Attributes:
    """Return the declared fields; a name that can be changed is one of them."""
    attributes = kind.normalise(resource.spec)
    return {"name": key[-1], **attributes} if key and kind.info.renamable else attributes


def _split(
    attributes: dict[Address, Attributes], kinds: Mapping[str, Kind]
) -> tuple[dict[Address, Attributes], dict[Address, Attributes]]:
    """Return the attributes without hints, and the hints: no comparison and no record has them."""
    hinting = {
        type_: paths
        for type_, kind in kinds.items()
        if (paths := {path for path, field in kind.info.fields.items() if field.hint})
    }
    hints: dict[Address, Attributes] = {}
    for address, declared in attributes.items():
        if address.type in hinting and not declared.keys().isdisjoint(hinting[address.type]):
            hints[address] = {path: value for path, value in declared.items() if path in hinting[address.type]}
    kept = {
        address: {path: each[path] for path in each if path not in hints[address]}
        for address, each in attributes.items()
        if address in hints
    }
    return {**attributes, **kept}, hints


def _rivals(
    by_address: Mapping[Address, Resource],
    keys: Mapping[Address, NaturalKey],
    attributes: Mapping[Address, Attributes],
    kinds: Mapping[str, Kind],
) -> Iterator[Diagnostic]:
    """Refuse two objects that declare what only one below their parent can have."""
    holders: dict[tuple[str, str, NaturalKey], Address] = {}
    exclusive = {type_ for type_, kind in kinds.items() if kind.info.exclusive}
    for address, declared in attributes.items():
        info = kinds[address.type].info
        if address.type not in exclusive or info.exclusive not in declared or address not in keys:
            continue
        above = info.parent_key(keys[address])
        first = holders.setdefault((by_address[address].connection, address.type, above), address)
        if first != address:
            yield error(
                f"{address} and {first} both have {info.exclusive}, and only one of {'/'.join(above)} can",
                hint=f"take {info.exclusive} out of one of them; the other is at {by_address[first].source}",
                source=by_address[address].source,
                address=address,
            )


def _inside(
    by_address: Mapping[Address, Resource], kinds: Mapping[str, Kind], keys: Mapping[Address, NaturalKey]
) -> list[Diagnostic]:
    """Refuse a parent that is named as if it stood outside the stack, and that the stack declares."""
    outside = [resource for resource in by_address.values() if isinstance(resource.parent, str)]
    if not outside:
        return []
    places = {(by_address[address].connection, address.type, key): address for address, key in keys.items()}
    problems = []
    for resource in outside:
        info = kinds[resource.address.type].info
        above = info.parent_key(keys.get(resource.address, ()))
        declared = places.get((resource.connection, info.parent or "", above))
        if declared is not None:
            problems.append(
                error(
                    f"{resource.parent} is {declared}, which this stack declares",
                    detail="a name with a slash means an object outside the stack, which is read and never written",
                    hint=f"write {info.parent_field}: {declared.name}",
                    source=resource.source,
                    address=resource.address,
                )
            )
    return problems


def _collisions(by_address: Mapping[Address, Resource], keys: Mapping[Address, NaturalKey]) -> list[Diagnostic]:
    owner: dict[tuple[str, str, NaturalKey], Resource] = {}
    problems: list[Diagnostic] = []
    for address, key in keys.items():
        resource = by_address[address]
        first = owner.setdefault((resource.connection, address.type, key), resource)
        if first is not resource:
            problems.append(
                error(
                    f"{address} names the same remote object as {first.address}",
                    detail=f"both are {'/'.join(key)} on connection {resource.connection}; see {first.source}",
                    hint="one object has one address: remove one of the two, or name another object",
                    source=resource.source,
                    address=address,
                )
            )
    return problems


def _ignores(resource: Resource, kinds: Mapping[str, Kind]) -> Iterator[Diagnostic]:
    """Refuse to ignore what the kind doesn't have: a misspelt path would be compared after all."""
    if not resource.meta.ignore:
        return
    kind = kinds[resource.address.type]
    facts = kind.info.fields
    known = {*facts, *(field.group for field in facts.values() if field.group), *(("rows",) if kind.rows else ())}
    for each in resource.meta.ignore:
        if each.path not in known and not any(each.path.startswith(path + ".") for path in facts):
            near = difflib.get_close_matches(each.path, known, n=1)
            yield error(
                f"metadata.ignore names {each.path}, which {resource.address.type} doesn't have",
                detail=f"Its fields: {', '.join(sorted(facts))}.",
                hint=f"Did you mean {near[0]}?" if near else "",
                source=resource.source,
                address=resource.address,
            )
