"""Pieces of the wire format that datasets and streams share."""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from dsops.model import Late, Listing, LiveObject, NaturalKey, Response, canonical
from dsops.providers.common import Answers

ROOT = ("api", "v1", "datasets")
LABEL_SEPARATOR = " > "

ANSWERS = Answers("UiPath", "uipath", ("id",))
bad_answer, decoded = ANSWERS.refuse, ANSWERS.decoded


def instant(text: Any) -> str:
    """Return an ISO 8601 instant in UTC, ``2020-06-03T16:05:00Z``; a naive one counts as UTC (``specs/uipath.md``).

    Raises:
        ValueError: ``text`` is not an instant, or not one of the years 1 to 9999.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text} is not a moment")  # noqa: TRY004 - to the author of a manifest it is a wrong value
    try:
        moment = dt.datetime.fromisoformat(text.upper())
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"{text!r} is not a moment ({wrong})") from wrong
    return moment.isoformat().replace("+00:00", "Z")


def as_set(values: Iterable[Any]) -> list[Any]:
    """Return the values sorted and without repeats: lists that are sets on the wire compare as such."""
    values = list(values)
    if {*map(type, values)} == {str}:
        return sorted({*values})
    distinct = {str(value).encode() if isinstance(value, Late) else canonical(value): value for value in values}
    return [distinct[key] for key in sorted(distinct)]


@lru_cache(maxsize=4096)
def label_path(name: str) -> str:
    """Return a label's path with exactly one space around each ``>``."""
    return LABEL_SEPARATOR.join(part.strip() for part in name.split(">"))


def project_and_name(text: str) -> NaturalKey:
    """Read ``project/dataset``.

    Raises:
        ValueError: It has not that form.
    """
    parts = tuple(text.split("/"))
    if len(parts) != 2 or not all(parts):
        raise ValueError(f"{text!r} is not the name of a dataset; one outside the stack is written project/dataset")
    return parts


def items(response: Response, name: str) -> list[Mapping[str, Any]]:
    """Return the list under ``name`` in an answer, proven to be whole: a list of objects, no id twice.

    Raises:
        RemoteError: It is not.
    """
    return ANSWERS.objects(response.body.get(name) if isinstance(response.body, dict) else None, "id", name)


def whole(objects: Iterable[LiveObject]) -> Listing:
    """Return a listing of objects, no name of which stands for two.

    Raises:
        RemoteError: One does.
    """
    found = tuple(objects)
    if len({each.key for each in found}) != len(found):
        bad_answer("two objects in a list have one name")
    return Listing(found)
