"""Pieces of the wire format that datasets and streams share."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from dsops.model import Late, NaturalKey, RemoteError, Response, canonical

ROOT = ("api", "v1", "datasets")
LABEL_SEPARATOR = " > "


def instant(text: str) -> str:
    """Return an ISO 8601 instant in UTC, ``2020-06-03T16:05:00Z``; a naive one counts as UTC (``specs/uipath.md``).

    Raises:
        ValueError: ``text`` is not an instant.
    """
    moment = dt.datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return moment.isoformat().replace("+00:00", "Z")


def as_set(values: Iterable[Any]) -> list[Any]:
    """Return the values sorted and without repeats: lists that are sets on the wire compare as such."""
    distinct = {str(value).encode() if isinstance(value, Late) else canonical(value): value for value in values}
    return [distinct[key] for key in sorted(distinct)]


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
    found = response.body.get(name) if isinstance(response.body, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) and "id" in each for each in found):
        bad_answer(f"the answer has no list {name!r} of objects with ids")
    if len({each["id"] for each in found}) != len(found):
        bad_answer(f"the list {name!r} names an id twice")
    return found


def bad_answer(why: str) -> NoReturn:
    """Refuse an answer that can't be relied on."""
    raise RemoteError.of(
        f"an answer of UiPath can't be relied on: {why}",
        hint="nothing is concluded from it; try again, and compare with specs/uipath.openapi.yaml if it stays so",
    )
