"""What a machine must know of one provider: what may be declared, how strangers meddle, what is there."""

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from hypothesis import strategies as st

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object at the provider.

    Attributes:
        name: What tells it from others: ``a``, ``a/x`` for one below another.
        document: As it is answered.
        rows: Its rows by id, where it has any.
    """

    name: str
    document: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


Things = Mapping[str, Thing]
"""By id."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the manifests say.

    Attributes:
        documents: Manifests by the name of the thing that each declares.
        files: Files beside them.
    """

    documents: Mapping[str, Document]
    files: Mapping[str, str] = field(default_factory=dict)


class Caller:
    """Asks the emulator past dsops, as a stranger would, on one connection."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {**headers, "content-type": "application/json"}

    def close(self) -> None:
        """Close the connection."""
        self._there.close()

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call that must succeed; return the JSON of its answer."""
        status, content = self._ask(method, path, body)
        assert status < 300, f"{method} {path}: {status} {content!r}"
        return json.loads(content) if content else None

    def may(self, method: str, path: str, body: Any = None) -> bool:
        """Make a call that may be refused; say whether it was not."""
        return self._ask(method, path, body)[0] < 300

    def _ask(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        self._there.request(method, path, None if body is None else json.dumps(body), self._headers)
        answer = self._there.getresponse()
        return answer.status, answer.read()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a stack file says of the account, and where it is read.

    Attributes:
        provider: ``uipath``.
        connection: Further fields of the connection.
        secrets: The environment variables that these name.
        listing: A regular expression: the paths of listings.
        kept: A regular expression: names of things that can't be deleted, and stay when they are no longer declared.
    """

    provider: str
    connection: Mapping[str, Any]
    secrets: Mapping[str, str]
    listing: str
    kept: str = "(?!)"


class Account(Protocol):
    """One provider's side of a machine."""

    @property
    def call(self) -> Caller:
        """A stranger's way to the emulator."""

    @property
    def facts(self) -> Facts:
        """What never changes."""

    def declarations(self) -> st.SearchStrategy[Declared]:
        """Whatever may be declared."""

    def names(self) -> tuple[str, ...]:
        """Names that strangers may use, their own and ours."""

    def things(self) -> Things:
        """Everything there is, read past dsops."""

    def meddle(self, deed: str, name: str, number: int) -> None:
        """Change, remove or make something as a stranger does; nothing where that makes no sense."""

    def differs(self, declared: Declared, things: Things) -> Iterator[str]:
        """Tell what of the declared values is not there."""

    def conflicts(self, declared: Declared, before: Thing, after: Thing) -> Iterator[str]:
        """Tell which rows of a declared thing were doubled, or touched although they are strangers'."""
