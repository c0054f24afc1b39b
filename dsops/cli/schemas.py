"""The JSON Schemas of all there is: what dsops comes with, and what installed providers bring."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from dsops.model.assets import asset
from dsops.providers import further_schemas, installed_names, schemas
from dsops.render import json_text

STACK = "Stack"


def all_schemas() -> dict[str, Any]:
    """Return every schema by its kind.

    Raises:
        DsopsError: An installed provider can't be loaded.
    """
    ours = {name: _read(path) for name, path in schemas().items()}
    stack, further = _read(asset("schemas", "Stack.json")), _further(installed_names())
    if further:
        from dsops.manifest.extensions import with_connections

        stack = with_connections(stack, {name: each for name, each in further.items() if "/" not in name})
    kinds = {**ours, **{name: each for name, each in further.items() if "/" in name}}
    return {STACK: stack, **dict(sorted(kinds.items()))}


def schema_of(kind: str) -> str | None:
    """Return the text of a schema, of a kind or of the stack file; None where there is no such kind.

    Raises:
        DsopsError: An installed provider can't be loaded.
    """
    path = schemas().get(kind)
    if path is None and kind == STACK and not installed_names():
        path = asset("schemas", "Stack.json")
    if path is not None:
        return path.read_text(encoding="utf-8").rstrip("\n")
    found = all_schemas() if kind == STACK else _further([kind.partition("/")[0]])
    return json_text(found[kind]) if kind in found and (kind == STACK or "/" in kind) else None


def _further(names: Iterable[str]) -> dict[str, Any]:
    """Return the schemas of providers of other packages: kinds' by type, connections' by name."""
    found = {name: path for each in names for name, path in further_schemas(each).items()}
    if not found:
        return {}
    from dsops.manifest.extensions import with_envelope

    return {name: with_envelope(name, _read(path)) if "/" in name else _read(path) for name, path in found.items()}


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(path.read_bytes())
    return document
