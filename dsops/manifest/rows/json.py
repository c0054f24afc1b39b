"""JSON: a list of rows, or an object that has it as ``rows``, as the vendor's export of a dataset does."""

import json
import re
from collections.abc import Generator, Iterator
from json.decoder import JSONDecodeError
from typing import Any, BinaryIO, Final, NoReturn

from dsops.manifest.rows.base import Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import decoded, is_row

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_MEMBER: Final = "rows"
_Found = tuple[int, Any]
_FORM: Final = "A JSON file holds a list of rows, or an object with such a list as rows; a row a line is JSONL."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"An object gives {twice} twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"JSON has no number {text}")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)


class Json:
    """One JSON document, UTF-8. It is held in memory as text; its rows aren't."""

    columns = True

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located]:
        """Yield the rows with the index of their first character."""
        text = decoded(handle.read(), file, problems) if file.fits(handle, problems) else None
        if text is None:
            return
        places = _Places(text)
        try:
            for index, document in _rows(text):
                line, column = places.of(index)
                if is_row(document, file, line, column, problems):
                    yield index, line, column, document
        except _Wrong as wrong:
            line, column = places.of(wrong.index)
            problems.report(file.source(line, column), wrong.summary, detail=wrong.detail, hint=_FORM)

    def cursor(self, file: RowFile) -> "JsonCursor":
        """Open a file again."""
        return JsonCursor(file)


class JsonCursor:
    """Holds the text."""

    def __init__(self, file: RowFile) -> None:
        """Read the file."""
        self._text = decoded(file.path.read_bytes(), file, Problems()) or ""

    def get(self, position: int) -> Any:
        """Return the document that begins at an index."""
        return _value(self._text, position)[0]


class _Wrong(ValueError):
    """The text is not as it should be, from an index on."""

    def __init__(self, index: int, summary: str, detail: str = "") -> None:
        super().__init__(summary)
        self.index = index
        self.summary = summary
        self.detail = detail


class _Places:
    """Lines and columns of indexes, cheapest in rising order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index = 0
        self._line = 1
        self._break = -1

    def of(self, index: int) -> tuple[int, int]:
        if index < self._index:
            self._index, self._line, self._break = 0, 1, -1
        # Only what lies between is searched: a file may be one long line.
        self._line += self._text.count("\n", self._index, index)
        self._break = max(self._break, self._text.rfind("\n", self._index, index))
        self._index = index
        return self._line, index - self._break


def _rows(text: str) -> Iterator[_Found]:
    """Yield the rows with their indexes."""
    at = _skip(text, 0)
    first = text[at : at + 1]
    if first == "[":
        end = yield from _list(text, at)
    elif first == "{":
        end = yield from _dataset(text, at)
    else:
        raise _Wrong(at, "The file holds no rows" if first else "The file is empty")
    end = _skip(text, end)
    if end != len(text):
        raise _Wrong(end, "Something follows the end of the document")


def _list(text: str, at: int) -> Generator[_Found, None, int]:
    """Yield the values of a list; return the index behind it."""
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        value, end = _value(text, at)
        yield at, value
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise _Wrong(at, "The list of rows is not closed" if at == len(text) else "A comma is missing here")
        at = _skip(text, at + 1)


def _dataset(text: str, at: int) -> Generator[_Found, None, int]:
    """Yield the rows of an object; return the index behind it."""
    begin, seen = at, False
    at = _skip(text, at + 1)
    more = text[at : at + 1] != "}"
    while more:
        name, end = _value(text, at)
        at = _skip(text, end)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            raise _Wrong(at, "A name with a colon is missing here")
        at = _skip(text, at + 1)
        if name == _MEMBER and seen:
            raise _Wrong(at, f"The object gives {_MEMBER} twice")
        if name == _MEMBER and text[at : at + 1] == "[":
            seen = True
            end = yield from _list(text, at)
        else:
            _, end = _value(text, at)
        at = _skip(text, end)
        more = text[at : at + 1] == ","
        if more:
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "}":
            raise _Wrong(at, "The object is not closed" if at == len(text) else "A comma is missing here")
    if not seen:
        raise _Wrong(begin, f"The object has no list called {_MEMBER}")
    return at + 1


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except JSONDecodeError as failed:
        raise _Wrong(failed.pos, "The file is not JSON", f"The parser says: {failed.msg}.") from None
    except RecursionError:
        raise _Wrong(at, "Too many lists and objects stand inside each other") from None
    except ValueError as refused:
        raise _Wrong(at, str(refused)) from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
