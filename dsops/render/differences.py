"""Two texts, told as one: `the [-old-]{+new+} words`, as wdiff and git write it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from dsops.render.style import PLAIN, Style, printable

_CONTEXT = 40
"""Characters of what is equal that are shown beside a difference."""
_WORTH_CUTTING = 20
"""Characters of what is equal that are shown rather than cut."""
_CHANGED = 160
"""Characters of what is different that are shown at one place."""
_PLACES = 6
"""Places of one text that are shown."""
_LETTERS = 50_000
"""Most characters that are split into words; what differs in more is one place."""
_PAIRS = 160_000
"""Most pairs of words that are compared, which takes quadratic time; what differs in more is one place."""
_WORD_LENGTH = 200
"""Characters after which a word may be cut in two."""

# Scripts without blanks are compared character by character: a sentence would be one word.
_DENSE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_ACCENTS = "\u0300-\u036f"
_WORD = re.compile(rf"[{_DENSE}]|(?:[^\W{_DENSE}]|[{_ACCENTS}])+|\s+|[^\w\s]")


class _Piece(NamedTuple):
    """What is equal (``before`` is ``after``), or one place that differs."""

    before: str
    after: str

    @property
    def equal(self) -> bool:
        return self.before == self.after


def differences(before: str, after: str, *, whole: bool = False, style: Style = PLAIN) -> str:
    """Write both texts as one, safe to print: what goes as ``[-…-]``, what comes as ``{+…+}``.

    Args:
        before: The one text.
        after: The other.
        whole: Whether to show all of it; else what is equal, long or many is left out, and ``…`` stands for it.
        style: How what differs is coloured.
    """
    pieces = _joined(_pieces(before, after))
    places = sum(not each.equal for each in pieces)
    shown = pieces if whole else list(_first(pieces))
    told = "".join(_told(each, index, len(shown), whole=whole, style=style) for index, each in enumerate(shown))
    rest = places - sum(not each.equal for each in shown)
    if rest:
        told += f" (and {rest:,} more)"
    if before != after and unicodedata.normalize("NFC", before) == unicodedata.normalize("NFC", after):
        told += " (the same letters in another Unicode form)"
    return told


def shortened(text: str, limit: int) -> str:
    """Cut the middle out of a text that is longer than ``limit``, and say how much that was."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}…({len(text) - 2 * half:,} characters)…{text[-half:]}"


def _pieces(before: str, after: str) -> Iterator[_Piece]:
    """Compare what is left between the beginning and the end that both have in common."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    start = _boundary(before, after, start)
    end = _boundary(before[start:][::-1], after[start:][::-1], end)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield _Piece(before[:start], before[:start])
    yield from _middle(old, new)
    yield _Piece(before[len(before) - end :], before[len(before) - end :])


def _middle(old: str, new: str) -> Iterator[_Piece]:
    words, others = ([], []) if len(old) + len(new) > _LETTERS else (_WORD.findall(old), _WORD.findall(new))
    if not 0 < len(words) * len(others) <= _PAIRS:
        yield _Piece(old, new)
        return
    for kind, a, b, c, d in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        gone = "".join(words[a:b])
        yield _Piece(gone, gone if kind == "equal" else "".join(others[c:d]))


def _common(one: str, other: str) -> int:
    """Return how long a beginning both have in common; by halves, since comparing slices is quick."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _boundary(one: str, other: str, length: int) -> int:
    """Step back to where a word ends in both, so that none is cut in two."""
    for back in range(min(length, _WORD_LENGTH)):
        if not any(_inside(text, length - back) for text in (one, other)):
            return length - back
    return 0 if length <= _WORD_LENGTH else length


def _inside(text: str, position: int) -> bool:
    """Whether a word, or a run of blanks, goes on at ``position``."""
    return _WORD.fullmatch(text[position - 1 : position + 1]) is not None and position < len(text)


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join places with nothing but blanks between them: they read better as one."""
    found: list[_Piece] = []
    for each in pieces:
        piece = each
        if not piece.equal and len(found) > 1 and found[-1].equal and found[-1].before.isspace():
            blank, place = found.pop().before, found.pop()
            piece = _Piece(place.before + blank + piece.before, place.after + blank + piece.after)
        if piece.before or piece.after:
            found.append(piece)
    return found


def _first(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces up to the last place that is shown, and what is equal behind it."""
    places = 0
    for each in pieces:
        places += not each.equal
        if places > _PLACES:
            return
        yield each


def _told(piece: _Piece, index: int, count: int, *, whole: bool, style: Style) -> str:
    if piece.equal:
        return printable(piece.before if whole else _around(piece.before, first=index == 0, last=index == count - 1))
    gone, come = ((text if whole else shortened(text, _CHANGED)) for text in piece)
    told = style(f"[-{printable(gone)}-]", "red") if gone else ""
    return told + (style(f"{{+{printable(come)}+}}", "green") if come else "")


def _around(text: str, *, first: bool, last: bool) -> str:
    """Keep of what is equal what stands beside a difference."""
    left, right = (0 if first else _CONTEXT), (0 if last else _CONTEXT)
    if len(text) <= left + right + _WORTH_CUTTING:
        return text
    before = text[:left].rsplit(" ", 1)[0] if left else ""
    behind = text[len(text) - right :].split(" ", 1)[-1] if right else ""
    return f"{before}…{behind}"
