"""The JSON Schemas of all there is: what dsops comes with, and what installed providers bring."""

from collections.abc import Mapping
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
    files = {name: path for each in installed_names() for name, path in further_schemas(each).items()}
    kinds = {**schemas(), **{name: path for name, path in files.items() if "/" in name}}
    return {STACK: _stack(files), **{name: orjson.loads(path.read_bytes()) for name, path in sorted(kinds.items())}}


def schema_of(kind: str) -> str | None:
    """Return the text of a schema, of a kind or of the stack file; None where there is no such kind.

    Raises:
        DsopsError: An installed provider can't be loaded.
    """
    if kind == STACK and installed_names():
        return json_text(all_schemas()[STACK])
    files = {STACK: asset("schemas", "Stack.json"), **schemas()}
    path = files.get(kind) or further_schemas(kind.partition("/")[0]).get(kind)
    return path.read_text(encoding="utf-8").rstrip("\n") if path and ("/" in kind or kind == STACK) else None


def _stack(files: Mapping[str, Path]) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(asset("schemas", "Stack.json").read_bytes())
    connections = {name: orjson.loads(path.read_bytes()) for name, path in files.items() if "/" not in name}
    if not connections:
        return document
    from dsops.manifest.extensions import with_connections

    return with_connections(document, connections)
