"""Frozen values as JSON and back, led by their type hints.

A late value or a secret reference, which may stand wherever a JSON value may, is written ``{"$reference":
["uipath/Dataset/x", "id"]}``, ``{"$template": [...]}`` or ``{"$secret": ["env", "NAME"]}``. A map of a person's that
looks like one of these is written ``{"$map": {...}}``.
"""

import dataclasses
import datetime as dt
import types
import typing
from array import array
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, Union

from dsops.model import Address, Reference, SecretRef, Template


def encode(value: Any) -> Any:
    """Return the JSON content of a value made of frozen dataclasses, enums, addresses and JSON."""
    match value:
        case Enum():
            return value.value
        case Address() | dt.date():
            return str(value)
        case Reference() | Template() | SecretRef():
            return _encode_late(value)
        case frozenset():
            return sorted(encode(item) for item in value)
        case list() | tuple():
            return [encode(item) for item in value]
        case Mapping():
            plain = {str(key): encode(item) for key, item in value.items()}
            return {"$map": plain} if _looks_late(plain) else plain
    if dataclasses.is_dataclass(value):
        return {each.name: encode(getattr(value, each.name)) for each in dataclasses.fields(value)}
    return list(value) if isinstance(value, array) else value


def _encode_late(value: Reference | Template | SecretRef) -> Any:
    match value:
        case Reference(address, field):
            return {"$reference": [str(address), field]}
        case Template(parts):
            return {"$template": [encode(part) for part in parts]}
        case SecretRef(scheme, name):
            return {"$secret": [scheme, name]}


def decode(hint: Any, document: Any) -> Any:
    """Return the value of type ``hint`` that was encoded as ``document``.

    Raises:
        ValueError, TypeError, KeyError: The document is not of that type.
    """
    origin = typing.get_origin(hint)
    if isinstance(document, dict) and _looks_late(document):
        return _marked(hint, origin, document)
    if origin in (Union, types.UnionType):
        return _one_of(typing.get_args(hint), document)
    if origin in (tuple, frozenset, Sequence) and not isinstance(document, list):
        raise TypeError(f"{str(document)[:60]!r} is no list")
    if origin in (tuple, frozenset):
        return origin(_items(typing.get_args(hint), document))
    if origin is Sequence:  # of row numbers alone, of which there may be a million
        return _numbers(document)
    if origin is not None and issubclass(origin, Mapping):
        key, item = typing.get_args(hint)
        return {decode(key, name): decode(item, value) for name, value in document.items()}
    return _plain(hint, document)


def _numbers(document: list[Any]) -> "array[int]":
    try:
        return array("I", document)
    except OverflowError as wrong:
        raise ValueError(f"a number of a row is out of its range ({wrong})") from wrong


def _marked(hint: Any, origin: Any, document: dict[str, Any]) -> Any:
    """Return a late value, a secret reference or a map that looks like one, where the hint lets it stand."""
    found: Any
    match document:
        case {"$map": dict(plain)}:
            found = {name: decode(Any, value) for name, value in plain.items()}
            fits = hint is Any or (isinstance(origin, type) and issubclass(origin, Mapping))
        case _:
            found = _late(document)
            fits = hint is Any or type(found) in (hint, *typing.get_args(hint))
    if not fits:
        raise TypeError(f"{next(iter(document))} stands where it can't")
    return found


def _items(hints: tuple[Any, ...], document: Any) -> Iterator[Any]:
    """Yield the items of a tuple or a set; the hints of a tuple of fixed length stand for one item each."""
    if len(hints) > 1 and hints[-1] is not Ellipsis:
        return (decode(hint, item) for hint, item in zip(hints, document, strict=True))
    return (decode(hints[0], item) for item in document)


def _plain(hint: Any, document: Any) -> Any:
    if hint is Any:
        return _any(document)
    if hint is Address:
        return Address.parse(document)
    if hint is dt.date:
        return dt.date.fromisoformat(document)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(document)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: decode(hints[name], value) for name, value in document.items()})
    if hint is float and isinstance(document, int):
        return float(document)
    if isinstance(hint, type) and not isinstance(document, hint):
        raise TypeError(f"{document!r} is not of type {hint.__name__}")
    return document


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _one_of(hints: tuple[Any, ...], document: Any) -> Any:
    if document is None and types.NoneType in hints:
        return None
    inner = [hint for hint in hints if hint is not types.NoneType]
    plain = [hint for hint in inner if hint is str and isinstance(document, str)]
    return decode((plain or inner)[0], document)


def _any(document: Any) -> Any:
    match document:
        case dict():
            return {name: decode(Any, value) for name, value in document.items()}
        case list():
            return [decode(Any, item) for item in document]
        case _:
            return document


def _looks_late(document: Mapping[str, Any]) -> bool:
    return len(document) == 1 and next(iter(document)).startswith("$")


def _late(document: dict[str, Any]) -> Reference | Template | SecretRef:
    match document:
        case {"$reference": [str(address), str(field)]}:
            return Reference(Address.parse(address), field)
        case {"$template": list(parts)}:
            return Template(tuple(decode(str | Reference, part) for part in parts))
        case {"$secret": [str(scheme), str(name)]}:
            return SecretRef(scheme, name)
        case _:
            raise ValueError(f"{next(iter(document))} is nothing that a plan holds")
