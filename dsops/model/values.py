"""Values of manifests and bodies: JSON, and what becomes JSON later."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.model.address import Address

KNOWN_AFTER_APPLY = "(known after apply)"


@dataclass(frozen=True, slots=True)
class Reference:
    """``${uipath/Dataset/collateral.id}``: the remote id of another resource, known once that exists.

    References to fields of a spec are resolved while manifests are read; only ``id`` is left for the planner.
    """

    address: Address
    field: str = "id"

    def __str__(self) -> str:
        return f"${{{self.address}.{self.field}}}"


@dataclass(frozen=True, slots=True)
class Template:
    """Text with references inside; ``parts`` alternate freely between text and references."""

    parts: tuple[str | Reference, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """``${env:NAME}`` or ``${file:PATH}``: resolved when a request is signed, never before.

    Attributes:
        scheme: ``env`` or ``file``.
        name: Name of the variable, or path relative to the stack folder.
    """

    scheme: str
    name: str

    def __str__(self) -> str:
        return f"${{{self.scheme}:{self.name}}}"


Late = Reference | Template
"""A value that may be known only after another call."""


def canonical(value: Any) -> bytes:
    """Encode JSON content as canonical JSON: UTF-8, sorted keys, no spaces.

    A float without a fraction is written as an integer, so that ``100`` and ``100.0`` are the same content.

    Raises:
        TypeError: ``value`` holds something that is not JSON.
    """
    # Without the pass-through orjson would write a reference or a secret reference out as an object.
    return orjson.dumps(_integral(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)


_ATOMS = frozenset({str, int, bool, type(None)})
"""What most values are: nothing is inside them, and they stay as they are."""


def _integral(value: Any) -> Any:
    if type(value) in _ATOMS:
        return value
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _integral(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_integral(item) for item in value]
    return value


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of ``value``, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def references(value: Any) -> tuple[Reference, ...]:
    """List the references inside a value, in order of appearance."""
    match value:
        case Reference():
            return (value,)
        case Template(parts):
            return tuple(part for part in parts if isinstance(part, Reference))
        case Mapping():
            return tuple(found for item in value.values() for found in references(item))
        case list() | tuple():
            return tuple(found for item in value for found in references(item))
        case _:
            return ()


def substitute(value: Any, resolve: Callable[[Reference], str | None]) -> Any:
    """Replace the references that ``resolve`` knows; those for which it answers None stay as they are."""
    match value:
        case Reference():
            known = resolve(value)
            return value if known is None else known
        case Template(parts):
            new = tuple(substitute(part, resolve) if isinstance(part, Reference) else part for part in parts)
            return "".join(str(part) for part in new) if all(isinstance(part, str) for part in new) else Template(new)
        case Mapping():
            return {key: substitute(item, resolve) for key, item in value.items()}
        case list() | tuple():
            return [substitute(item, resolve) for item in value]
        case _:
            return value


def masked(value: Any) -> Any:
    """Return ``value`` with each late value shown as ``(known after apply)`` and each secret as its reference."""
    if type(value) in _ATOMS:
        return value
    match value:
        case Reference() | Template():
            return KNOWN_AFTER_APPLY
        case SecretRef():
            return str(value)
        case Mapping():
            return {key: masked(item) for key, item in value.items()}
        case list() | tuple():
            return [masked(item) for item in value]
        case _:
            return value
