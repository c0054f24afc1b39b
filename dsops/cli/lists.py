"""Lists of ids as arguments: given one by one, in a file, or on stdin."""

import sys
from collections.abc import Iterable
from pathlib import Path

from dsops.model import DsopsError


def read_list(given: Iterable[str]) -> list[str]:
    """Return the values: each as it is, ``@FILE`` for the lines of a file, ``-`` for those of stdin.

    Blank lines don't count.

    Raises:
        DsopsError: A file can't be read.
    """
    values: list[str] = []
    for each in given:
        if each == "-":
            values += _lines(sys.stdin.read() if sys.stdin is not None else "")
        elif each.startswith("@"):
            values += _lines(_text(Path(each[1:])))
        else:
            values.append(each)
    return values


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DsopsError.of(f"{path} can't be read", detail=why) from error


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
