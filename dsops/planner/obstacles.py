"""What decisions mean for one another: objects that hold others, and places that are taken."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dsops.model import Action, Address, NaturalKey, Reason
from dsops.planner.decide import Decision, Obstacle, names
from dsops.planner.inputs import Inputs, Subject

_Place = tuple[str, str, NaturalKey]

_GOING = frozenset({Action.DELETE, Action.REPLACE})


def places(subjects: Mapping[Address, Subject]) -> dict[_Place, Address]:
    """Map each place to the address of what stands there; where nothing does, to the address that is to."""
    found: dict[_Place, Address] = {}
    absent: list[Address] = []
    for address, subject in subjects.items():
        if subject.live is None:
            absent.append(address)
        else:
            found[subject.home, address.type, subject.live.key] = address
    for address in absent:
        subject = subjects[address]
        found.setdefault((subject.home, address.type, subject.key), address)
    return found


def below(
    subjects: Mapping[Address, Subject], standing: Mapping[_Place, Address]
) -> dict[Address, tuple[Subject, ...]]:
    """Group subjects by the address they stand below; those that are nowhere, by the one they are declared below."""
    children: defaultdict[Address, list[Subject]] = defaultdict(list)
    for subject in subjects.values():
        info = subject.kind.info
        if info.parent is not None:
            key = subject.key if subject.live is None else subject.live.key
            parent = standing.get((subject.home, info.parent, info.parent_key(key)))
            if parent is not None:
                children[parent].append(subject)
    return {address: tuple(each) for address, each in children.items()}


def claimed(inputs: Inputs, subjects: Mapping[Address, Subject]) -> dict[Address, Obstacle]:
    """Find undeclared objects whose name a recorded resource now declares: they are not deleted to make room."""
    wanted = {
        (resource.connection, address.type, inputs.declared.keys[address]): address
        for address, resource in inputs.declared.resources.items()
    }
    return {
        address: Obstacle(
            Reason.MOVED,
            f"{wanted[place]} now names this object, and is recorded as another one: dsops state rm {wanted[place]} "
            "leaves that other one alone, and the next plan takes this one over",
        )
        for address, subject in subjects.items()
        if subject.resource is None and (place := (subject.connection, address.type, subject.key)) in wanted
    }


def held(
    decided: Mapping[Address, Decision], children: Mapping[Address, tuple[Subject, ...]]
) -> Iterator[tuple[Address, Obstacle]]:
    """Find objects that are to go while something below them is not."""
    for address, decision in decided.items():
        if decision.action not in _GOING:
            continue
        staying = [
            str(child.address)
            for child in children.get(address, ())
            if child.live is not None and not _goes_too(decided.get(child.address))
        ]
        if staying:
            yield address, Obstacle(Reason.HOLDS_CHILDREN, f"it holds {names(staying)}, which may not go in this plan")


def taken(
    decided: Mapping[Address, Decision], standing: Mapping[_Place, Address]
) -> Iterator[tuple[Address, Obstacle]]:
    """Find objects that are to be made where another stands that does not go."""
    for address, decision in decided.items():
        subject = decision.subject
        there = subject.in_the_way
        if there is None or decision.action not in (Action.CREATE, Action.REPLACE) or _cleared(subject, decided):
            continue
        owner = standing.get((subject.connection, address.type, there.key))
        if owner is None:
            yield address, Obstacle(Reason.EXISTS, f"{'/'.join(there.key)} exists, and this stack did not record it")
        elif owner not in decided or decided[owner].action not in _GOING:
            yield address, Obstacle(Reason.EXISTS, f"{'/'.join(there.key)} is {owner}, which stays")


def _goes_too(decision: Decision | None) -> bool:
    if decision is None:
        return False
    return decision.action in _GOING or (decision.action, decision.reason) == (Action.CREATE, Reason.PARENT_REPLACED)


def _cleared(subject: Subject, decided: Mapping[Address, Decision]) -> bool:
    """Whether the parent, with all that stands below it, goes and is made anew."""
    parent = subject.resource.parent if subject.resource else None
    decision = decided.get(parent) if isinstance(parent, Address) else None
    return decision is not None and decision.action is Action.REPLACE
