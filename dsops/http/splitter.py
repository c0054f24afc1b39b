"""Splits an answer while it arrives: its rows are handed on, the rest becomes the answer.

No row may be missed, and none is looked at here: orjson reads them, hundreds at a time. The text is cut where the first
member of a row seems to begin, and orjson is the judge: a prefix of an array that, closed with ``]``, is valid JSON was
cut at the right depth. Where that guess fails, brackets are counted, which is slow and never wrong.

Every byte is read by orjson, in a batch of rows or in the rest, so that broken JSON never passes for a short answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from dsops.model import THE_ANSWER, DsopsError, RowSink, TextSink

_BLOCK = 128 * 1024  # Larger batches leave the processor's cache: measured slower from 256 kB on.
_GLANCE = 16 * 1024
_LARGEST_ROW = 64 * 1024 * 1024
_MISSES = 4

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A quote alone begins a string that hasn't ended yet.
_TOKEN = re.compile(_STRING + rb'|["{}\[\]]', re.DOTALL)
# How a row begins that isn't the first one.
_NEXT_ROW = re.compile(_BLANK + b"," + _BLANK + rb"(\{)" + _BLANK + _STRING, re.DOTALL)
# What follows a string: a value where the string is a member's name, something else where it isn't one.
_VALUE = re.compile(_BLANK + b"(?::" + _BLANK + rb"([^ \t\r\n])|[^: \t\r\n])")
_QUOTE = b'"'[0]
_OPENING = b"[{"


class Broken(Exception):
    """The answer is not what it claims to be."""


class TooLarge(Exception):
    """The answer, or one of its rows, would fill the memory."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows wanted from an answer.

    Attributes:
        member: Name of the member that holds them, at the top or in each item of an array at the top; ``THE_ANSWER``
            where they are the items of the array at the top.
        sink: Takes them; None to drop them.
    """

    member: str
    sink: RowSink | None

    def begin(self) -> None:
        """Say that the answer is read from its beginning."""
        if self.sink is not None:
            self.sink.begin()

    def without(self, body: Any) -> Any:
        """Return a decoded rest without the member where it is null, which is what stands for rows handed on."""
        if self.member == THE_ANSWER:
            return body
        if isinstance(body, list):
            return [self.without(item) if isinstance(item, dict) else item for item in body]
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if name != self.member or value is not None}
        return body


class Splitter:
    """Takes one answer, in pieces of any size. What it holds of it is bounded, apart from the rest."""

    def __init__(self, stream: Stream, largest: int) -> None:
        """Begin; the rest may have ``largest`` bytes."""
        self._stream = stream
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0
        self._wanted = _BLOCK
        self._outside = _Outside(stream.member)
        self._inside: _Inside | None = None
        self._text_sink = stream.sink if isinstance(stream.sink, TextSink) else None

    def feed(self, part: bytes) -> None:
        """Take the next bytes.

        Raises:
            Broken: They aren't JSON, or the sink says that a row is none.
            TooLarge: A row, or what isn't rows, is too large.
            DsopsError: The sink could not keep the rows.
        """
        # A whole answer at once, as from a transport in process, would come out as one batch.
        for at in range(0, len(part), _BLOCK):
            self._parts.append(part[at : at + _BLOCK])
            self._size += len(self._parts[-1])
            if self._size >= self._wanted:
                self._work()

    def finish(self) -> bytes:
        """Return the rest of the answer, with null in the place of the rows; the bytes may not be JSON.

        Raises:
            Broken: The answer ended among the rows, or as with ``feed``.
        """
        self._work()
        if self._inside is not None:
            raise Broken("broken or incomplete JSON (it ends among the rows)")
        return b"".join((*self._outside.rest, *self._parts))

    def _work(self) -> None:
        text = b"".join(self._parts)
        at, before = 0, -1
        while at != before:
            before = at
            if self._inside is None:
                at, entered = self._outside.advance(text, at)
                self._inside = _Inside(self._text_sink) if entered else None
            else:
                at, batch, ended = self._inside.advance(text, at)
                self._hand_on(batch)
                self._inside = None if ended else self._inside
        self._keep(text[at:])

    def _keep(self, left: bytes) -> None:
        room = self._largest - self._outside.size if self._inside is None else _LARGEST_ROW
        if len(left) > room:
            what = f"the answer is larger than {self._largest >> 20}"
            if self._inside is not None:
                what = f"one of its rows is larger than {_LARGEST_ROW >> 20}"
            raise TooLarge(f"{what} MiB")
        self._parts = [left]
        self._size = len(left)
        # Twice what was not enough: a large row, or a long text, is looked at a few times and not with each piece.
        self._wanted = max(_BLOCK, min(2 * self._size, room + 1))

    def _hand_on(self, batch: "_Batch") -> None:
        sink = self._stream.sink
        if not batch.rows or sink is None:
            return
        try:
            if batch.text is not None and self._text_sink is not None:
                self._text_sink.take_parsed(batch.rows, batch.text)
            elif {*map(type, batch.rows)} == {dict}:
                sink.take(batch.rows)
            else:
                raise Broken(f"something in {self._stream.member} that is not an object")
        except ValueError as problem:
            raise Broken(f"a row that can't be read: {problem}") from problem
        except OSError as problem:
            # Not to be taken for trouble of the network.
            raise DsopsError.of(
                "Rows that were read can't be kept",
                detail=f"{problem.strerror or problem}.",
                hint="See that the disk has room and the folder for temporary files may be written.",
            ) from problem


class _Batch(NamedTuple):
    """Rows that were cut off together: their documents, or what a ``TextSink`` made of their text."""

    rows: Sequence[Any]
    text: bytes | None = None


class _Outside:
    """Whatever is not rows: counts brackets, looks for the member, and keeps all of it."""

    def __init__(self, member: str) -> None:
        self.rest: list[bytes] = []
        self.size = 0
        self._member = member
        self._at_the_top = member == THE_ANSWER
        self._quoted = orjson.dumps(member)
        self._depth = 0
        self._members_at = 0
        self._met = False

    def advance(self, text: bytes, at: int) -> tuple[int, bool]:
        """Go on from ``at``; return up to where it got, and whether that is the first byte of an array of rows."""
        end = len(text)
        for token in _TOKEN.finditer(text, at):
            start, after = token.span()
            if text[start] != _QUOTE:
                if self._is_the_answer(text[start]):
                    self._add(text[at:start])
                    self._add(b"[]")
                    return after, True
                self._count(text[start])
            elif after == start + 1:
                end = start
                break
            elif self._depth == self._members_at and self._is_member(token[0]):
                value = _VALUE.match(text, after)
                if value is None:
                    end = start
                    break
                if value[1] and self._enters(value[1]):
                    self._add(text[at : value.start(1)])
                    self._add(b"null")
                    return value.end(), True
        self._add(text[at:end])
        return end, False

    def _is_the_answer(self, bracket: int) -> bool:
        """Whether the answer begins here, and is the array of rows itself; then everything has been met."""
        found = self._at_the_top and not self._members_at and bracket == b"["[0]
        self._members_at = self._members_at or int(found)
        return found

    def _count(self, bracket: int) -> None:
        if bracket in _OPENING:
            if not self._members_at:
                self._members_at = 1 if bracket == b"{"[0] else 2
            self._depth += 1
        else:
            self._depth -= 1
            self._met = self._met and self._depth >= self._members_at

    def _is_member(self, token: bytes) -> bool:
        if b"\\" not in token or self._at_the_top:
            return token == self._quoted and not self._at_the_top
        try:
            return bool(orjson.loads(token) == self._member)
        except ValueError:
            return False

    def _enters(self, first: bytes) -> bool:
        if self._met:
            raise Broken(f"two members {self._member} in one object")
        self._met = True
        return first == b"["

    def _add(self, part: bytes) -> None:
        self.rest.append(part)
        self.size += len(part)


class _Inside:
    """An array of rows, from behind its ``[``."""

    def __init__(self, sink: TextSink | None) -> None:
        self._sink = sink
        self._opening = b"["
        self._misses = 0

    def advance(self, text: bytes, at: int) -> tuple[int, _Batch, bool]:
        """Go on from ``at``; return up to where it got, the rows until there, and whether the array has ended."""
        if self._opening == b"[":
            # Most arrays of a listing are small: not worth a guess, and a wrong one reads on to the end of the text.
            cut, ended = _counted(text, at, at + _GLANCE)
            if ended or cut > at:
                return self._taken(text, at, cut, ended=ended)
        guess = self._guess(text, at)
        if guess is not None:
            return guess
        cut, ended = _counted(text, at, len(text))
        return self._taken(text, at, cut, ended=ended) if ended or cut > at else (at, _Batch(()), False)

    def _guess(self, text: bytes, at: int) -> tuple[int, _Batch, bool] | None:
        """Cut before what looks like the row that follows here, the last one of its kind in the text."""
        following = _NEXT_ROW.match(text, at)
        if following is None or self._misses >= _MISSES:
            return None
        cut = text.rfind(b"}" + following[0], at) + 1
        if not cut:
            return None
        if self._sink is not None:
            array = b"".join((b"[", memoryview(text)[following.start(1) : cut], b"]"))
            rows = self._sink.parse(array)
            if rows is not None:
                return cut, _Batch(rows, array), False
        try:
            taken = self._taken(text, at, cut, ended=False)
        except Broken:
            self._misses += 1
            return None
        self._misses = 0
        return taken

    def _taken(self, text: bytes, at: int, cut: int, *, ended: bool) -> tuple[int, _Batch, bool]:
        try:
            rows: list[Any] = orjson.loads(b"".join((self._opening, memoryview(text)[at:cut], b"]")))
        except orjson.JSONDecodeError as problem:
            raise Broken(f"broken or incomplete JSON ({problem.msg})") from None
        if self._opening == b"[":
            # What follows begins with a comma; with something before that it is judged as what it is.
            self._opening = b"[{}"
        else:
            del rows[0]
        return cut + 1 if ended else cut, _Batch(rows), ended


def _counted(text: bytes, at: int, end: int) -> tuple[int, bool]:
    """Count brackets: return where the last whole value ends, or the array, and which of both it is."""
    depth = 0
    cut = at
    for token in _TOKEN.finditer(text, at, end):
        start, after = token.span()
        byte = text[start]
        if byte == _QUOTE:
            if after == start + 1:
                break
        elif byte in _OPENING:
            depth += 1
        elif depth:
            depth -= 1
            cut = cut if depth else after
        elif byte == b"]"[0]:
            return start, True
        else:
            raise Broken("broken or incomplete JSON (a bracket in the wrong place)")
    return cut, False
