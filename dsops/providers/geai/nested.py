"""The finer calls: expected sources and filter variables of one row, one by one.

Equal entries stay. Of the others each live one becomes a wanted one by a PUT, entries of one name first; what is left
over is deleted, or posted. That is the fewest calls there are, and the same ones are left when some of them were made:
a run that was interrupted can tell which.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import Call, Effect, Repeat, RowAction, RowWrite
from dsops.providers.common import has_id
from dsops.providers.geai.explain import live_entries
from dsops.providers.geai.fields import (
    EXTENSION,
    EXTENTION,
    KEY,
    METADATA,
    OPERATOR,
    ROW_ID,
    SOURCE_ID,
    SOURCE_NAME,
    SOURCE_VALUE,
    SOURCES,
    VALUE,
    VARIABLE_ID,
    VARIABLES,
)
from dsops.providers.geai.wire import bad_answer, row_path

Entry = Sequence[str]

SOURCE_SEGMENT, VARIABLE_SEGMENT = "dataSetRowExpectedSource", "dataSetRowFilterVariable"
"""Where a row's sources and variables are, one by one; with an s behind it, all of them."""


def source_document(entry: Entry) -> dict[str, str]:
    """Return what is sent for an expected source: [name, value, extension]."""
    name, value, extension = entry
    return {SOURCE_NAME: name, SOURCE_VALUE: value, EXTENTION: extension, EXTENSION: extension}


def variable_document(entry: Entry) -> dict[str, str]:
    """Return what is sent for a filter variable: [metadata type, key, operator, value]."""
    metadata, key, operator, value = entry
    return {METADATA: metadata, KEY: key, OPERATOR: operator, VALUE: value}


@dataclass(frozen=True, slots=True)
class _List:
    """One of the two lists nested in a row. name: where an entry has its name."""

    member: str
    segment: str
    id_field: str
    name: int
    document: Callable[[Entry], dict[str, str]]


_SOURCES = _List(SOURCES, SOURCE_SEGMENT, SOURCE_ID, 0, source_document)
_VARIABLES = _List(VARIABLES, VARIABLE_SEGMENT, VARIABLE_ID, 1, variable_document)


@dataclass(frozen=True, slots=True, order=True)
class _Live:
    entry: tuple[str, ...]
    remote_id: str


def nested_calls(
    owner: str, live: Mapping[str, Any], sources: Iterable[Entry], variables: Iterable[Entry]
) -> tuple[Call, ...]:
    """Return the calls that bring what is nested in a row to what is wanted, in order.

    Args:
        owner: Id of the dataset.
        live: The row's document, with ids.
        sources: The expected sources wanted.
        variables: The filter variables wanted.

    Raises:
        RemoteError: The document is no row with ids.
    """
    row_id = live.get(ROW_ID)
    if not isinstance(row_id, str) or not row_id:
        bad_answer(f"a row has no {ROW_ID}")
    calls = [
        *_calls(_SOURCES, owner, row_id, live, sources),
        *_calls(_VARIABLES, owner, row_id, live, variables),
    ]
    last = len(calls) - 1
    return tuple(
        dataclasses.replace(call, rows=RowWrite(RowAction.UPDATE, remote_id=row_id, settles=number == last))
        for number, call in enumerate(calls)
    )


def _calls(nested: _List, owner: str, row_id: str, live: Mapping[str, Any], wanted: Iterable[Entry]) -> Iterator[Call]:
    path = row_path(owner, row_id, nested.segment)
    there, missing = _unequal(_read(nested, row_id, live), wanted)
    pairs, extra, missing = _paired(there, missing, nested.name)
    for old, new in pairs:
        yield Call("PUT", (*path, old.remote_id), body=nested.document(new), effect=Effect.UPDATE)
    for old in extra:
        yield Call("DELETE", (*path, old.remote_id), effect=Effect.UPDATE)
    for new in missing:
        yield Call("POST", path, body=nested.document(new), effect=Effect.UPDATE, repeat=Repeat.APPEND)


def _read(nested: _List, row_id: str, live: Mapping[str, Any]) -> list[_Live]:
    documents = live.get(nested.member) or []
    try:
        entries = live_entries(documents, nested.member)
    except ValueError as wrong:
        bad_answer(f"row {row_id}: {wrong}")
    if not all(has_id(each, nested.id_field) for each in documents):
        bad_answer(f"one of the {nested.member} of row {row_id} has no {nested.id_field}")
    pairs = zip(documents, entries, strict=True)
    return sorted(_Live(tuple(entry), document[nested.id_field]) for document, entry in pairs)


def _unequal(there: Iterable[_Live], wanted: Iterable[Entry]) -> tuple[list[_Live], list[tuple[str, ...]]]:
    """Return what is there and not wanted, and what is wanted and not there; equal entries are matched one to one."""
    missing: dict[tuple[str, ...], int] = defaultdict(int)
    for entry in wanted:
        missing[tuple(entry)] += 1
    unwanted = []
    for each in there:
        if missing.get(each.entry):
            missing[each.entry] -= 1
        else:
            unwanted.append(each)
    return unwanted, sorted(entry for entry, count in missing.items() for _ in range(count))


def _paired(
    there: list[_Live], wanted: list[tuple[str, ...]], name: int
) -> tuple[list[tuple[_Live, tuple[str, ...]]], list[_Live], list[tuple[str, ...]]]:
    """Pair entries of one name, then the others in their order; return the pairs and what has no partner."""
    pairs = []
    by_name: dict[str, list[_Live]] = defaultdict(list)
    for each in reversed(there):
        by_name[each.entry[name]].append(each)
    strangers = []
    for entry in wanted:
        if by_name.get(entry[name]):
            pairs.append((by_name[entry[name]].pop(), entry))
        else:
            strangers.append(entry)
    left = sorted(each for rest in by_name.values() for each in rest)
    both = min(len(left), len(strangers))
    pairs += zip(left[:both], strangers[:both], strict=True)
    return pairs, left[both:], strangers[both:]
