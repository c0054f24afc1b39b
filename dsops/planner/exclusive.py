"""Fields that one object below a parent can have at a time (``KindInfo.exclusive``).

Whatever is made beside the object that is to have such a field may take it. So that object is written after those; and
where it needs no write of its own, each of those gives the field back.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from dsops.model import Action, Address, Call, NaturalKey
from dsops.planner.decide import Decision
from dsops.planner.inputs import Inputs, Subject

Holders = Mapping[tuple[str, str, NaturalKey], Address]
"""Connection, kind and parent's natural key, to the object below that is declared to have the field."""

MADE = frozenset({Action.CREATE, Action.REPLACE})


def holders(inputs: Inputs) -> Holders:
    """Return, for each parent, which object below it is declared to have the field."""
    exclusive = {type_: kind.info.exclusive for type_, kind in inputs.kinds.items() if kind.info.exclusive}
    declared = inputs.declared
    return {
        _place(declared.resources[address].connection, address, declared.keys[address], inputs): address
        for address, attributes in declared.attributes.items()
        if address.type in exclusive and exclusive[address.type] in attributes
    }


def rivals(holders: Holders, inputs: Inputs, decided: Mapping[Address, Decision]) -> Iterator[tuple[Address, Address]]:
    """Yield each object that is made, with the one beside it that is to have the field all the same."""
    for address, decision in decided.items():
        if holders and decision.action in MADE:
            subject = decision.subject
            holder = holders.get(_place(subject.connection, address, subject.key, inputs))
            if holder is not None and holder != address and holder in decided:
                yield address, holder


def gives_back(holder: Decision) -> tuple[Call, ...]:
    """Return the calls with which what is made gives the field back to an object that isn't written itself."""
    subject: Subject = holder.subject
    field = subject.kind.info.exclusive
    if subject.live is None or holder.action is Action.BLOCKED or holder.action in MADE or field in holder.send:
        return ()
    return tuple(dataclasses.replace(call, settles=()) for call in subject.kind.update(subject.live, {field: True}))


def _place(connection: str, address: Address, key: NaturalKey, inputs: Inputs) -> tuple[str, str, NaturalKey]:
    return connection, address.type, inputs.kinds[address.type].info.parent_key(key)
