"""Reads a seed file. What is inside a provider's section is that provider's matter."""

from pathlib import Path
from typing import Any

import orjson

from dsops.emulator.exchange import SetupError


def read_seed(path: Path | None) -> dict[str, Any]:
    """The seed's sections by provider; empty without a file. A name ending in .json is read as JSON, any other as YAML.

    Raises SetupError when the file can't be read or isn't a mapping.
    """
    if path is None:
        return {}
    import yaml  # late: a start without a YAML seed doesn't pay for it

    try:
        if path.suffix == ".json":
            document = orjson.loads(path.read_bytes())
        else:
            document = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 — both are safe
    except (OSError, orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise SetupError(f"{path}: seed cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SetupError(f"{path}: a seed is a mapping from provider (uipath) to its objects")
    return document
