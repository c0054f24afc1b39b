"""Addresses of states, taken apart. A secret in one is a reference until the moment it is used."""

import ipaddress
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dsops.model import StateError

USERNAME = "DSOPS_STATE_USERNAME"
PASSWORD = "DSOPS_STATE_PASSWORD"  # noqa: S105 - the name of a variable

RESOLVED: set[str] = set()
"""Every password that this process has found: for whoever writes down what nobody expected."""

_LARGEST_FILE = 65536
_REFERENCE = re.compile(r"\$\{(env|file):([^{}]+)\}")
_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around the number of a reference while an address is taken apart: they mean nothing in a URL."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state lives: an address taken apart.

    Attributes:
        address: As written in the stack file: free of secrets, for people.
        scheme: ``postgres``, ``s3``, ``https``, ...
        user: Who to be there; empty when the address doesn't say.
        secret: The password as a reference, ``${env:NAME}`` or ``${file:PATH}``; empty when the address has none.
        host: Host or bucket.
        port: None for the usual one.
        path: Decoded, without the slash in front.
        query: Settings behind the question mark.
        root: The stack folder: where the path of a reference begins.
    """

    address: str
    scheme: str
    user: str
    secret: str
    host: str
    port: int | None
    path: str
    query: dict[str, str] = field(default_factory=dict)
    root: Path = Path()

    def credentials(self) -> tuple[str, str]:
        """Return user and password, as the address or else DSOPS_STATE_USERNAME and DSOPS_STATE_PASSWORD give them.

        Raises:
            StateError: A reference leads nowhere.
        """
        user = self._resolved(self.user) or os.environ.get(USERNAME, "")
        password = self._resolved(self.secret) or os.environ.get(PASSWORD, "")
        RESOLVED.add(password)
        return user, password

    def _resolved(self, text: str) -> str:
        return _REFERENCE.sub(lambda found: _resolve(found[1], found[2], self.root), text)


def take_apart(address: str, root: Path, settings: Iterable[str]) -> Place:
    """Take an address apart.

    Args:
        address: ``postgres://dsops:${env:PGPASSWORD}@db.example.com/dsops?schema=mail``.
        root: The stack folder.
        settings: Names that may stand behind the question mark.

    Raises:
        StateError: It is no address, holds a secret itself, or has a setting that nobody knows.
    """
    references: list[str] = []

    def aside(found: re.Match[str]) -> str:
        references.append(found[0])
        return f"{_OPEN}{len(references) - 1}{_CLOSE}"

    def back(text: str) -> str:
        return re.sub(f"{_OPEN}(\\d+){_CLOSE}", lambda found: references[int(found[1])], text)

    plain = _REFERENCE.sub(aside, address)
    if "${" in plain:
        raise StateError.of(
            "The address of the state holds a reference that can't be read",
            hint="Write ${env:NAME} or ${file:PATH}; in the stack file also ${var.name}.",
        )
    parts, port, query = _split(plain)
    secret = back(parts.password or "")
    if secret and not _REFERENCE.fullmatch(secret):
        raise StateError.of(
            "The address of the state holds a password itself",
            detail="Secrets don't belong in a stack file.",
            hint=f"Write ${{env:NAME}} or ${{file:PATH}} in its place, or set {USERNAME} and {PASSWORD}.",
        )
    _check_settings(query, settings)
    if not parts.hostname and parts.scheme not in _LOCAL:
        raise StateError.of(f"The state address {address!r} names no host or bucket", hint=_FORMS)
    return Place(
        address=address,
        scheme=parts.scheme,
        user=back(unquote(parts.username or "")),
        secret=secret,
        host=back(parts.hostname or ""),
        port=port,
        path=back(unquote(parts.path)).strip("/"),
        query={key: back(value) for key, value in query.items()},
        root=root,
    )


def _split(plain: str) -> tuple[SplitResult, int | None, dict[str, str]]:
    """Return the parts of an address, its port, and its settings."""
    try:
        parts = urlsplit(plain)
        port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:  # its text may quote a secret
        raise _no_url(plain) from None
    # A password with such a sign ends the host too early, and would stand where everybody may read.
    if parts.fragment or "@" in parts.path or "@" in parts.query:
        raise _no_url(plain)
    return parts, port, query


def _no_url(plain: str) -> StateError:
    return StateError.of(
        f"The address of the state, {plain.partition(':')[0]}:..., is no URL",
        detail="Signs such as @ / ? # mean something in a URL. Elsewhere they are written %40 %2F %3F %23.",
        hint=_FORMS,
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_LOCAL = frozenset({"postgres", "postgresql"})
"""Without a host these mean this machine, or what their own environment variables say."""

_FORMS = (
    "Write for example  postgres://user:${env:PASSWORD}@host/database,  s3://bucket/prefix  or  "
    "https://host/path  under spec.state of the stack file."
)


def _check_settings(query: dict[str, str], settings: Iterable[str]) -> None:
    known = sorted(settings)
    for name in query:
        if name not in known:
            raise StateError.of(
                f"The address of the state has a setting that is not known: {name}",
                detail=f"Known are: {', '.join(known) or 'none'}.",
            )


def _resolve(scheme: str, name: str, root: Path) -> str:
    """Return the value of a reference; what is wrong is said without it."""
    named = f"${{{scheme}:{name}}}"
    if scheme == "env":
        value = os.environ.get(name, "")
        if not value:
            raise StateError.of(
                f"The address of the state needs {named}, and the environment variable {name} is not set",
                hint=f"Set {name}.",
            )
        return value
    path = root / name
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise StateError.of(
            f"The address of the state needs {named}, and that lies outside the stack folder",
            detail="Its path starts at the stack folder and may not leave it, by a link neither.",
            hint="Put the file itself there, or name an environment variable: ${env:NAME}.",
        )
    try:
        with path.open("rb") as file:
            value = file.read(_LARGEST_FILE).decode().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise StateError.of(
            f"The address of the state needs {named}, and that file can't be read",
            detail=problem.strerror or "" if isinstance(problem, OSError) else "It is no text.",
        ) from None
    if not value:
        raise StateError.of(f"The address of the state needs {named}, and that file is empty")
    return value
