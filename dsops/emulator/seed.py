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
            document = yaml.load(path.read_bytes(), _loader())  # noqa: S506 — a safe one
    except (OSError, orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise SetupError(f"{path}: seed cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SetupError(f"{path}: a seed is a mapping from provider (uipath, geai, modelarts, vi) to its objects")
    return document


def _loader() -> Any:
    """PyYAML's safe loader, but one that leaves times as text: a seed holds what a JSON body would."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [each for each in known if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    return type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})
