"""Checks that rows share whose bytes are not JSON already."""

from collections.abc import Iterable
from typing import Any, Final

import orjson

from dsops.manifest.rows.base import RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.words import a_kind_of

_PLAIN: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


BOM: Final = b"\xef\xbb\xbf"
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def decoded(raw: bytes, file: RowFile, problems: Problems) -> str | None:
    """Return the text of a UTF-8 file without its byte order mark; None, with the reason reported, if it is none."""
    if raw.startswith(UTF16):
        utf16(file, problems)
        return None
    try:
        return raw.removeprefix(BOM).decode()
    except UnicodeDecodeError as failed:
        before = failed.object[: failed.start]
        line = before.count(b"\n")
        not_utf8(before[before.rfind(b"\n") + 1 :], failed.object[failed.start], file, line + 1, problems)
        return None


def utf16(file: RowFile, problems: Problems) -> None:
    """Report a file in UTF-16."""
    problems.report(file.source(1), f"{file.name} is UTF-16", hint="Save it as UTF-8.")


def not_utf8(before: bytes, byte: int, file: RowFile, line: int, problems: Problems) -> None:
    """Report a byte that begins no character.

    Args:
        before: What stands before it in its line.
        byte: The byte.
        file: Where.
        line: In which line.
        problems: Takes it.
    """
    problems.report(
        file.source(line, len(before.decode(errors="replace")) + 1),
        "The file is not UTF-8",
        detail=f"The byte 0x{byte:02x} here begins no UTF-8 character.",
        hint="Save it as UTF-8.",
    )


def is_row(document: Any, file: RowFile, line: int, column: int, problems: Problems) -> bool:
    """Whether a document may be a row: a map of JSON values, not too large. Reports why not."""
    if type(document) is not dict:
        problems.report(file.source(line, column), f"This is {a_kind_of(document)}, and no row",
                        detail="A row is a map of its fields.")  # fmt: skip
        return False
    try:
        size = len(orjson.dumps(document, option=_PLAIN))
    except (TypeError, RecursionError) as refused:
        problems.report(file.source(line, column), "The row holds what JSON can't", detail=f"{_said(refused)}.",
                        hint="All of a row is text, or lists of maps with text.")  # fmt: skip
        return False
    if size > file.largest:
        file.too_large(problems, line, column)
    return size <= file.largest


def _said(refused: Exception) -> str:
    said = str(refused)
    return "Half of a surrogate pair stands in it, which is no character" if "surrogates" in said else said


def unknown_names(file: RowFile, name: str) -> list[str]:
    """Return what the codec says against a field name, nothing if it takes it.

    A row with just that name, and nothing in it, is no worse than an empty row unless the name is unknown: what is
    empty is as good as absent.

    Args:
        file: The file that uses the name.
        name: ``input``, or ``expectedSources.0.name``.
    """
    top, _, rest = name.partition(".")
    if not rest:
        return _further(file, {top: [] if is_list(file, top) else ""}, {})
    inner = rest.partition(".")[2]
    return _further(file, {top: [{inner: ""}]}, {top: [{}]})


def lacks_columns(file: RowFile, names: Iterable[str], line: int, problems: Problems) -> bool:
    """Whether a row with all columns of a table would still lack something; then all of its rows do. Reports it once.

    Args:
        file: The file.
        names: The top fields of its columns.
        line: In which line they stand.
        problems: Takes what is missing.
    """
    given = _problems(file, {name: [] if is_list(file, name) else "" for name in names})
    missing = [each for each in _problems(file, {}) if each in given]
    if missing:
        problems.report(file.source(line), f"A column is missing: {missing[0]}", detail="; ".join(missing[1:]))
    return bool(missing)


def is_list(file: RowFile, name: str) -> bool:
    """Whether a field is a list: an empty list in it is better than empty text."""
    return len(_problems(file, {name: []})) < len(_problems(file, {name: ""}))


def _further(file: RowFile, document: dict[str, Any], plain: dict[str, Any]) -> list[str]:
    found, known = _problems(file, document), _problems(file, plain)
    if len(found) <= len(known):
        return []
    return [line for line in found if line not in known] or found


def _problems(file: RowFile, document: dict[str, Any]) -> list[str]:
    try:
        file.declared(document)
    except ValueError as refused:
        return str(refused).splitlines()
    return []
