"""The thorough way to read a row: it takes what is allowed and seldom, and says what is wrong with the rest."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from dsops.model import Values
from dsops.providers.geai.fields import EXTENSION, EXTENTION, NESTED, ROW, Names, is_bookkeeping


def declared_values(document: Mapping[str, Any]) -> Values:
    """Return the canonical values of a declared row.

    Null is as good as absent, and absent as good as empty but where a field is required.

    Raises:
        ValueError: It is no such row; the message says all that is wrong, one problem a line.
    """
    check = _Check(strict=True)
    values = check.row(document)
    if check.problems:
        raise ValueError("\n".join(check.problems))
    return values


def live_values(document: Mapping[str, Any]) -> Values:
    """Return the canonical values of a row of an answer; whatever it leaves out, or has as null, is empty.

    Raises:
        ValueError: It is no row.
    """
    check = _Check(strict=False)
    values = check.row(document)
    if check.problems:
        raise ValueError("; ".join(check.problems))
    return values


def live_entries(entries: Any, field: str) -> list[list[str]]:
    """Return the canonical values of what is nested in a row of an answer, in its order.

    Raises:
        ValueError: It is no list of such entries.
    """
    check = _Check(strict=False)
    values = check.nested({field: (field, entries)}, field)
    if check.problems:
        raise ValueError("; ".join(check.problems))
    return values


class _Check:
    """Reads a row and collects what is wrong with it; strict for what people write, not for what a server says."""

    def __init__(self, *, strict: bool) -> None:
        self.problems: list[str] = []
        self._strict = strict

    def row(self, document: Mapping[str, Any]) -> Values:
        """Return the values of a row, empty where something is wrong."""
        members = self._members(document, ROW, "")
        return tuple(
            sorted(self.nested(members, field)) if field in NESTED else self._text(members, field, ROW, "")
            for field in ROW.fields
        )

    def nested(self, members: Mapping[str, tuple[str, Any]], field: str) -> list[list[str]]:
        """Return the values of what is nested in a row, without what is wrong."""
        given, entries = members.get(field, (field, []))
        if not isinstance(entries, list):
            self.problems.append(f"{given} is {_kind(entries)}, and must be a list")
            return []
        found = []
        for number, entry in enumerate(entries):
            at = f"{given}.{number}"
            if isinstance(entry, Mapping):
                found.append(self._entry(entry, NESTED[field], f"{at}."))
            else:
                self.problems.append(f"{at} is {_kind(entry)}, and must be an object")
        return found

    def _entry(self, entry: Mapping[str, Any], names: Names, prefix: str) -> list[str]:
        members = self._members(entry, names, prefix)
        return [self._text(members, field, names, prefix) for field in names.fields]

    def _members(self, document: Mapping[str, Any], names: Names, prefix: str) -> dict[str, tuple[str, Any]]:
        """Return field to the name it was given by and its value; null is left out."""
        found: dict[str, tuple[str, Any]] = {}
        known = names.known if self._strict else names.wire
        for name, value in document.items():
            field = known.get(name)
            if field is None:
                self._unknown(name, names, prefix)
            elif value is not None and field not in found:
                found[field] = (name, value)
            elif value is not None:
                self._twice(found, field, name, value, prefix)
        return found

    def _unknown(self, name: str, names: Names, prefix: str) -> None:
        if not self._strict or is_bookkeeping(name):
            return
        near = get_close_matches(name, names.known, 1)
        hint = f"did you mean {near[0]}?" if near else f"it may have {', '.join(names.fields)}"
        self.problems.append(f"{prefix}{name} is no field of {'a row' if not prefix else 'it'}: {hint}")

    def _twice(self, found: dict[str, tuple[str, Any]], field: str, name: str, value: Any, prefix: str) -> None:
        other, before = found[field]
        # Of its two spellings a server may answer both, and leave the one empty that it doesn't know.
        if {name, other} == {EXTENTION, EXTENSION} and (not self._strict or value == before or "" in (value, before)):
            if before == "" or (value != "" and name == EXTENTION):
                found[field] = (name, value)
        else:
            self.problems.append(f"{prefix}{other} and {prefix}{name} are one field, given twice: leave one out")

    def _text(self, members: Mapping[str, tuple[str, Any]], field: str, names: Names, prefix: str) -> str:
        if field not in members:
            if self._strict and field in names.required:
                self.problems.append(f"{prefix}{field} is missing; it may be empty text")
            return ""
        given, value = members[field]
        if not isinstance(value, str):
            cure = "write it in quotes" if isinstance(value, int | float) else "it must be text"
            self.problems.append(f"{prefix}{given} is {_kind(value)}; {cure}")
            return ""
        half = _half_of_a_pair(value)
        if half:
            self.problems.append(f"{prefix}{given} holds {half}, half of a surrogate pair, which is no character")
            return ""
        return str(value)


def _half_of_a_pair(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        return f"\\u{ord(text[broken.start]):04x}"
    return ""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return json.dumps(value)
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            return f"a {type(value).__name__}"
