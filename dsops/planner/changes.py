"""From decisions to changes: calls, numbered, each knowing those it must follow.

A change has up to two groups of calls: those that delete, and those that write. Within a group calls follow one
another. Between groups:

* what an object's dependencies write comes before what it writes;
* what stands below an object is deleted before it;
* replacing deletes first, and what is created under a name comes after what is deleted there;
* an object that others refer to is deleted after they stopped to, as far as the rest allows it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from dsops.model import Action, Address, Call, Change, LiveObject, NaturalKey, PlannedCall, digest
from dsops.planner.decide import Decision
from dsops.planner.decisions import Decisions

_Group = tuple[Literal["delete", "write"], Address]


@dataclass(frozen=True, slots=True)
class _Work:
    connection: str
    calls: tuple[Call, ...]


def changes(decisions: Decisions) -> tuple[Change, ...]:
    """Return every change but noops, sorted by address, with its calls."""
    acting = {
        address: decision for address, decision in decisions.by_address.items() if decision.action is not Action.NOOP
    }
    work = _work(acting)
    needed = _edges(work, acting, decisions)
    try:
        numbered = _numbered(work, _joined(needed, _wished(work, acting)))
    except CycleError:  # what records refer to may contradict what is declared now
        numbered = _numbered(work, needed)
    return tuple(
        _change(decision, (*numbered.get(("delete", address), ()), *numbered.get(("write", address), ())))
        for address, decision in sorted(acting.items())
    )


def fingerprint(live: LiveObject | None) -> str | None:
    """Return what tells one reading of an object from another; None for an object that isn't there."""
    return None if live is None else digest([live.remote_id, live.key, live.attributes])


def _work(acting: Mapping[Address, Decision]) -> dict[_Group, _Work]:
    work: dict[_Group, _Work] = {}
    for address, decision in acting.items():
        subject = decision.subject
        live, kind = subject.live, subject.kind
        if decision.action in (Action.DELETE, Action.REPLACE) and live is not None:
            work["delete", address] = _Work(subject.home, kind.delete(live))
        if decision.action in (Action.CREATE, Action.REPLACE):
            work["write", address] = _Work(subject.connection, kind.create(subject.key, decision.send))
        elif decision.action in (Action.UPDATE, Action.ADOPT) and decision.send and live is not None:
            work["write", address] = _Work(subject.connection, kind.update(live, decision.send))
    return work


def _edges(
    work: Mapping[_Group, _Work], acting: Mapping[Address, Decision], decisions: Decisions
) -> dict[_Group, list[_Group]]:
    freed: dict[tuple[str, str, NaturalKey], Address] = {
        (decision.subject.home, address.type, decision.subject.live.key): address
        for address, decision in acting.items()
        if decision.subject.live is not None and ("delete", address) in work
    }
    edges: defaultdict[_Group, list[_Group]] = defaultdict(list)
    for group in work:
        phase, address = group
        subject = acting[address].subject
        if phase == "delete":
            edges[group] += [("delete", child.address) for child in decisions.neighbours.children(address)]
            continue
        edges[group].append(("delete", address))
        edges[group] += [("write", each) for each in (subject.resource.depends_on if subject.resource else ())]
        if (there := freed.get((subject.connection, address.type, subject.key))) is not None:
            edges[group].append(("delete", there))
    return {
        group: list(dict.fromkeys(each for each in edges[group] if each in work and each != group)) for group in work
    }


def _wished(work: Mapping[_Group, _Work], acting: Mapping[Address, Decision]) -> dict[_Group, list[_Group]]:
    """Let what others referred to, when they were last applied, go after they are gone or refer to something else."""
    edges: defaultdict[_Group, list[_Group]] = defaultdict(list)
    for address, decision in acting.items():
        record = decision.subject.record
        for each in record.depends_on if record else ():
            if each in acting and acting[each].action is Action.DELETE:
                gone: _Group = ("delete", address)
                edges["delete", each].append(gone if gone in work else ("write", address))
    return edges


def _joined(needed: Mapping[_Group, list[_Group]], wished: Mapping[_Group, list[_Group]]) -> dict[_Group, list[_Group]]:
    return {
        group: list(
            dict.fromkeys((*before, *(each for each in wished.get(group, ()) if each in needed and each != group)))
        )
        for group, before in needed.items()
    }


def _numbered(
    work: Mapping[_Group, _Work], edges: Mapping[_Group, list[_Group]]
) -> dict[_Group, tuple[PlannedCall, ...]]:
    """Number the calls in an order that ``after`` allows; where it leaves a choice, by address."""
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    numbered: dict[_Group, tuple[PlannedCall, ...]] = {}
    next_id = 1
    while sorter.is_active():
        ready = sorter.get_ready()
        for group in sorted(ready):
            after = tuple(sorted(numbered[each][-1].id for each in edges[group]))
            planned = []
            for call in work[group].calls:
                planned.append(PlannedCall(next_id, after, work[group].connection, call))
                after = (next_id,)
                next_id += 1
            numbered[group] = tuple(planned)
        sorter.done(*ready)
    return numbered


def _change(decision: Decision, calls: tuple[PlannedCall, ...]) -> Change:
    subject = decision.subject
    return Change(
        address=subject.address,
        action=decision.action,
        reason=decision.reason,
        source=subject.resource.source if subject.resource else None,
        fields=decision.fields,
        notes=decision.notes,
        calls=calls,
        before=subject.record,
        after=decision.after,
        expects=fingerprint(subject.live),
    )
