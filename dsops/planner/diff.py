"""The three-way comparison of one object.

======== ======== ======== ============================================
desired  recorded live     field
======== ======== ======== ============================================
a        (any)    a        equal
b        a        a        differs, pending: the manifest moved
a        a        b        differs, drift: the live side moved
a        b        c        differs, conflict: both moved
b        a        unknown  differs, pending
a        a        unknown  equal, unverifiable
a        none     unknown  sent once (mutable), taken as declared (create-only)
======== ======== ======== ============================================
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from dsops.model import Attributes, Cause, Field, FieldDiff, Ignore, masked

_UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """How one object differs from its declaration.

    Attributes:
        desired: The declared fields, with what is ignored at its live value, or where that is unknown at its recorded
            one: what the object will have.
        send: The fields to send, atomic groups whole, ignored entries at their live value. Empty when nothing differs.
        create_only: Paths among those that differ that can be given at creation only.
        fields: What differs, for people, entry by entry.
        assumed: Create-only fields that nobody can verify and that are taken as declared.
        unverifiable: Declared fields that the provider doesn't return and the record agrees with.
    """

    desired: Attributes
    send: Mapping[str, Any]
    create_only: tuple[str, ...]
    fields: tuple[FieldDiff, ...]
    assumed: tuple[str, ...] = ()
    unverifiable: tuple[str, ...] = ()


def compare(
    desired: Attributes,
    recorded: Attributes,
    live: Attributes,
    facts: Mapping[str, Field],
    ignored: tuple[str, ...] = (),
) -> Difference:
    """Compare the declared fields of one object on its three sides.

    Args:
        desired: Declared fields.
        recorded: Fields as last applied; empty when not recorded.
        live: Fields as read.
        facts: Facts about the kind's fields.
        ignored: Field paths not compared; what lies below them neither.
    """
    declared = desired
    if ignored:
        desired = _with_live(desired, {**recorded, **live}, ignored)
    differing: list[str] = []
    assumed: list[str] = []
    unverifiable: list[str] = []
    for path, value in desired.items():
        there = live.get(path, _UNKNOWN)
        if there is not _UNKNOWN:
            if there != value:
                differing.append(path)
        elif path in recorded:
            if recorded[path] != value:
                differing.append(path)
            elif not facts[path].write_only:
                unverifiable.append(path)
        elif facts[path].create_only:
            assumed.append(path)
        else:
            differing.append(path)
    if not differing:
        return Difference(desired, {}, (), (), tuple(assumed), tuple(unverifiable))
    return Difference(
        desired,
        _sent({**declared, **desired}, differing, facts),
        tuple(path for path in differing if facts[path].create_only),
        tuple(found for path in differing for found in _explain(path, desired, recorded, live)),
        tuple(assumed),
        tuple(unverifiable),
    )


def ignored_paths(ignores: Iterable[Ignore], today: dt.date) -> tuple[str, ...]:
    """Return the field paths that are ignored today."""
    return tuple(each.path for each in ignores if each.until is None or today <= each.until)


def _sent(desired: Attributes, differing: list[str], facts: Mapping[str, Field]) -> dict[str, Any]:
    groups = {facts[path].group for path in differing} - {None}
    return {path: value for path, value in desired.items() if path in differing or facts[path].group in groups}


def _with_live(desired: Attributes, live: Attributes, ignored: tuple[str, ...]) -> dict[str, Any]:
    """Put the live value in the place of what is ignored; a whole field that is ignored and unknown is left out.

    Such a field is sent as declared only where its atomic group has to be sent: without it the group would lose it.
    """
    result: dict[str, Any] = {}
    for path, value in desired.items():
        if any(path == each or path.startswith(each + ".") for each in ignored):
            if path in live:
                result[path] = live[path]
        else:
            result[path] = _entries_with_live(path, value, live.get(path), ignored)
    return result


def _entries_with_live(path: str, value: Any, live: Any, ignored: tuple[str, ...]) -> Any:
    """Put live entries in the place of ignored ones, at any depth of a map; what was empty but for them is left out."""
    if not isinstance(value, dict) or not isinstance(live, dict) or not _reaches_below(path, ignored):
        return value
    merged: dict[str, Any] = {}
    for name in {**value, **live}:
        below = f"{path}.{name}"
        if below in ignored:
            merged |= {name: live[name]} if name in live else {}
        elif _reaches_below(below, ignored):
            inner = _entries_with_live(below, value.get(name, {}), live.get(name, {}), ignored)
            merged |= {name: inner} if inner or (name in value and name in live) else {}
        elif name in value:
            merged[name] = value[name]
    return merged


def _reaches_below(path: str, ignored: tuple[str, ...]) -> bool:
    return any(each.startswith(f"{path}.") for each in ignored)


def _explain(path: str, desired: Attributes, recorded: Attributes, live: Attributes) -> list[FieldDiff]:
    """Name what differs in a field known to differ: each entry of a map, else the field."""
    known = path in live
    before = live[path] if known else masked(recorded.get(path))
    after = desired[path]
    if isinstance(before, dict) and isinstance(after, dict):
        past = recorded.get(path, _UNKNOWN)
        return [
            FieldDiff(".".join((path, *below)), was, masked(will), _cause(_at(past, below), was, will, known=known))
            for below, was, will in _entries(before, after)
        ]
    cause = _cause(recorded.get(path, _UNKNOWN), before, after, known=known)
    return [FieldDiff(path, before, masked(after), cause)]


def _cause(recorded: Any, live: Any, desired: Any, *, known: bool) -> Cause:
    if not known:
        return Cause.UNVERIFIABLE if recorded is _UNKNOWN else Cause.PENDING
    if recorded is _UNKNOWN or recorded == live:
        return Cause.PENDING
    return Cause.DRIFT if recorded == desired else Cause.CONFLICT


def _entries(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[tuple[str, ...], Any, Any]]:
    """List (path below the field, before, after) of each entry that differs; a list differs as a whole."""
    from deepdiff import DeepDiff  # slow to import, and a plan without differences has no use for it

    changes = DeepDiff(before, after, ignore_numeric_type_changes=True, view="tree")
    paths = {_down_to_list(level.path(output_format="list")) for group in changes.values() for level in group}
    return [(path, _at(before, path), _at(after, path)) for path in sorted(paths)]


def _down_to_list(path: Iterable[Any]) -> tuple[str, ...]:
    return tuple(takewhile(lambda part: isinstance(part, str), path))


def _at(value: Any, path: tuple[str, ...]) -> Any:
    if value is _UNKNOWN:
        return _UNKNOWN
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
