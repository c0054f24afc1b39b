"""Small pieces of wording that several checks share."""

import difflib
from collections.abc import Iterable
from typing import Any

from dsops.model import Address, Diagnostic, Source
from dsops.model import error as model_error

LONGEST = 500
"""Characters of a manifest's words that a message repeats, at most."""


def error(
    summary: str, *, detail: str = "", hint: str = "", source: Source | None = None, address: Address | None = None
) -> Diagnostic:
    """Return an error whose texts may repeat what a manifest says: one line each, cut, nothing a terminal obeys."""
    return model_error(_clean(summary), detail=_clean(detail), hint=_clean(hint), source=source, address=address)


def _clean(text: str) -> str:
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


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
