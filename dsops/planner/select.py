"""``--target`` and ``--exclude``: shell globs over addresses, closed over dependencies."""

import difflib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import chain

from dsops.model import Address, Diagnostic, DsopsError, Record, Resource, error


def select(
    resources: Iterable[Resource],
    records: Mapping[Address, Record],
    *,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
) -> frozenset[Address]:
    """Return the addresses a plan is about.

    A target takes along what it depends on; an exclusion takes along what depends on it. An undeclared object is
    deleted after its children, so there the children are what it depends on.
    """
    if not targets and not excludes:
        return frozenset(chain((each.address for each in resources), records))
    needs = _needs(resources, records)
    everything = frozenset(needs)
    problems = [found for pattern in (*targets, *excludes) if (found := _unmatched(pattern, everything)) is not None]
    if problems:
        raise DsopsError(*problems)
    chosen = _closure(_matching(targets, everything), needs) if targets else everything
    needed_by: dict[Address, set[Address]] = {address: set() for address in everything}
    for address, needed in needs.items():
        for each in needed & everything:
            needed_by[each].add(address)
    return chosen - _closure(_matching(excludes, everything), needed_by)


def _needs(resources: Iterable[Resource], records: Mapping[Address, Record]) -> dict[Address, set[Address]]:
    needs = {resource.address: set(resource.depends_on) for resource in resources}
    undeclared = {address for address in records if address not in needs}
    for address in undeclared:
        needs[address] = set()
    for address in undeclared:
        parent = records[address].parent
        if parent in undeclared:
            needs[parent].add(address)
    return needs


def _matching(patterns: tuple[str, ...], addresses: Iterable[Address]) -> set[Address]:
    return {address for address in addresses if any(fnmatchcase(str(address), pattern) for pattern in patterns)}


def _closure(start: set[Address], edges: Mapping[Address, set[Address]]) -> frozenset[Address]:
    found: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in found:
            found.add(address)
            waiting.extend(edges.get(address, ()))
    return frozenset(found)


def _unmatched(pattern: str, addresses: frozenset[Address]) -> Diagnostic | None:
    if _matching((pattern,), addresses):
        return None
    near = difflib.get_close_matches(pattern, [str(address) for address in addresses], n=1)
    hint = f"did you mean {near[0]}?" if near else "patterns are shell globs over addresses, like 'uipath/Stream/*'"
    return error(f"no resource matches {pattern!r}", hint=hint)
