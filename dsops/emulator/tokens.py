"""Who may do what: tokens and key pairs, and their permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from dsops.emulator.exchange import SetupError

EVERYTHING_TOKEN = "emulator"  # noqa: S105 — meant to be known
_PAIR_KEYS = {"permissions", "secretKey", "securityToken"}
_PERMISSIONS_FORM = '{"permissions": ["View labels", ...]}'
_PAIR_FORM = '{"secretKey": "...", "securityToken": "..." (may be left out), "permissions": [...]}'


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What belongs to an access key.

    security_token: the one that requests must carry, where the pair is a temporary one; None: any, or none.
    permissions: None is all of them.
    """

    secret_key: str
    security_token: str | None
    permissions: frozenset[str] | None

    def missing(self, required: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the required permissions that the pair lacks."""
        if self.permissions is None:
            return ()
        return tuple(name for name in required if name not in self.permissions)


class Tokens:
    """Known tokens and key pairs. The token `emulator` and the pair `emulator`/`emulator` may do everything."""

    def __init__(self, named: Mapping[str, frozenset[str]], pairs: Mapping[str, KeyPair] | None = None) -> None:
        self._named = named
        self._pairs = {EVERYTHING_TOKEN: KeyPair(EVERYTHING_TOKEN, None, None), **(pairs or {})}

    def knows(self, token: str) -> bool:
        """Whether the token is valid at all."""
        return token == EVERYTHING_TOKEN or token in self._named

    def missing(self, token: str, required: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the required permissions that a known token lacks."""
        if token == EVERYTHING_TOKEN:
            return ()
        return tuple(name for name in required if name not in self._named[token])

    def pair(self, access_key: str) -> KeyPair | None:
        """What belongs to an access key; None for an unknown one."""
        return self._pairs.get(access_key)


def read_tokens(path: Path | None) -> Tokens:
    """Tokens and key pairs from a JSON file; None: only those that are always there.

        {"TOKEN": {"permissions": ["View labels"]},
         "ACCESS KEY": {"secretKey": "...", "securityToken": "...", "permissions": ["modelarts:dataset:list"]}}

    Raises SetupError when the file can't be read or has another form; the text never repeats a token or key.
    """
    if path is None:
        return Tokens({})
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SetupError(f"{path}: tokens file cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SetupError(f'{path}: must be an object from token to {{"permissions": [...]}}')
    named: dict[str, frozenset[str]] = {}
    pairs: dict[str, KeyPair] = {}
    for position, (name, entry) in enumerate(document.items(), 1):
        if isinstance(entry, dict) and "secretKey" in entry:
            pairs[name] = _pair(path, position, entry)
        else:
            named[name] = _permissions(path, position, entry)
    return Tokens(named, pairs)


def _pair(path: Path, position: int, entry: dict[str, Any]) -> KeyPair:
    secret, token = entry["secretKey"], entry.get("securityToken")
    if not (isinstance(secret, str) and isinstance(token, str | None) and set(entry) <= _PAIR_KEYS):
        raise SetupError(f"{path}: key pair number {position} must have the form {_PAIR_FORM}")
    return KeyPair(secret, token, _permissions(path, position, {"permissions": entry.get("permissions")}, _PAIR_FORM))


def _permissions(path: Path, position: int, entry: object, form: str = _PERMISSIONS_FORM) -> frozenset[str]:
    permissions = entry.get("permissions") if isinstance(entry, dict) and set(entry) == {"permissions"} else None
    if not isinstance(permissions, list) or not all(isinstance(name, str) for name in permissions):
        raise SetupError(f"{path}: token number {position} must have the form {form}")
    return frozenset(permissions)
