"""From decisions to changes: calls, numbered, each knowing those it must follow.

A change has up to two groups of calls: those that delete, and those that write. Within a group calls follow one
another, but for those that change or delete one row: these wait for the object's own calls alone. Between groups:

* what an object's dependencies write comes before what it writes;
* what stands below an object is deleted before it;
* what an object may take a field from is written after it (``dsops.planner.exclusive``);
* replacing deletes first, and what is created under a name comes after what is deleted there;
* an object that others refer to is deleted after they stopped to, as far as the rest allows it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from dsops.model import (
    OWN_ID,
    PARENT_ID,
    Action,
    Address,
    Call,
    Change,
    LiveObject,
    NaturalKey,
    PlannedCall,
    Reference,
    Resource,
    RowChanges,
    digest,
    references,
)
from dsops.planner.decide import Decision
from dsops.planner.decisions import Decisions
from dsops.planner.exclusive import gives_back, holders, rivals
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.rows import RowCalls, RowScript, Target, row_changes, row_writes

_Group = tuple[Literal["delete", "write"], Address]


_NO_ROWS = RowCalls()


@dataclass(frozen=True, slots=True)
class _Work:
    """A group of calls.

    Attributes:
        connection: Name of the connection.
        own: Calls for the object itself.
        rows: Calls for its rows.
    """

    connection: str
    own: tuple[Call, ...]
    rows: RowCalls = _NO_ROWS


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A group of calls with their numbers.

    Attributes:
        calls: All of them, by number.
        last: Number of the call that what follows the group waits for; None where nothing needs to.
    """

    calls: tuple[PlannedCall, ...]
    last: int | None


_NO_CALLS = _Numbered((), None)


def changes(inputs: Inputs, decisions: Decisions) -> tuple[Change, ...]:
    """Return every change but noops, sorted by address, with its calls."""
    acting = {
        address: decision for address, decision in decisions.by_address.items() if decision.action is not Action.NOOP
    }
    rows: dict[Address, RowChanges] = {}
    beside = dict(rivals(holders(inputs), inputs, decisions.by_address))
    work = _work(inputs, decisions, acting, rows, beside)
    needed = _edges(work, acting, decisions)
    try:
        numbered = _numbered(work, _joined(needed, _wished(work, acting, beside)))
    except CycleError:  # what records refer to may contradict what is declared now
        numbered = _numbered(work, needed)
    return tuple(
        _change(
            decision,
            numbered.get(("delete", address), _NO_CALLS).calls + numbered.get(("write", address), _NO_CALLS).calls,
            rows.get(address),
        )
        for address, decision in sorted(acting.items())
    )


def fingerprint(live: LiveObject | None) -> str | None:
    """Return what tells one reading of an object from another; None for an object that isn't there."""
    return None if live is None else digest([live.remote_id, live.key, live.attributes])


def _work(
    inputs: Inputs,
    decisions: Decisions,
    acting: Mapping[Address, Decision],
    rows: dict[Address, RowChanges],
    beside: Mapping[Address, Address],
) -> dict[_Group, _Work]:
    """Return the groups; put what is done to rows into ``rows``."""
    work: dict[_Group, _Work] = {}
    for address, decision in acting.items():
        subject = decision.subject
        if decision.action in (Action.DELETE, Action.REPLACE) and subject.live is not None:
            work["delete", address] = _Work(subject.home, subject.kind.delete(subject.live))
        calls = _NO_ROWS
        if decision.rows is not None:
            calls, rows[address] = _row_work(inputs, decisions, decision, decision.rows)
        own = () if _makes_with_rows(decision) else _own_calls(inputs, decisions, decision)
        if address in beside:
            own += gives_back(decisions.by_address[beside[address]])
        if own or calls.parts or calls.single:
            work["write", address] = _Work(subject.connection, own, calls)
    return work


def _own_calls(inputs: Inputs, decisions: Decisions, decision: Decision) -> tuple[Call, ...]:
    """Return the writes for the object itself, without its rows."""
    subject = decision.subject
    if decision.action in (Action.CREATE, Action.REPLACE):
        send = decision.send
        if subject.kind.info.parent_by_id and subject.resource is not None:
            send = {**send, PARENT_ID: _parent_id(inputs, decisions, subject.resource)}
        if subject.kind.info.exclusive:
            send = {**send, OWN_ID: Reference(subject.address)}
        return subject.kind.create(subject.key, send)
    if decision.action in (Action.UPDATE, Action.ADOPT) and decision.send and subject.live is not None:
        hints = inputs.declared.hints.get(subject.address, {})
        return subject.kind.update(subject.live, {**decision.send, **hints})
    return ()


def _parent_id(inputs: Inputs, decisions: Decisions, resource: Resource) -> str | Reference:
    """Return the id of a resource's parent: of one outside the stack as reading found it."""
    if not isinstance(resource.parent, Address):
        return inputs.observation.listings[inputs.declared.scope(resource.address, inputs.kinds)].parent_id
    parent = decisions.by_address.get(resource.parent)
    if parent is not None and parent.keeps_id and parent.subject.live is not None:
        return parent.subject.live.remote_id
    return Reference(resource.parent)


def _makes_with_rows(decision: Decision) -> bool:
    """Whether one call makes the object together with rows; its body is hashed now, and so holds nothing late."""
    return (
        decision.action in (Action.CREATE, Action.REPLACE)
        and decision.rows is not None
        and len(decision.rows.creates) > 0
        and not references(decision.send)
    )


def _row_work(
    inputs: Inputs, decisions: Decisions, decision: Decision, script: RowScript
) -> tuple[RowCalls, RowChanges]:
    subject, full = decision.subject, inputs.settings.full
    side, codec = decisions.rows.sides[subject.address], subject.kind.rows
    if codec is None:
        raise ValueError(f"{subject.address} is of a kind without rows")
    if decision.action is Action.BLOCKED:
        return _NO_ROWS, row_changes(script, side, codec, full=full)
    return row_writes(script, side, codec, _target(inputs, decision, subject), full=full)


def _target(inputs: Inputs, decision: Decision, subject: Subject) -> Target:
    if decision.action in (Action.CREATE, Action.REPLACE) or subject.live is None:
        attributes = decision.send if _makes_with_rows(decision) else None
        return Target(Reference(subject.address), subject.key, attributes)
    traits = inputs.traits.get(inputs.stack.connections[subject.connection].account, {})
    return Target(subject.live.remote_id, finer=traits.get("rowPut") == "finer")


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


def _wished(
    work: Mapping[_Group, _Work], acting: Mapping[Address, Decision], beside: Mapping[Address, Address]
) -> dict[_Group, list[_Group]]:
    """Let what others referred to, when they were last applied, go after they are gone or refer to something else.

    And let what an object may take a field from be written after it.
    """
    edges: defaultdict[_Group, list[_Group]] = defaultdict(list)
    for address, decision in acting.items():
        record = decision.subject.record
        for each in record.depends_on if record else ():
            if each in acting and acting[each].action is Action.DELETE:
                gone: _Group = ("delete", address)
                edges["delete", each].append(gone if gone in work else ("write", address))
    for made, holder in beside.items():
        edges["write", holder].append(("write", made))
    return edges


def _joined(needed: Mapping[_Group, list[_Group]], wished: Mapping[_Group, list[_Group]]) -> dict[_Group, list[_Group]]:
    return {
        group: list(
            dict.fromkeys((*before, *(each for each in wished.get(group, ()) if each in needed and each != group)))
        )
        for group, before in needed.items()
    }


def _numbered(work: Mapping[_Group, _Work], edges: Mapping[_Group, list[_Group]]) -> dict[_Group, _Numbered]:
    """Number the calls in an order that ``after`` allows; where it leaves a choice, by address."""
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    numbered: dict[_Group, _Numbered] = {}
    next_id = 1
    while sorter.is_active():
        ready = sorter.get_ready()
        for group in sorted(ready):
            last = (numbered[each].last for each in edges[group])
            numbered[group] = _group(work[group], next_id, tuple(sorted(each for each in last if each is not None)))
            next_id += len(numbered[group].calls)
        sorter.done(*ready)
    return numbered


def _group(work: _Work, next_id: int, after: tuple[int, ...]) -> _Numbered:
    """Number the calls of one group: its own, parts of rows, then single rows."""
    planned: list[PlannedCall] = []

    def chain(calls: Iterable[Call], after: tuple[int, ...]) -> tuple[int, ...]:
        for call in calls:
            planned.append(PlannedCall(next_id + len(planned), after, work.connection, call))
            after = (planned[-1].id,)
        return after

    made = chain(work.own, after)
    chain(work.rows.parts, made)
    last = planned[-1].id if planned else None
    for calls in work.rows.single:
        chain(calls, made)
    return _Numbered(tuple(planned), last)


def _change(decision: Decision, calls: tuple[PlannedCall, ...], rows: RowChanges | None) -> Change:
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
        rows=rows,
    )
