"""Deciding about every address, in an order in which each decision knows those it rests on.

Undeclared objects come first: what they hold doesn't depend on what is declared. Declared ones follow, parents and
whatever else they refer to before themselves.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dsops.model import Address, LiveObject, NaturalKey
from dsops.planner.decide import Decision, Surroundings, decide_declared, decide_undeclared
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.matching import match
from dsops.planner.observation import Scope
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
    """Decide about every chosen address."""
    matched = match(inputs)
    settings, declared = inputs.settings, inputs.declared
    undeclared = {
        address: each.record for address, each in matched.subjects.items() if not each.resource and each.record
    }
    chosen = select(declared.resources.values(), undeclared, targets=settings.targets, excludes=settings.excludes)
    children = _children(matched.subjects)
    decided: dict[Address, Decision] = {}
    ids: dict[Address, str] = {}
    for address in _order(inputs, matched.subjects):
        if address not in chosen:
            continue
        subject = matched.subjects[address]
        around = _surroundings(subject, inputs, decided, ids, children.get(address, ()), matched.unmanaged)
        decision = _decide(subject, around)
        lookup = inputs.observation.lookups.get(address)
        if lookup is not None and lookup.note and decision.send:
            decision = dataclasses.replace(decision, notes=(lookup.note, *decision.notes))
        decided[address] = decision
        if decision.keeps_id and subject.live is not None:
            ids[address] = subject.live.remote_id
    return Decisions(decided, children, matched.unmanaged)


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
    below: tuple[Subject, ...],
    unmanaged: Mapping[Scope, tuple[LiveObject, ...]],
) -> Surroundings:
    parent = subject.resource.parent if subject.resource else None
    failed = inputs.observation.failed.get(subject.address)
    return Surroundings(
        stack=inputs.stack,
        settings=inputs.settings,
        today=inputs.today,
        ids=ids,
        parent=decided.get(parent) if isinstance(parent, Address) else None,
        children=below,
        strangers=_strangers(subject, inputs, unmanaged),
        problem=failed.summary if failed else "",
    )


def _order(inputs: Inputs, subjects: Mapping[Address, Subject]) -> Iterable[Address]:
    resources = inputs.declared.resources
    undeclared = (address for address in subjects if address not in resources)
    yield from sorted(undeclared, key=lambda address: (-len(subjects[address].key), address))
    graph = {address: resource.depends_on for address, resource in resources.items()}
    yield from TopologicalSorter(graph).static_order()


def _children(subjects: Mapping[Address, Subject]) -> dict[Address, tuple[Subject, ...]]:
    """Group subjects by the subject they stand below: by the key of what is there, else by the declared key."""
    parents: dict[tuple[str, str, NaturalKey], Address] = {}
    for address, subject in subjects.items():
        parents[subject.home, address.type, _standing(subject)] = address
    children: defaultdict[Address, list[Subject]] = defaultdict(list)
    for subject in subjects.values():
        info = subject.kind.info
        if info.parent is not None:
            parent = parents.get((subject.home, info.parent, info.parent_key(_standing(subject))))
            if parent is not None:
                children[parent].append(subject)
    return {address: tuple(below) for address, below in children.items()}


def _standing(subject: Subject) -> NaturalKey:
    return subject.live.key if subject.live is not None else subject.key


def _strangers(
    subject: Subject, inputs: Inputs, unmanaged: Mapping[Scope, tuple[LiveObject, ...]]
) -> tuple[LiveObject, ...]:
    if subject.live is None:
        return ()
    child_types = [type_ for type_, kind in inputs.kinds.items() if kind.info.parent == subject.address.type]
    return tuple(
        each for type_ in child_types for each in unmanaged.get(Scope(subject.home, type_, subject.live.key), ())
    )
