"""What can be done with datasets that is not desired state: every call here reads."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Arguments, Call, Entry, Flow, NaturalKey, Operation, Page
from dsops.providers.modelarts.shown import shown_dataset
from dsops.providers.modelarts.wire import (
    DATASET_ID,
    LARGEST_PAGE,
    LIST,
    READ,
    ROOT,
    Document,
    all_datasets,
    dataset_path,
    described,
    items,
    name_of,
)
from dsops.providers.modelarts.words import DATASET_TYPE, RUNNING_TASK, VERSION_FORMAT, Words

_SORTS = ("create_time", "dataset_name")
_ORDERS = ("asc", "desc")
_GENERATIONS = ("v1", "v2", "all")
_SPAN = re.compile(r"[0-9]+(\.[0-9]+)?,[0-9]+(\.[0-9]+)?")


def _list_datasets(_key: NaturalKey, arguments: Arguments) -> Flow:
    query = dict(_query(arguments))
    limit, page = arguments.get("limit"), arguments.get("page")
    if limit is None and page is None:
        return _listed(query)
    limit = LARGEST_PAGE if limit is None else limit
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"a page has 1 to {LARGEST_PAGE} datasets, not {limit}")
    if page is not None and page < 0:
        raise ValueError(f"pages are counted from 0, and {page} is none")
    return _one_page({**query, "limit": str(limit), "offset": str(page or 0)})


def _listed(query: Mapping[str, str]) -> Flow:
    """Read the whole list."""
    documents = yield from all_datasets(**query)
    return Page(tuple(map(_entry, documents)))


def _one_page(query: Mapping[str, str]) -> Flow:
    """Ask for one page, as the API counts them."""
    asked = {"dataset_version": "all", **query}
    response = yield Call("GET", ROOT, query=tuple(asked.items()), permission=LIST)
    return Page(tuple(map(_entry, items(response, "datasets", DATASET_ID))))


def _get_dataset(key: NaturalKey, arguments: Arguments) -> Flow:
    query = (("check_running_task", "true"),)
    response = yield Call("GET", dataset_path(arguments["id"]), query=query, permission=READ)
    return Entry(key, shown_dataset(described(response, DATASET_ID, arguments["id"])))


def _entry(document: Document) -> Entry:
    return Entry((name_of(document, "dataset_name"),), shown_dataset(document))


def _query(arguments: Arguments) -> Iterator[tuple[str, str]]:
    """Yield the query's parameters for arguments; labels are left out unless they are asked for.

    Raises:
        ValueError: A value is none that the API knows.
    """
    yield "with_labels", "false"
    for name, value in arguments.items():
        if name in _PARAMETERS:
            parameter, form = _PARAMETERS[name]
            yield parameter, form(value)


def _flag(value: bool) -> str:  # noqa: FBT001 - one of many forms of a parameter
    return "true" if value else "false"


def _number(words: Words) -> Callable[[str], str]:
    def form(value: str) -> str:
        if value.isdecimal():
            return value
        if value not in words.numbers:
            raise ValueError(f"{value!r} is none of {', '.join(words.numbers)}, nor a number")
        return str(words.number(value))

    return form


def _one_of(*known: str) -> Callable[[str], str]:
    def form(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return value

    return form


def _span(value: str) -> str:
    if not _SPAN.fullmatch(value):
        raise ValueError(f"{value!r} is not two numbers with a comma between them, as in 0.0,0.8")
    return value


_PARAMETERS: Mapping[str, tuple[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "type": ("dataset_type", _number(DATASET_TYPE)),
        "search": ("search_content", str),
        "sort": ("sort_by", _one_of(*_SORTS)),
        "order": ("order", _one_of(*_ORDERS)),
        "with_labels": ("with_labels", _flag),
        "preview": ("file_preview", _flag),
        "with_versions": ("contain_versions", _flag),
        "exportable": ("support_export", _flag),
        "running_tasks": ("check_running_task", _flag),
        "running_task": ("running_task_type", _number(RUNNING_TASK)),
        "version_format": ("version_format", _number(VERSION_FORMAT)),
        "version_ratio": ("train_evaluate_ratio", _span),
        "workspace": ("workspace_id", str),
        "generation": ("dataset_version", _one_of(*_GENERATIONS)),
    }
)
"""Argument of the list to parameter of the API, and how it is written."""

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "dataset list": Operation(
            "Dataset",
            _list_datasets,
            arguments=frozenset({*_PARAMETERS, "limit", "page"}),
            orders=frozenset({"sort", "order"}),
            columns={
                "type": "dataset_type",
                "status": "status",
                "samples": "total_sample_count",
                "labelled": "annotated_sample_count",
                "version": "current_version_name",
                "id": DATASET_ID,
            },
        ),
        "dataset get": Operation("Dataset", _get_dataset, arguments=frozenset({"id"})),
    }
)
"""By the words of the command."""
