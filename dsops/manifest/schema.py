"""One JSON Schema: whether a document is valid, and the facts dsops reads from the schema.

*Whether* is decided by jsonschema_rs, two orders of magnitude faster than jsonschema; the words for what it refuses
come from jsonschema (`wording`), imported only then. For both ``format`` is an annotation; `checks` looks at dates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import jsonschema_rs
import orjson

from dsops.manifest.places import Path

ANY = "*"
"""Stands for any key or list position in the path of a fact."""


@dataclass(frozen=True, slots=True)
class RowsFact:
    """Where a kind's manifests declare rows (``x-dsops-rows``).

    Attributes:
        path: Path of that field.
        key: Names of the fields that identify a row where the manifest doesn't say.
    """

    path: Path
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a schema says beyond validity; paths may hold `ANY`.

    Attributes:
        references: Path to the type that is referred to (``x-dsops-reference``); the first one is the parent.
        secrets: Paths of secrets (``x-dsops-secret``).
        formats: Path to ``date`` or ``date-time``.
        rows: Where rows are declared; None for a kind without.
    """

    references: Mapping[Path, str]
    secrets: tuple[Path, ...]
    formats: Mapping[Path, str]
    rows: RowsFact | None = None

    def is_secret(self, path: Path) -> bool:
        """Whether a secret belongs at this path."""
        return any(matches(path, pattern) for pattern in self.secrets)


def matches(path: Path, pattern: Path) -> bool:
    """Whether a path is one of those that a pattern means."""
    return len(path) == len(pattern) and all(want in {ANY, part} for part, want in zip(path, pattern, strict=True))


def holds(value: Any, pattern: Path) -> bool:
    """Whether a value may have parts that a pattern means: a cheap look before `located`."""
    for part in pattern:
        if part == ANY:
            return bool(value)
        if type(value) is not dict or part not in value:
            return False
        value = value[part]
    return True


def located(value: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the parts of a value that a pattern means, with their paths."""
    for at, part in enumerate(pattern):
        if part == ANY:
            children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            for key, item in children:
                yield from located(item, pattern[at + 1 :], (*path, *pattern[:at], key))
            return
        if not isinstance(value, dict) or part not in value:
            return
        value = value[part]
    yield (*path, *pattern), value


class Schema:
    """A schema."""

    def __init__(self, source: FilePath | dict[str, Any]) -> None:
        """Read it; nothing is compiled before it is needed.

        Args:
            source: What a schema file holds, or the file; that ships with its provider, so that a missing or broken one
                is a bug.
        """
        self.document: dict[str, Any] = source if isinstance(source, dict) else orjson.loads(source.read_bytes())

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.Draft202012Validator(self.document, validate_formats=False)

    def accepts(self, value: Any) -> bool:
        """Whether a document is valid."""
        return bool(self._validator.is_valid(value))

    @cached_property
    def facts(self) -> Facts:
        """What the schema says beyond validity."""
        references: dict[Path, str] = {}
        secrets: list[Path] = []
        formats: dict[Path, str] = {}
        rows: RowsFact | None = None
        for path, node in self._walk(self.document, (), ()):
            if "x-dsops-reference" in node:
                references[path] = node["x-dsops-reference"]
            if node.get("x-dsops-secret"):
                secrets.append(path)
            if "format" in node:
                formats[path] = node["format"]
            if node.get("x-dsops-rows"):
                rows = RowsFact(path, (node["properties"]["key"]["default"],))
        return Facts(references, tuple(dict.fromkeys(secrets)), formats, rows)

    def _walk(
        self, node: Mapping[str, Any], path: Path, seen: tuple[str, ...]
    ) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        yield path, node
        reference = node.get("$ref")
        if reference is not None and reference not in seen:
            yield from self._walk(self._resolve(reference), path, (*seen, reference))
        for name, child in node.get("properties", {}).items():
            yield from self._walk(child, (*path, name), seen)
        for child in node.get("patternProperties", {}).values():
            yield from self._walk(child, (*path, ANY), seen)
        for keyword in ("additionalProperties", "items"):
            if isinstance(node.get(keyword), dict):
                yield from self._walk(node[keyword], (*path, ANY), seen)
        for child in (*node.get("allOf", ()), *(node[key] for key in ("then", "else") if key in node)):
            yield from self._walk(child, path, seen)

    def _resolve(self, reference: str) -> dict[str, Any]:
        """Return what a ``$ref`` inside the file means."""
        node = self.document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        return node
