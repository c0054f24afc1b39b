"""Colours, and text that can't do harm on a terminal.

rich is not used here: importing it costs more than a plan of nothing takes.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import canonical, masked

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is coloured; without ``colour`` it stays as it is."""

    colour: bool = False

    def __call__(self, text: str, *looks: str) -> str:
        """Return ``text`` in the given looks (``bold``, ``dim``, ``red``, ...)."""
        if not self.colour or not text or not looks:
            return text
        codes = ";".join(_CODES[look] for look in looks)
        return f"\x1b[{codes}m{text}\x1b[0m"


PLAIN = Style()


def printable(text: str) -> str:
    r"""Escape what a terminal would obey or a reader could not see: ``\x1b``, ``\u202e``, a no-break space.

    A newline is escaped too; whoever wants lines splits first.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return {0x0A: "\\n", 0x09: "\\t", 0x0D: "\\r"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def value_text(value: Any) -> str:
    """Write a JSON value on one line, safe to print; None is ``null``, a late value ``(known after apply)``."""
    shown = masked(value)
    if shown is not value and isinstance(shown, str):
        return printable(shown)
    return printable(canonical(shown).decode())


def width(text: str) -> int:
    """Return how many columns ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def columns(rows: Sequence[Sequence[str]], *, gap: str = "   ") -> Iterable[str]:
    """Align the cells of ``rows`` to the left, without blanks at the end; every row has as many cells as the first."""
    widths = [max(width(row[index]) for row in rows) for index in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = (cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))
        yield gap.join(cells).rstrip()


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return ``1 call``, ``2 calls``, ``0 calls``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def sized(number: int) -> str:
    """Return ``812 B``, ``4.1 kB``, ``8.0 MB``; a kB is 1,000 bytes."""
    if number < 1000:
        return f"{number} B"
    size, unit = (number / 1000, "kB") if number < 999_950 else (number / 1_000_000, "MB")
    return f"{size:,.1f} {unit}"
