"""Plain YAML, read line by line without a parser: block maps, lists of scalars, small flow collections, comments.

Most manifests hold nothing else, and the events of a parser cost several times as much. A text with anything more in it
(anchors, tags, escapes, text over several lines, tabs, a repeated key, a mistake) is left to the parser whole: `read`
returns None. What is read here means just what the parser makes of it; `tests/properties/test_plain_yaml.py` says so.

Lines repeat from document to document, so what a line says is remembered.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from sys import intern
from typing import Any, Final

from dsops.manifest import scalars
from dsops.manifest.places import Places
from dsops.model import Source

_DEEPEST_BLOCK: Final = 24
_DEEPEST_FLOW: Final = 8
_LONGEST_KEY: Final = 500

# Characters that are themselves wherever they stand, and that end no line.
_TEXT: Final = re.compile(r"[\n\x20-\x7e\xa1-\u024f]*")
_MARKERS: Final = re.compile(r"^---", re.MULTILINE)

_QUOTED: Final = r'"[^"\\]*"' + r"|'[^']*'"
_KEY: Final = r"[A-Za-z_\xa1-\u024f][^ :#\"'{}\[\]]*(?: [^ :#\"'{}\[\]]+)*"
_SCALAR: Final = r"(?:[A-Za-z0-9_./~$+(\xa1-\u024f]|-[0-9])(?:[^ :]|:(?=[^ ])| +(?=[^ #:]))*"
_LINE: Final = re.compile(
    rf"(---|( *)(?:(- +)|({_KEY}|{_QUOTED}):(?: +|$))?"
    rf"(?:({_QUOTED})|([\[{{][^#]*[\]}}])|({_SCALAR}))?)(?:(?:^| +|(?<= ))#.*| *)"
)
_WORD: Final = r"(?:[A-Za-z0-9_./$+\xa1-\u024f]|-[0-9])[^ :#,\"'{}\[\]]*(?: [^ :#,\"'{}\[\]]+)*"
_FLOW: Final = re.compile(rf"( *(?:([\[\]{{}},])|({_QUOTED})|({_WORD}))(: )?)")
_SUSPECT: Final = scalars.SUSPECT


class _NotPlain(Exception):
    """Something that only the parser can judge."""


# What a line says; plain numbers, since they are compared for each line.
_NOTHING: Final = 0
_MARKER: Final = 1
_ITEM: Final = 2
_FIELD: Final = 3
_HEADING: Final = 4
"""A key whose value follows in the next lines, if it has one."""

_Line = tuple[int, int, str, Any]
"""Indentation, what the line says, key, value."""


def read(text: str, file: str) -> list[tuple[Any, Places]] | None:
    """Return the documents of a text that are not empty, each with its places; None where the text isn't plain.

    Args:
        text: The file's text, without a byte order mark.
        file: How diagnostics call the file.
    """
    if not _TEXT.fullmatch(text):
        return None
    try:
        return list(_documents(text, file))
    except (_NotPlain, ValueError):
        return None


def _documents(text: str, file: str) -> Iterator[tuple[Any, Places]]:
    lines = list(map(_line, text.split("\n")))
    starts = [number for number, line in enumerate(lines) if line[1] == _MARKER]
    indexes = [each.start() for each in _MARKERS.finditer(text)]
    if len(starts) != len(indexes):
        raise _NotPlain
    starts, indexes = [0, *starts, len(lines)], [0, *indexes, len(text)]
    for number, line in enumerate(starts[:-1]):
        body = lines[line : starts[number + 1]]
        for first, each in enumerate(body, line + 1):
            if each[1] > _MARKER:
                source = Source(file, first, 1)
                yield _document(body), Places(file, text, indexes[number], indexes[number + 1], line, source)
                break


def _document(lines: list[_Line]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    inside: Any = root
    at = 0
    heading = ""
    above: list[tuple[int, Any]] = []
    for indent, says, key, value in lines:
        if says <= _MARKER:
            continue
        if indent > at or (says == _ITEM and heading and indent == at):
            if not heading or len(above) == _DEEPEST_BLOCK:
                raise _NotPlain
            above.append((at, inside))
            at = indent
            new: Any = [] if says == _ITEM else {}
            inside[heading] = new
            inside = new
        while at > indent or (says != _ITEM and type(inside) is list):
            at, inside = above.pop()
        # A key given twice, an item of no list, an indentation that nothing above has: all for the parser to word.
        if at != indent or (type(inside) is not list if says == _ITEM else key in inside):
            raise _NotPlain
        if says == _ITEM:
            inside.append(value)
            heading = ""
        else:
            inside[key] = value
            heading = key if says == _HEADING else ""
    return root


@lru_cache(maxsize=8192)
def _line(text: str) -> _Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise _NotPlain
    if found[1] == "---":
        return 0, _MARKER, "", None
    _, blank, dash, key, quoted, flow, plain = found.groups()
    value: Any = None
    if plain:
        value = scalars.resolve(plain) if plain[0] in _SUSPECT else plain
    elif flow:
        value = _Flow(flow).value()
    elif quoted:
        value = quoted[1:-1]
    given = plain or flow or quoted
    if key:
        return len(blank), _FIELD if given else _HEADING, _key(key), value
    if dash and given:
        return len(blank), _ITEM, "", value
    if dash or given:
        raise _NotPlain
    return 0, _NOTHING, "", None


def _key(text: str) -> str:
    """Return a map's key; equal keys are one object."""
    if len(text) > _LONGEST_KEY:
        raise _NotPlain
    key = text[1:-1] if text[0] in "\"'" else scalars.resolve(text) if text[0] in _SUSPECT else text
    if not key or not isinstance(key, str):
        raise _NotPlain
    return intern(key)


_Token = tuple[str, str, str, str, str]
"""Of a flow collection: the whole, bracket or comma, quoted text, plain text, and a colon behind them."""


class _Flow:
    """Reads one collection in brackets or braces."""

    __slots__ = ("_tokens",)

    def __init__(self, text: str) -> None:
        self._tokens: list[_Token] = _FLOW.findall(text)
        if sum(len(each[0]) for each in self._tokens) != len(text):
            raise _NotPlain
        self._tokens.reverse()

    def value(self) -> Any:
        """Read the whole text."""
        value = self._value(self._tokens.pop(), 0)
        if self._tokens:
            raise _NotPlain
        return value

    def _next(self) -> _Token:
        if not self._tokens:
            raise _NotPlain
        return self._tokens.pop()

    def _value(self, token: _Token, depth: int) -> Any:
        _, mark, quoted, word, colon = token
        if colon or depth > _DEEPEST_FLOW:
            raise _NotPlain
        if word:
            return scalars.resolve(word) if word[0] in _SUSPECT else word
        if quoted:
            return quoted[1:-1]
        if mark == "[":
            return self._items(depth)
        if mark == "{":
            return self._pairs(depth)
        raise _NotPlain

    def _items(self, depth: int) -> list[Any]:
        result: list[Any] = []
        token = self._next()
        if token[1] == "]" and not token[4]:
            return result
        while True:
            result.append(self._value(token, depth + 1))
            if self._ends("]"):
                return result
            token = self._next()

    def _pairs(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        token = self._next()
        if token[1] == "}" and not token[4]:
            return result
        while True:
            _, _, quoted, word, colon = token
            key = _key(quoted or word or '""')
            if not colon or key in result:
                raise _NotPlain
            result[key] = self._value(self._next(), depth + 1)
            if self._ends("}"):
                return result
            token = self._next()

    def _ends(self, closing: str) -> bool:
        """Take what follows a value: the closing bracket, or a comma."""
        _, mark, _, _, colon = self._next()
        if colon or mark not in {closing, ","}:
            raise _NotPlain
        return mark == closing
