"""Names that a person typed."""

from collections.abc import Iterable
from difflib import get_close_matches

from dsops.model import Address, DsopsError


def unknown(what: str, name: str, known: Iterable[str]) -> DsopsError:
    """Return the error for a name that isn't among the ``known``, with the nearest or all of them as the hint."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There is: {', '.join(names) or 'none'}"
    return DsopsError.of(f"there is no {what} {name!r}", hint=hint)


def address(text: str) -> Address:
    """Read an address from an argument.

    Raises:
        DsopsError: It is none.
    """
    try:
        return Address.parse(text)
    except ValueError as error:
        raise DsopsError.of(str(error)) from error
