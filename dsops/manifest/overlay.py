"""Overlays: documents merged into the base. Maps are merged, everything else is replaced, null removes."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from dsops.manifest.places import Node, Path, Places, dotted
from dsops.model import Source


def merged(base: Any, overlay: Any) -> Any:
    """Return ``base`` with ``overlay`` laid over it; neither is changed."""
    if not isinstance(base, dict) or not isinstance(overlay, dict):
        return overlay
    result = dict(base)
    for key, value in overlay.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(base[key], value) if key in base else _without_nulls(value)
    return result


def _without_nulls(value: Any) -> Any:
    """Return what an overlay adds: a null in it removes nothing, and is nothing."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


class Overlaid(Mapping[str, Source]):
    """The places of a document with an overlay: in the overlay where that writes the field, else in the base."""

    __slots__ = ("__dict__", "_base", "_overlay")

    def __init__(self, base: "Spots", overlay: Places) -> None:
        """Keep both."""
        self._base = base
        self._overlay = overlay

    def find(self, path: Path) -> tuple[Source, Source] | None:
        """Return where a field's key and value stand; None when neither document writes it."""
        return self._overlay.find(path) or self._base.find(path)

    @cached_property
    def _flat(self) -> dict[str, Source]:
        replaced = {dotted(path) for path in _replaced(self._overlay.outline)}
        below = tuple(f"{path}{mark}" for path in replaced for mark in ".[")
        base = {
            path: source for path, source in self._base.items() if path not in replaced and not path.startswith(below)
        }
        return base | dict(self._overlay)

    def __getitem__(self, path: str) -> Source:
        return self._flat[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flat)

    def __len__(self) -> int:
        return len(self._flat)


Spots = Places | Overlaid
"""The places of a document, with an overlay or without."""


def nearest(places: Spots, path: Path) -> tuple[Source, Source] | None:
    """Return where a field's key and value stand, or those of the nearest thing above it; None above all fields."""
    for length in range(len(path), 0, -1):
        if found := places.find(path[:length]):
            return found
    return None


def _replaced(node: Node, path: Path = ()) -> Iterator[Path]:
    """Yield the paths at which an overlay replaces what the base has."""
    for part, _, value in node.children():
        if value.kind == "map":
            yield from _replaced(value, (*path, part))
        else:
            yield (*path, part)
