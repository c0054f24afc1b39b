"""Who may do what: bearer tokens and their permissions."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from dsops.emulator.exchange import SetupError

EVERYTHING_TOKEN = "emulator"  # noqa: S105 — meant to be known


class Tokens:
    """Known tokens. The token `emulator` is always there and has every permission."""

    def __init__(self, named: Mapping[str, frozenset[str]]) -> None:
        self._named = named

    def knows(self, token: str) -> bool:
        """Whether the token is valid at all."""
        return token == EVERYTHING_TOKEN or token in self._named

    def missing(self, token: str, required: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the required permissions that a known token lacks."""
        if token == EVERYTHING_TOKEN:
            return ()
        return tuple(name for name in required if name not in self._named[token])


def read_tokens(path: Path | None) -> Tokens:
    """Tokens from a JSON file {"TOKEN": {"permissions": ["View labels"]}}; None: only the one that is always there.

    Raises SetupError when the file can't be read or has another form; the text never repeats a token.
    """
    if path is None:
        return Tokens({})
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SetupError(f"{path}: tokens file cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SetupError(f'{path}: must be an object from token to {{"permissions": [...]}}')
    return Tokens(
        {token: _permissions(path, position, entry) for position, (token, entry) in enumerate(document.items(), 1)}
    )


def _permissions(path: Path, position: int, entry: object) -> frozenset[str]:
    permissions = entry.get("permissions") if isinstance(entry, dict) and set(entry) == {"permissions"} else None
    if not isinstance(permissions, list) or not all(isinstance(name, str) for name in permissions):
        raise SetupError(f'{path}: token number {position} must have the form {{"permissions": ["View labels", ...]}}')
    return frozenset(permissions)
