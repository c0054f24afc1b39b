"""Resolved and valid documents, as resources: parents, connections, dependencies."""

import datetime as dt
import graphlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from dsops.manifest.draft import Draft
from dsops.manifest.places import Path, dotted
from dsops.manifest.resolver import UNRESOLVED
from dsops.manifest.rows.declare import row_set
from dsops.manifest.schema import Schema, located
from dsops.manifest.words import error, listed, near
from dsops.model import (
    ALL_VERBS,
    NAME_PATTERN,
    PLAIN_META,
    Address,
    Connection,
    Diagnostic,
    Ignore,
    Meta,
    Reference,
    Resource,
    Template,
    Verb,
    references,
)

_PLAIN_KEYS = frozenset({"name", "connection"})


@dataclass(slots=True)
class Builder:
    """Builds the resources of a stack.

    Attributes:
        drafts: All documents with a usable address.
        schemas: By type.
        connections: The stack's; None when the stack file has errors, and then nothing is said about connections.
        complete: Whether all files could be read: only then a missing resource is an error of whoever refers to it.
        root: The stack folder.
        manifests: The files that hold manifests.
    """

    drafts: Mapping[Address, Draft]
    schemas: Mapping[str, Schema]
    connections: Mapping[str, Connection] | None
    complete: bool
    root: FilePath
    manifests: Sequence[FilePath]
    chosen: dict[Address, str | None] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)

    def build(self, draft: Draft, address: Address, *, late: bool) -> Resource | None:
        """Return a resource; None, with the reason in the draft, when something is wrong."""
        parent, depends = self._references(draft)
        connection = self.connection(address)
        fact = self.schemas[draft.type].facts.rows
        rows = row_set(draft, fact, self.root, self.manifests) if fact and draft.sound else None
        if not draft.sound or connection is None:
            return None
        value = draft.value
        spec = value["spec"]
        if late:
            depends.extend(each.address for each in references(spec))
        return Resource(
            address=address,
            connection=connection,
            spec=spec,
            meta=_meta(value["metadata"]),
            source=draft.source,
            parent=parent,
            depends_on=tuple(dict.fromkeys(depends)),
            places=draft.places,
            late=late,
            rows=rows,
        )

    def _references(self, draft: Draft) -> tuple[Address | str | None, list[Address]]:
        parent: Address | str | None = None
        depends: list[Address] = []
        for number, (pattern, type_) in enumerate(self.schemas[draft.type].facts.references.items()):
            for path, name in located(draft.value, pattern):
                target = self._target(draft, path, name, type_)
                if number == 0:
                    parent = target
                if isinstance(target, Address):
                    depends.append(target)
        return parent, depends

    def _target(self, draft: Draft, path: Path, name: Any, type_: str) -> Address | str | None:
        """Return what a reference field names: an address of the stack, or the name of an object outside it."""
        if isinstance(name, Reference | Template) and name is not UNRESOLVED:
            hint = f"Write the name of the {type_}: it is its metadata.name."
            draft.report(path, f"{dotted(path)} takes a name, not a reference", hint=hint)
            return None
        if not isinstance(name, str) or ("/" not in name and not NAME_PATTERN.fullmatch(name)):
            return None  # the schema said so
        if "/" in name:
            return name
        provider, kind = type_.split("/")
        target = Address(provider, kind, name)
        if target in self.drafts or not self.complete:
            return target
        names = [each.name for each in self.drafts if each.type == type_]
        draft.report(
            path,
            f"{dotted(path)}: the stack has no {type_} called {name}",
            detail="A name without a slash means a resource of this stack, by its metadata.name.",
            hint=near(name, names, "names"),
        )
        return None

    def connection(self, address: Address) -> str | None:
        """Return the connection a resource lives on: its own, else the parent's, else the only one of its provider."""
        if address not in self.chosen:
            self.chosen[address] = None
            self.chosen[address] = self._choose(self.drafts[address], address)
        return self.chosen[address]

    def _choose(self, draft: Draft, address: Address) -> str | None:
        if self.connections is None:
            return None
        names = self._of_provider(address.provider)
        own = _metadata(draft).get("connection")
        if own is None and len(names) == 1:
            return names[0]
        parent = self._parent(draft)
        inherited = self.connection(parent) if parent else None
        if isinstance(own, str):
            return self._own(draft, address, own, parent, inherited)
        if parent:
            return inherited
        path = ("metadata", "connection")
        if names:
            hint = f"Write metadata.connection: {listed(names, 3)}."
            draft.report(
                path, f"{address} must name its connection", detail=f"The stack has {listed(names)}.", hint=hint
            )
        else:
            hint = f"Declare one under spec.connections in dsops.yaml, with provider: {address.provider}."
            draft.report(
                path, f"{address} has no connection: the stack has none of provider {address.provider}", hint=hint
            )
        return None

    def _of_provider(self, provider: str) -> list[str]:
        if provider not in self.names:
            self.names[provider] = [
                name for name, each in (self.connections or {}).items() if each.provider == provider
            ]
        return self.names[provider]

    def _own(
        self, draft: Draft, address: Address, own: str, parent: Address | None, inherited: str | None
    ) -> str | None:
        path = ("metadata", "connection")
        known = (self.connections or {}).get(own)
        if known is None:
            names = self._of_provider(address.provider)
            draft.report(path, f"There is no connection {own}", hint=near(own, names, "connections"))
            return None
        if known.provider != address.provider:
            detail = f"{own} is an account of {known.provider}."
            draft.report(path, f"{address} can't live on the connection {own}", detail=detail)
            return None
        if inherited is not None and inherited != own:
            detail = f"{parent} lives on {inherited}, and what belongs to it lives there too."
            draft.report(
                path,
                f"{address} can't live on the connection {own}",
                detail=detail,
                hint="Leave metadata.connection out.",
            )
            return None
        return own

    def _parent(self, draft: Draft) -> Address | None:
        pattern, type_ = next(iter(self.schemas[draft.type].facts.references.items()), ((), ""))
        for _, name in located(draft.value, pattern) if pattern else ():
            if isinstance(name, str) and "/" not in name:
                provider, kind = type_.split("/")
                address = Address(provider, kind, name)
                return address if address in self.drafts else None
        return None


def _metadata(draft: Draft) -> Mapping[str, Any]:
    metadata = draft.value.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _meta(metadata: Mapping[str, Any]) -> Meta:
    if metadata.keys() <= _PLAIN_KEYS:
        return PLAIN_META
    policy = metadata.get("policy")
    return Meta(
        protect=metadata.get("protect", False),
        policy=ALL_VERBS if policy is None else frozenset(Verb(each) for each in policy),
        replace="replace" in metadata,
        ignore=tuple(
            Ignore(each["path"], each["reason"], dt.date.fromisoformat(each["until"]) if "until" in each else None)
            for each in metadata.get("ignore", ())
        ),
    )


def circles(resources: Mapping[Address, Resource]) -> Iterator[Diagnostic]:
    """Yield an error when resources depend on each other in a circle."""
    sorter = graphlib.TopologicalSorter({address: each.depends_on for address, each in resources.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as found:
        circle: list[Address] = found.args[1]
        first = min(circle)
        at = circle.index(first)
        chain = [*circle[at:-1], *circle[:at], first] if circle[0] == circle[-1] else circle
        yield error(
            "Resources depend on each other in a circle",
            detail=" <- ".join(map(str, chain)),
            hint="Take one of the references out.",
            source=resources[first].source,
            address=first,
        )
