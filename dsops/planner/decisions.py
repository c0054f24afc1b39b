"""Deciding about every address, in an order in which each decision knows those it rests on.

Undeclared objects come first: what they hold doesn't depend on what is declared. Declared ones follow, parents and
whatever else they refer to before themselves.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dsops.model import Action, Address, LiveObject, references
from dsops.planner.decide import Decision, Obstacle, Surroundings, decide_declared, decide_undeclared
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.matching import Matched, match
from dsops.planner.observation import Scope
from dsops.planner.obstacles import below, claimed, held, places, taken
from dsops.planner.select import select


@dataclass(frozen=True, slots=True)
class Decisions:
    """What should happen, address by address.

    Attributes:
        by_address: The decisions; undeclared objects first, then declared ones, parents before children.
        children: Subjects below each address that has some.
        unmanaged: Live objects of the scopes read that belong to no address.
    """

    by_address: Mapping[Address, Decision]
    children: Mapping[Address, tuple[Subject, ...]]
    unmanaged: Mapping[Scope, tuple[LiveObject, ...]]


def decide_all(inputs: Inputs) -> Decisions:
    """Decide about every chosen address.

    What an address does may hinge on one that is decided after it: a parent may not go while a child stays, and nothing
    can be made where something stands. So it is decided in rounds, until no round finds a new obstacle; there is one
    round where nothing is in the way.
    """
    matched = match(inputs)
    settings, declared = inputs.settings, inputs.declared
    undeclared = {
        address: each.record for address, each in matched.subjects.items() if not each.resource and each.record
    }
    chosen = select(declared.resources.values(), undeclared, targets=settings.targets, excludes=settings.excludes)
    standing = places(matched.subjects)
    children = below(matched.subjects, standing)
    order = [address for address in _order(inputs, matched.subjects) if address in chosen]
    obstacles = claimed(inputs, matched.subjects) if undeclared else {}
    while True:
        decided = _round(inputs, matched, order, children, obstacles)
        found = {
            address: obstacle
            for address, obstacle in (*held(decided, children), *taken(decided, standing))
            if address not in obstacles
        }
        if not found:
            return Decisions(decided, children, matched.unmanaged)
        obstacles |= found


def _round(
    inputs: Inputs,
    matched: Matched,
    order: Iterable[Address],
    children: Mapping[Address, tuple[Subject, ...]],
    obstacles: Mapping[Address, Obstacle],
) -> dict[Address, Decision]:
    decided: dict[Address, Decision] = {}
    ids: dict[Address, str] = {}
    for address in order:
        subject = matched.subjects[address]
        below_it = children.get(address, ())
        around = _surroundings(subject, inputs, decided, ids, below_it, matched.unmanaged, obstacles.get(address))
        decision = _decide(subject, around)
        lookup = inputs.observation.lookups.get(address)
        if lookup is not None and lookup.note and decision.send:
            decision = dataclasses.replace(decision, notes=(lookup.note, *decision.notes))
        decided[address] = decision
        if decision.keeps_id and subject.live is not None:
            ids[address] = subject.live.remote_id
    return decided


def _decide(subject: Subject, around: Surroundings) -> Decision:
    if subject.resource is not None:
        return decide_declared(subject, subject.resource, around)
    if subject.record is None:
        raise ValueError(f"{subject.address} is neither declared nor recorded")
    return decide_undeclared(subject, subject.record, around)


def _surroundings(
    subject: Subject,
    inputs: Inputs,
    decided: Mapping[Address, Decision],
    ids: Mapping[Address, str],
    children: tuple[Subject, ...],
    unmanaged: Mapping[Scope, tuple[LiveObject, ...]],
    obstacle: Obstacle | None,
) -> Surroundings:
    resource = subject.resource
    parent = resource.parent if resource else None
    failed = inputs.observation.failed.get(subject.address)
    return Surroundings(
        stack=inputs.stack,
        settings=inputs.settings,
        today=inputs.today,
        ids=ids,
        parent=decided.get(parent) if isinstance(parent, Address) else None,
        absent=_absent(subject, decided) if resource is not None and resource.late else (),
        children=children,
        strangers=_strangers(subject, inputs, unmanaged),
        problem=failed.summary if failed else "",
        obstacle=obstacle,
    )


def _absent(subject: Subject, decided: Mapping[Address, Decision]) -> tuple[Address, ...]:
    """Return what the subject's values refer to that will not be there to have an id."""
    wanted = dict.fromkeys(reference.address for reference in references(subject.desired))
    return tuple(
        each
        for each in wanted
        if each in decided and decided[each].action is Action.BLOCKED and decided[each].subject.live is None
    )


def _order(inputs: Inputs, subjects: Mapping[Address, Subject]) -> Iterable[Address]:
    resources = inputs.declared.resources
    undeclared = (address for address in subjects if address not in resources)
    yield from sorted(undeclared, key=lambda address: (-len(subjects[address].key), address))
    graph = {address: resource.depends_on for address, resource in resources.items()}
    yield from TopologicalSorter(graph).static_order()


def _strangers(
    subject: Subject, inputs: Inputs, unmanaged: Mapping[Scope, tuple[LiveObject, ...]]
) -> tuple[LiveObject, ...]:
    if subject.live is None:
        return ()
    above = subject.address.type
    child_types = [type_ for type_, kind in inputs.kinds.items() if kind.info.parent == above]
    return tuple(
        each for type_ in child_types for each in unmanaged.get(Scope(subject.home, type_, subject.live.key), ())
    )
