"""JSONL: a row a line. The format for many rows: any of them is found again by its offset."""

import weakref
from collections.abc import Generator, Iterator
from functools import partial
from itertools import accumulate, islice
from typing import Any, BinaryIO, Final

import orjson

from dsops.manifest.rows.base import Block, Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import BOM, UTF16, not_utf8, utf16
from dsops.manifest.words import a_kind_of

_LINE_END: Final = 2
_BUFFER: Final = 1 << 16
_TOGETHER: Final = 16
"""Lines that are read in one go. More of them gain nothing, and hold more of the largest rows at once."""


class Jsonl:
    """One JSON object a line, UTF-8. Blank lines, CRLF and a byte order mark at the beginning are passed over.

    Where an object gives a name twice the last one counts, as orjson has it: looking for it would cost half as much
    again as reading.
    """

    columns = False

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located | Block]:
        """Yield the rows with their offsets."""
        offset, line = _begin(handle, file, problems), 0
        limit = file.largest + _LINE_END
        lines = iter(partial(handle.readline, limit), b"")
        while texts := [*islice(lines, _TOGETHER)]:
            values = None if file.parsed is None else file.parsed(texts)
            if values is None:
                handle.seek(offset)
                offset, line = yield from _one_by_one(handle, len(texts), offset, line, file, problems)
            else:
                positions = [*accumulate(map(len, texts), initial=offset)]
                offset = positions.pop()
                yield Block(positions, line + 1, values)
                line += len(texts)

    def cursor(self, file: RowFile) -> "JsonlCursor":
        """Open a file again."""
        return JsonlCursor(file)


class JsonlCursor:
    """Seeks."""

    def __init__(self, file: RowFile) -> None:
        """Open the file; it is closed when nobody uses the cursor any more."""
        self._handle = file.path.open("rb", buffering=_BUFFER)
        self._limit = file.largest + _LINE_END
        weakref.finalize(self, self._handle.close)

    def get(self, position: int) -> Any:
        """Return the document of the line at an offset."""
        self._handle.seek(position)
        return orjson.loads(self._handle.readline(self._limit))


ONE_ROW_A_LINE: Final = "Each line of a JSONL file is one whole JSON object; a list of rows belongs in a .json file."


def _one_by_one(
    handle: BinaryIO, count: int, offset: int, line: int, file: RowFile, problems: Problems
) -> Generator[Located, None, tuple[int, int]]:
    """Yield the rows of the next lines; return where that ends, and how many lines there are before."""
    limit = file.largest + _LINE_END
    for text in islice(iter(partial(handle.readline, limit), b""), count):
        line += 1
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as failed:
            if len(text) == limit and not text.endswith(b"\n"):
                offset += _skip(handle, limit)
                file.too_large(problems, line)
            elif text.strip():
                _refuse(text, failed, file, line, problems)
        else:
            if type(document) is dict:
                yield offset, line, 1, document
            else:
                said = f"This line is {a_kind_of(document)}, and no row"
                problems.report(file.source(line), said, hint=ONE_ROW_A_LINE)
        offset += len(text)
    return offset, line


def _begin(handle: BinaryIO, file: RowFile, problems: Problems) -> int:
    """Go behind a byte order mark; return how many bytes it has."""
    first = handle.read(len(BOM))
    if first == BOM:
        return len(BOM)
    if first.startswith(UTF16):
        utf16(file, problems)
        handle.seek(0, 2)
    else:
        handle.seek(0)
    return 0


def _skip(handle: BinaryIO, limit: int) -> int:
    """Pass over the rest of a line; return how many bytes that were."""
    skipped = 0
    while text := handle.readline(limit):
        skipped += len(text)
        if text.endswith(b"\n"):
            break
    return skipped


def _refuse(text: bytes, failed: orjson.JSONDecodeError, file: RowFile, line: int, problems: Problems) -> None:
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        not_utf8(text[: wrong.start], text[wrong.start], file, line, problems)
        return
    if text.startswith(BOM):
        problems.report(
            file.source(line),
            "A byte order mark stands inside the file",
            detail="It is invisible, and belongs at the very beginning or nowhere; joining files leaves it inside.",
            hint="Remove it.",
        )
        return
    said = f"The parser says: {failed.msg}."
    problems.report(file.source(line, failed.colno), "The line is not JSON", detail=said, hint=ONE_ROW_A_LINE)
