"""What decisions mean for one another: objects that hold others, and places that are taken."""

from collections.abc import Iterator, Mapping

from dsops.model import Action, Address, Reason
from dsops.planner.decide import Decision, Obstacle, names
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.neighbours import Neighbours

_GOING = frozenset({Action.DELETE, Action.REPLACE})


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
        if subject.resource is None
        and subject.live is not None
        and (place := (subject.home, address.type, subject.live.key)) in wanted
    }


def held(decided: Mapping[Address, Decision], neighbours: Neighbours) -> Iterator[tuple[Address, Obstacle]]:
    """Find objects that are to go while something below them is not."""
    for address, decision in decided.items():
        if decision.action not in _GOING:
            continue
        staying = [
            str(child.address)
            for child in neighbours.children(address)
            if child.live is not None and not _goes_too(child, decided.get(child.address))
        ]
        if staying:
            yield address, Obstacle(Reason.HOLDS_CHILDREN, f"it holds {names(staying)}, which may not go in this plan")


def taken(decided: Mapping[Address, Decision], neighbours: Neighbours) -> Iterator[tuple[Address, Obstacle]]:
    """Find objects that are to be made, or renamed, where another stands that does not go."""
    for address, decision in decided.items():
        subject = decision.subject
        there = subject.in_the_way
        if there is None or not _comes(decision) or _cleared(subject, decided):
            continue
        owner = neighbours.places.get((subject.connection, address.type, there.key))
        if owner is None:
            yield address, Obstacle(Reason.EXISTS, f"{'/'.join(there.key)} exists, and this stack did not record it")
        elif owner not in decided or decided[owner].action not in _GOING:
            yield address, Obstacle(Reason.EXISTS, f"{'/'.join(there.key)} is {owner}, which stays")


def _comes(decision: Decision) -> bool:
    """Whether an object is to stand where it does not stand now."""
    if decision.action in (Action.CREATE, Action.REPLACE):
        return True
    return decision.subject.kind.info.renamable and not decision.subject.in_place and "name" in decision.send


def _goes_too(child: Subject, decision: Decision | None) -> bool:
    if not child.deletable:  # it only ever goes with its parent, unless somebody forbids that
        return decision is None or decision.action is not Action.BLOCKED
    if decision is None:
        return False
    return decision.action in _GOING or (decision.action, decision.reason) == (Action.CREATE, Reason.PARENT_REPLACED)


def _cleared(subject: Subject, decided: Mapping[Address, Decision]) -> bool:
    """Whether the parent, with all that stands below it, goes and is made anew."""
    parent = subject.resource.parent if subject.resource else None
    decision = decided.get(parent) if isinstance(parent, Address) else None
    return decision is not None and decision.action is Action.REPLACE
