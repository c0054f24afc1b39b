"""Small checks that request bodies are made of: each takes a value and where it stands, and raises Refusal 400.

They are written by hand rather than derived from specs/*.openapi.yaml, so that the contract tests compare two readings.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from dsops.emulator.exchange import Refusal, decode

Check = Callable[[Any, str], None]


def _refuse(where: str, what: str) -> Refusal:
    return Refusal(400, f"{where}: {what}")


def text(*, longest: int | None = None, shortest: int = 0, pattern: str | None = None) -> Check:
    """A string of so many characters, matching the whole of a pattern."""
    expression = re.compile(pattern) if pattern else None

    def check(value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise _refuse(where, f"{_shown(value)} is not a string")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            raise _refuse(where, f"must have {shortest} to {longest} characters, has {len(value)}")
        if expression is not None and not expression.fullmatch(value):
            raise _refuse(where, f"{_shown(value)} does not match {expression.pattern}")

    return check


def number(*, lowest: float = -math.inf, highest: float = math.inf, whole: bool = False) -> Check:
    """A number within bounds; `whole` takes integers only. A boolean is no number."""

    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise _refuse(where, f"{_shown(value)} is not {'an integer' if whole else 'a number'}")
        if not lowest <= value <= highest:
            raise _refuse(where, f"{value} is not between {lowest} and {highest}")

    return check


def boolean(value: Any, where: str) -> None:
    """A JSON boolean."""
    if not isinstance(value, bool):
        raise _refuse(where, f"{_shown(value)} is not a boolean")


def instant(value: Any, where: str) -> None:
    """An ISO 8601 time; `parse_instant` says how it is read."""
    try:
        parse_instant(value)
    except (TypeError, ValueError, OverflowError) as error:  # the last: year 1 in a zone east of Greenwich
        raise _refuse(where, f"{_shown(value)} is not an ISO 8601 timestamp") from error


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, where: str) -> None:
        if value not in allowed:
            raise _refuse(where, f"{_shown(value)} is not one of {', '.join(map(repr, allowed))}")

    return check


def nullable(inner: Check) -> Check:
    """null, or what the inner check takes."""

    def check(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)

    return check


def array(item: Check, *, shortest: int = 0, longest: int | None = None, unique: bool = False) -> Check:
    """A list of so many things; `unique` is for plain values, where 1 and 1.0 are the same."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise _refuse(where, f"{_shown(value)} is not an array")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            raise _refuse(where, f"must have {shortest} to {longest} items, has {len(value)}")
        for position, entry in enumerate(value):
            item(entry, f"{where}[{position}]")
        if unique and len(set(value)) != len(value):
            raise _refuse(where, "holds an item twice")

    return check


def mapping(fields: Mapping[str, Check], *, required: Collection[str] = ()) -> Check:
    """An object with no keys but these."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise _refuse(where, f"{_shown(value)} is not an object")
        for key, entry in value.items():
            if key not in fields:
                raise _refuse(where, f"unknown key {key!r}; known are {', '.join(sorted(fields))}")
            fields[key](entry, f"{where}.{key}")
        for key in required:
            if key not in value:
                raise _refuse(where, f"the key {key!r} is required")

    return check


def any_object(value: Any, where: str) -> None:
    """An object whose inside the vendor doesn't document."""
    if not isinstance(value, dict):
        raise _refuse(where, f"{_shown(value)} is not an object")


def parse_body(body: bytes, check: Check) -> Any:
    """A request body as a checked JSON value. Raises Refusal 400."""
    try:
        value = decode(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"body: not valid JSON ({error})") from error
    check(value, "body")
    return value


def parse_instant(value: str) -> datetime:
    """An ISO 8601 time in UTC; one without an offset is taken as UTC. Raises ValueError, OverflowError."""
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _shown(value: object) -> str:
    shown = orjson.dumps(value).decode()
    return shown if len(shown) <= 80 else shown[:77] + "..."
