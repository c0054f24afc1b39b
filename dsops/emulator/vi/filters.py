"""Which assets a filter means. The language isn't documented; this is the little of it that the vendor's samples show.

A filter is an object from dotted paths to values; all must be equal. A path is one of the asset as lists answer it, or
of what is below its `metadata` (specs/vi.md, choice 12).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.emulator.exchange import Refusal

_NOTHING = object()
# What stands below these is a user's own, so that no path is wrong there.
_FREE = (("metadata", "userDefined"), ("metadata", "customMetadata"), ("metadata", "annotations", "withTag"))
_PLAIN = str | int | float | bool | None
_TERM = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=\s*(\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A path that must hold a value."""

    path: tuple[str, ...]
    value: Any

    def holds(self, document: Mapping[str, Any]) -> bool:
        """Whether an asset's document has this value there; 1 and 1.0 are equal, 1 and true aren't."""
        found = _at(document, self.path)
        return found is not _NOTHING and isinstance(found, bool) == isinstance(self.value, bool) and found == self.value


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that must all hold. Empty: all assets."""

    conditions: tuple[Condition, ...]

    def takes(self, document: Mapping[str, Any]) -> bool:
        """Whether an asset is meant."""
        return all(condition.holds(document) for condition in self.conditions)

    def check_strictly(self, sample: Mapping[str, Any], where: str) -> None:
        """Raise Refusal 422 for a path that assets don't have. sample: an asset."""
        for condition in self.conditions:
            path = condition.path
            free = any(each[: len(free)] == free for each in (path, ("metadata", *path)) for free in _FREE)
            if not free and _at(sample, path) is _NOTHING:
                raise Refusal(422, f"{where}: assets have no {'.'.join(path)!r} (strict query)")


def parse_selection(fields: Mapping[str, Any], where: str) -> Selection:
    """What `filter`, `metadataQuery` and `ruleQuery` mean together. Raises Refusal 422."""
    conditions = _parse_filter(fields.get("filter"), f"{where}.filter")
    conditions += _parse_terms(fields.get("metadataQuery"), f"{where}.metadataQuery", ("metadata", "customMetadata"))
    conditions += _parse_terms(fields.get("ruleQuery"), f"{where}.ruleQuery", ())
    return Selection(tuple(conditions))


def _parse_filter(given: str | Mapping[str, Any] | None, where: str) -> list[Condition]:
    if given is None:
        return []
    content: Any = given
    if isinstance(given, str):
        try:
            content = orjson.loads(given)
        except orjson.JSONDecodeError as error:
            raise Refusal(422, f"{where}: is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise Refusal(422, f"{where}: is not an object from paths to values")
    for path, value in content.items():
        if not isinstance(value, _PLAIN):
            raise Refusal(422, f"{where}: the emulator knows equality with plain values only, not that of {path!r}")
    return [Condition(tuple(path.split(".")), value) for path, value in content.items()]


def _parse_terms(given: str | None, where: str, above: tuple[str, ...]) -> list[Condition]:
    """`path=value`, joined by AND. A value is JSON where it is a plain one, else text."""
    if given is None:
        return []
    conditions = []
    for term in given.split(" AND "):
        match = _TERM.fullmatch(term)
        if match is None:
            raise Refusal(422, f"{where}: the emulator knows path=value, joined by AND, only")
        conditions.append(Condition((*above, *match[1].split(".")), _plain(match[2])))
    return conditions


def _plain(text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, _PLAIN) else text


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found = _below(document, path)
    return _below(document["metadata"], path) if found is _NOTHING else found


def _below(document: Any, path: tuple[str, ...]) -> Any:
    for place, part in enumerate(path):
        if not isinstance(document, dict):
            return _NOTHING
        rest = ".".join(path[place:])
        if rest in document:  # a key with a dot in it, as metadata may have
            return document[rest]
        if part not in document:
            return _NOTHING
        document = document[part]
    return document
