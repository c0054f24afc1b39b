"""Comment filters: ``oneOf`` in manifests, ``one_of`` on the wire.

The names of user and thread properties (``string:Country``) are data and stay as they are. So does what manifests
write as the API does: the filters on labels and on trigger exceptions.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from dsops.providers.uipath.wire import as_set, instant

_AS_IT_IS = frozenset({"triggerExceptions", "trigger_exceptions", "labels"})
_MAPS_BY_NAME = frozenset({"userProperties", "user_properties", "threadProperties", "thread_properties"})


def encode(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filter as it goes on the wire."""
    renamed: dict[str, Any] = _renamed(filter_, _snake)
    return renamed


def decode(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical form of a filter read from the wire."""
    return _in_utc(_read(document))


def canonical_filter(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter with every list as a set and the ends of its time range in UTC (``specs/uipath.md``, filters)."""
    return _in_utc(_sets(filter_))


def _in_utc(filter_: dict[str, Any]) -> dict[str, Any]:
    span = filter_.get("timestamp")
    if isinstance(span, dict):
        return {**filter_, "timestamp": {end: instant(value) for end, value in span.items()}}
    return filter_


@lru_cache(maxsize=1024)
def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), name)


@lru_cache(maxsize=1024)
def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _sets(value: Any) -> Any:
    """Return the value with its lists as sets and without nulls; where it is so already, itself."""
    if isinstance(value, dict):
        result = {name: _sets(item) for name, item in value.items() if item is not None}
        return value if result == value else result
    return as_set(value) if isinstance(value, list | tuple) else value


def _read(value: Any, *, names: bool = True) -> Any:
    """Rename and make canonical in one go: most of the time of reading a stream goes into its filter."""
    if isinstance(value, dict):
        return {
            _camel(name) if names else name: _sets(item)
            if names and name in _AS_IT_IS
            else _read(item, names=not (names and name in _MAPS_BY_NAME))
            for name, item in value.items()
            if item is not None
        }
    return as_set(map(_read, value)) if isinstance(value, list | tuple) else value


def _renamed(value: Any, rename: Callable[[str], str], *, names: bool = True) -> Any:
    if isinstance(value, dict):
        return {
            rename(name) if names else name: item
            if names and name in _AS_IT_IS
            else _renamed(item, rename, names=not (names and name in _MAPS_BY_NAME))
            for name, item in value.items()
        }
    return [_renamed(item, rename) for item in value] if isinstance(value, list | tuple) else value
