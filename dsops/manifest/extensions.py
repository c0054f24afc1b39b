"""Providers that other packages bring: their kinds and their connections, asked for where a manifest names one."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

from dsops.manifest.draft import Draft
from dsops.manifest.schema import Schema
from dsops.model import Diagnostic, DsopsError
from dsops.model.assets import asset

STACK: Final = "Stack"
_COMMON = ("maxConcurrency", "timeout", "settle", "insecure")

Others = Callable[[str], Mapping[str, FilePath]]
"""Takes a provider's name; returns the schema files of its kinds' specs by type, of its connections by its name.

Empty where there is no such provider. May raise DsopsError: there is one, and it can't be used.
"""


def no_others(provider: str) -> Mapping[str, FilePath]:
    """Know no provider."""
    del provider
    return {}


@dataclass(slots=True)
class Extensions:
    """The schema files that a stack needs; those of a further provider are added when it is named.

    Attributes:
        paths: By type, and ``Stack``; by the provider's name that of a further provider's connections.
        others: Knows further providers.
    """

    paths: dict[str, FilePath]
    others: Others
    _asked: set[str] = field(default_factory=set)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of all kinds known so far."""
        return tuple(each for each in self.paths if "/" in each)

    def ask(self, provider: str) -> tuple[Diagnostic, ...]:
        """Add the files of a provider, where there is one; returns what is wrong with it."""
        if provider in self._asked or any(each.startswith(f"{provider}/") for each in self.paths):
            return ()
        self._asked.add(provider)
        try:
            self.paths |= self.others(provider)
        except DsopsError as broken:
            return broken.diagnostics
        return ()

    def named(self, stack: Draft) -> tuple[Diagnostic, ...]:
        """Add the files of the providers that a stack's connections name."""
        spec = stack.value.get("spec")
        connections = spec.get("connections") if isinstance(spec, dict) else None
        values = connections.values() if isinstance(connections, dict) else ()
        names = [each.get("provider") for each in values if isinstance(each, dict)]
        return tuple(problem for name in names if isinstance(name, str) for problem in self.ask(name))

    def schema(self, type_: str) -> Schema:
        """Read a schema; that of the stack knows the connections of further providers."""
        found = Schema(self.paths[type_])
        if type_.partition("/")[0] in self._asked:
            return Schema(with_envelope(type_, found.document))
        further = [each for each in self.paths if "/" not in each and each != STACK]
        if type_ != STACK or not further:
            return found
        connections = {each: Schema(self.paths[each]).document for each in further}
        return Schema(with_connections(found.document, connections))


def with_connections(stack: Mapping[str, Any], connections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schema of the stack file with the connections of further providers in it.

    Args:
        stack: ``schemas/Stack.json``.
        connections: Provider to the schema of the fields its connections have besides those that all have; it may refer
            to ``#/$defs/secret`` and ``#/$defs/endpoint``.
    """
    document = copy.deepcopy(dict(stack))
    definitions = document["$defs"]
    connection = definitions["connection"]
    connection["properties"]["provider"]["enum"] += sorted(connections)
    for name, schema in connections.items():
        is_this = {"required": ["provider"], "properties": {"provider": {"const": name}}}
        connection["allOf"].append({"if": is_this, "then": {"$ref": f"#/$defs/{name}"}})
        common = {each: {"$ref": f"#/$defs/{each}"} for each in _COMMON}
        properties = {"provider": {"const": name}, "endpoint": {"$ref": "#/$defs/endpoint"}, **common}
        properties |= schema.get("properties", {})
        always = () if "default" in properties["endpoint"] else ("endpoint",)
        definitions[name] = {
            "type": "object",
            "additionalProperties": False,
            **schema,
            "required": sorted({*schema.get("required", ()), *always}),
            "properties": properties,
        }
    return document


def with_envelope(type_: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a further provider's manifests: that of their spec, with what every manifest has around it.

    Args:
        type_: ``notes/Note``.
        spec: The schema of the spec; its ``$defs`` become those of the whole.
    """
    provider, kind = type_.split("/")
    envelope = Schema(asset("schemas", "uipath", "Dataset.json")).document["$defs"]["metadata"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": type_,
        "description": spec.get("description", type_),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": f"{provider}/v1"},
            "kind": {"const": kind},
            "metadata": {"$ref": "#/$defs/metadata"},
            "spec": {name: each for name, each in spec.items() if name not in {"$defs", "$schema", "$id"}},
        },
        "$defs": {**spec.get("$defs", {}), "metadata": envelope},
    }
