"""What a machine must know of one provider: what may be declared, how strangers meddle, what is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
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


class Account(Protocol):
    """One provider's side of a machine."""

    provider: str
    connection: Mapping[str, Any]
    secrets: Mapping[str, str]
    listing: str
    """A regular expression: the paths of listings."""

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

    def conflicts(self, name: str, before: Things, after: Things) -> Iterator[str]:
        """Tell which rows of one thing were doubled, or touched although they are strangers'."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Asks the emulator past dsops, as a stranger would.

    Attributes:
        client: With the emulator's address and a stranger's credentials.
    """

    client: httpx.Client

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call; return the JSON of its answer."""
        answer = self.client.request(method, path, json=body).raise_for_status()
        return answer.json() if answer.content else None

    def may(self, method: str, path: str, body: Any = None) -> bool:
        """Make a call that may be refused; say whether it was not."""
        return self.client.request(method, path, json=body).is_success
