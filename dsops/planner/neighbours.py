"""What stands beside and below each address. Computed when first asked for: a plan without changes never asks."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from dsops.model import Address, LiveObject, NaturalKey, Verb
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.observation import Scope

Place = tuple[str, str, NaturalKey]
"""Connection, kind and natural key."""


class Neighbours:
    """The subjects of a plan, by where they stand."""

    def __init__(self, inputs: Inputs, subjects: Mapping[Address, Subject]) -> None:
        """Take every address, declared or recorded, with its sides."""
        self._inputs = inputs
        self._subjects = subjects

    @cached_property
    def places(self) -> Mapping[Place, Address]:
        """Each place with the address of what stands there; where nothing does, with the address that is to."""
        found: dict[Place, Address] = {}
        absent: list[Subject] = []
        for address, subject in self._subjects.items():
            if subject.live is None:
                absent.append(subject)
            else:
                found[subject.home, address.type, subject.live.key] = address
        for subject in absent:
            found.setdefault((subject.home, subject.address.type, subject.key), subject.address)
        return found

    @cached_property
    def _children(self) -> Mapping[Address, list[Subject]]:
        children: defaultdict[Address, list[Subject]] = defaultdict(list)
        # What is below an object that is to be renamed is shown under its new name.
        renamed = {
            (each.home, address.type, each.key): address
            for address, each in self._subjects.items()
            if each.live is not None and each.live.key != each.key and each.kind.info.renamable
        }
        for subject in self._subjects.values():
            info = subject.kind.info
            if info.parent is not None:
                key = subject.key if subject.live is None else subject.live.key
                place = (subject.home, info.parent, info.parent_key(key))
                parent = renamed.get(place) or self.places.get(place)
                if parent is not None:
                    children[parent].append(subject)
        return children

    @cached_property
    def unmanaged(self) -> Mapping[Scope, tuple[LiveObject, ...]]:
        """Live objects of the scopes read that belong to no address, by scope."""
        known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for address, subject in self._subjects.items():
            if subject.live is not None:
                known[subject.home, address.type].add(subject.live.remote_id)
        return {
            scope: tuple(each for each in listing.objects if each.remote_id not in known[scope.connection, scope.type])
            for scope, listing in self._inputs.observation.listings.items()
        }

    def children(self, address: Address) -> tuple[Subject, ...]:
        """Return the subjects that stand below one; of those that are nowhere, the ones declared below it."""
        return tuple(self._children.get(address, ()))

    def strangers(self, subject: Subject, *, deletable: bool = False) -> tuple[LiveObject, ...]:
        """Return the live objects below one that this stack neither recorded nor declares.

        Args:
            subject: What they stand below.
            deletable: Without those of kinds that can't be deleted: nobody keeps what only goes with its parent.
        """
        if subject.live is None:
            return ()
        above, kinds = subject.address.type, self._inputs.kinds
        scopes = (
            Scope(subject.home, type_, subject.live.key)
            for type_, kind in kinds.items()
            if kind.info.parent == above and not (deletable and Verb.DELETE not in kind.info.verbs)
        )
        return tuple(each for scope in scopes for each in self.unmanaged.get(scope, ()))
