"""Deciding about every address, in an order in which each decision knows those it rests on.

Undeclared objects come first, children before parents. Declared ones follow, parents and whatever else they refer to
before themselves. What goes against this order is found after a round, and settled in the next.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dsops.model import Address, Record
from dsops.planner.decide import Decision, Obstacle, Surroundings, decide_declared, decide_undeclared
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.matching import match
from dsops.planner.neighbours import Neighbours
from dsops.planner.obstacles import claimed, held, taken
from dsops.planner.rowplans import RowPlans, plan_rows
from dsops.planner.select import select


@dataclass(frozen=True, slots=True)
class Decisions:
    """What should happen, address by address.

    Attributes:
        by_address: The decisions; undeclared objects first, then declared ones, parents before children.
        neighbours: What stands where.
        rows: The declared rows that are compared.
    """

    by_address: Mapping[Address, Decision]
    neighbours: Neighbours
    rows: RowPlans


def decide_all(inputs: Inputs) -> Decisions:
    """Decide about every chosen address.

    What an address does may hinge on one that is decided after it: a parent may not go while a child stays, and nothing
    can be made where something stands. So it is decided in rounds, until no round finds a new obstacle; there is one
    round where nothing is in the way.
    """
    subjects = match(inputs)
    neighbours = Neighbours(inputs, subjects)
    settings, resources = inputs.settings, inputs.declared.resources
    undeclared = {address: each.record for address, each in subjects.items() if not each.resource and each.record}
    chosen = select(resources.values(), undeclared, targets=settings.targets, excludes=settings.excludes)
    order = [subjects[address] for address in _order(inputs, undeclared) if address in chosen]
    obstacles = claimed(inputs, subjects) if undeclared else {}
    rows = plan_rows(inputs, subjects)
    while True:
        decided = _round(inputs, neighbours, order, obstacles, rows)
        found = {
            address: obstacle
            for address, obstacle in (*held(decided, neighbours), *taken(decided, neighbours))
            if address not in obstacles
        }
        if not found:
            return Decisions(decided, neighbours, rows)
        obstacles |= found


def _round(
    inputs: Inputs,
    neighbours: Neighbours,
    order: Iterable[Subject],
    obstacles: Mapping[Address, Obstacle],
    rows: RowPlans,
) -> dict[Address, Decision]:
    decided: dict[Address, Decision] = {}
    ids: dict[Address, str] = {}
    observation = inputs.observation
    around = Surroundings(
        stack=inputs.stack,
        settings=inputs.settings,
        today=inputs.today,
        failed=observation.failed,
        neighbours=neighbours,
        obstacles=obstacles,
        decided=decided,
        ids=ids,
        rows=rows,
        foreign_rows=observation.foreign_rows,
    )
    for subject in order:
        address = subject.address
        decision = _decide(subject, around)
        lookup = observation.lookups.get(address)
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


def _order(inputs: Inputs, undeclared: Mapping[Address, Record]) -> Iterable[Address]:
    resources, keys = inputs.declared.resources, inputs.declared.keys
    yield from sorted(undeclared, key=lambda address: (-len(undeclared[address].key), address))
    if any(resource.late for resource in resources.values()):
        yield from TopologicalSorter({each.address: each.depends_on for each in resources.values()}).static_order()
    else:  # nothing is referred to but parents, and theirs are the shorter keys
        yield from sorted(resources, key=lambda address: len(keys[address]))
