"""Small pieces of wording that several checks share."""

import difflib
from collections.abc import Iterable
from typing import Any


def near(word: str, known: Iterable[str], what: str) -> str:
    """Return a hint for an unknown name: the nearest known one, else all of them.

    Args:
        word: What was written.
        known: What could have been written.
        what: What those are, in the plural: ``fields``.
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not close:
        folded = {name.casefold(): name for name in names}
        close = [folded[word.casefold()]] if word.casefold() in folded else []
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known {what}: {listed(names)}." if names else f"There are no {what}."


def listed(names: Iterable[str], limit: int = 20) -> str:
    """Return names in one line, the first ``limit`` of them."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def a_kind_of(value: Any) -> str:
    """Say what a JSON value is: ``text``, ``a number``, ``a list``, ..."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a map"
