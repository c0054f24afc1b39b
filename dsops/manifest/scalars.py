"""What a plain YAML scalar means: the core schema of YAML 1.2, made stricter where it would surprise.

=================================  =============================================================
``null`` ``Null`` ``NULL`` ``~``   null, and so is nothing at all
``true`` ``false``                 booleans, also ``True``, ``TRUE``, ``False``, ``FALSE``; nothing else is one
``12`` ``-3`` ``0x1F`` ``0o17``    integers, 64 bits at most
``0.5`` ``1e3``                    floats
``010``                            refused: it means 8 in YAML 1.1 and 10 in YAML 1.2
``.inf`` ``.nan`` ``1e999``        refused: JSON has no such numbers
everything else                    text: ``no``, ``on``, ``12:30:00``, ``2024-01-01``
=================================  =============================================================
"""

import math
import re
from functools import lru_cache

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

SUSPECT = frozenset("0123456789+-.~nNtTfF")
"""First characters of plain scalars that may be something else than text."""

_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_JSON = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_INT = 22
"""Characters of the longest decimal integer that is looked at; no 64 bit integer has more."""


_QUOTE = "Quote it if text is meant"


@lru_cache(maxsize=4096)
def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar.

    Raises:
        ValueError: The scalar is one that dsops refuses. Its arguments are what is wrong and what to do; neither
            repeats the scalar, which might be meant as a secret.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in SUSPECT:
        return text
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if _BASED.fullmatch(text):
        return _bounded(int(text, 0))
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_JSON.fullmatch(text):
        raise ValueError("JSON has no such number", f"{_QUOTE}.")
    return text


def _decimal(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError("A number begins with a zero: YAML 1.1 reads it as octal, YAML 1.2 as decimal",
                         f"{_QUOTE}, else leave the zero out.")  # fmt: skip
    return _bounded(int(text) if len(text) <= _LONGEST_INT else 2**63)


def _bounded(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError("A number does not fit in 64 bits", f"{_QUOTE}.")
    return value


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("A number is too large", f"{_QUOTE}.")
    return value
