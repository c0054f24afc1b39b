"""The stack file, resolved and valid, as a Stack."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import urlsplit

from dsops.manifest.draft import Draft
from dsops.model import Connection, Safety, SecretRef, Stack

_COMMON = frozenset({"provider", "endpoint", "maxConcurrency", "timeout", "settle", "insecure"})
_ENDPOINTS = frozenset({"endpoint", "iamEndpoint"})
"""Fields whose value is sent secrets."""


def build_stack(draft: Draft, root: FilePath, env: str | None, schema: Mapping[str, Any]) -> Stack | None:
    """Return the stack; None, with the reason in the draft, when a connection can't be used.

    Args:
        draft: The stack file, resolved and accepted by its schema.
        root: The stack folder.
        env: The environment, if one was chosen.
        schema: Its schema, which knows the endpoints of those providers that have one for all.
    """
    spec = draft.value["spec"]
    connections = {name: _with_endpoint(fields, schema) for name, fields in spec.get("connections", {}).items()}
    for name, fields in connections.items():
        for field in _ENDPOINTS & fields.keys():
            _check_endpoint(draft, name, fields, field)
    if not draft.sound:
        return None
    safety = spec.get("safety", {})
    defaults = Safety()
    return Stack(
        name=draft.value["metadata"]["name"],
        env=env,
        root=str(root),
        state=spec.get("state", f"sqlite:.dsops/{env or 'default'}.db"),
        connections={name: _connection(name, fields) for name, fields in connections.items()},
        safety=Safety(
            max_deletes=int(safety.get("maxDeletes", defaults.max_deletes)),
            max_delete_percent=float(safety.get("maxDeletePercent", defaults.max_delete_percent)),
            max_update_percent=float(safety.get("maxUpdatePercent", defaults.max_update_percent)),
        ),
    )


def _with_endpoint(fields: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a connection with its endpoint: its own, or its provider's."""
    if "endpoint" in fields:
        return fields
    return {**fields, "endpoint": schema["$defs"][fields["provider"]]["properties"]["endpoint"]["default"]}


def _connection(name: str, fields: Mapping[str, Any]) -> Connection:
    own = {key: value for key, value in fields.items() if key not in _COMMON}
    settle = fields.get("settle")
    defaults = Connection(name, fields["provider"], "")
    return Connection(
        name=name,
        provider=fields["provider"],
        endpoint=fields["endpoint"].rstrip("/"),
        settings={key: value for key, value in own.items() if not isinstance(value, SecretRef)},
        secrets={key: value for key, value in own.items() if isinstance(value, SecretRef)},
        max_concurrency=int(fields.get("maxConcurrency", defaults.max_concurrency)),
        timeout=float(fields.get("timeout", defaults.timeout)),
        settle=None if settle is None else float(settle),
        insecure=fields.get("insecure", False),
    )


def _check_endpoint(draft: Draft, name: str, fields: Mapping[str, Any], field: str) -> None:
    path = ("spec", "connections", name, field)
    try:
        parts = urlsplit(fields[field])
        host, _ = parts.hostname, parts.port
    except ValueError:  # its text repeats a part of the URL, which may be a password in the place of a port
        draft.report(path, f"The {field} of {name} is no URL", hint="Check its host and its port.")
        return
    if parts.scheme == "http" and not _is_here(host or "") and not fields.get("insecure", False):
        draft.report(
            path,
            f"The {field} of {name} is plain http to another machine",
            detail="Its secrets would cross the network in the clear.",
            hint="Use https, or write insecure: true beside it.",
        )


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
