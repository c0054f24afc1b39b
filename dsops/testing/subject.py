"""What a provider's author says of it, so that the suite can put it to the test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


def nothing(url: str) -> None:
    """Leave the server as it is."""
    del url


@dataclass(frozen=True, slots=True)
class Subject:
    """A provider under test, with a server of it that is running.

    Attributes:
        provider: Its name.
        url: Where its server listens: loopback, plain HTTP, without a trailing slash.
        connection: The connection's fields besides ``provider`` and ``endpoint``; a secret is ``${env:NAME}``.
        secrets: Environment variable to the secret that the server takes: long and strange enough to be looked for in
            everything that dsops says and writes. An empty one is not given at all.
        reset: Given ``url``, empties the account; called before each test.
        base: What the endpoint has after ``url``: ``/v2``.
    """

    provider: str
    url: str
    connection: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    reset: Callable[[str], None] = nothing
    base: str = ""

    def __post_init__(self) -> None:
        """Refuse secrets that would be found by chance."""
        short = [name for name, value in self.secrets.items() if 0 < len(value) < 10]
        if short:
            raise ValueError(f"secrets that are looked for need ten characters or more: {', '.join(short)}")


@dataclass(frozen=True, slots=True)
class KindCase:
    """One kind: an object of it, what becomes of that, and how to look at it past dsops.

    Functions are given the server's ``url``. What they take and return has field names of manifests.

    Attributes:
        kind: ``Dataset``.
        spec: A valid spec, with every field that ``update``, ``replace`` and ``theirs`` name.
        look: Returns the object as the server has it, None when it isn't there. It has at least those fields.
        update: Other values for fields that can be changed; empty where none can.
        replace: Other values for fields that can be given at creation only; empty where there are none.
        theirs: Values of changeable fields that somebody else sets; empty where nobody can.
        meddle: Sets ``theirs`` at the server.
        remove: Deletes the object at the server; None where nobody can.
        crowd: Makes so many other objects that listing them takes more than one call; None where it never does.
        remote: What ``dsops import`` is given to find it.
        parents: Documents that it needs, with kind, metadata and spec.
        files: What stands beside the manifests: path to text.
        name: Its ``metadata.name``.
    """

    kind: str
    spec: Mapping[str, Any]
    look: Callable[[str], Mapping[str, Any] | None]
    remote: str
    update: Mapping[str, Any] = field(default_factory=dict)
    replace: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    meddle: Callable[[str], None] | None = None
    remove: Callable[[str], None] | None = None
    crowd: Callable[[str], None] | None = None
    parents: tuple[Document, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    name: str = "it"

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        unknown = ({*self.update} | {*self.replace} | {*self.theirs}) - {*self.spec}
        if unknown:
            raise ValueError(f"{self.kind}: the spec lacks {', '.join(sorted(unknown))}")
        if bool(self.theirs) != (self.meddle is not None):
            raise ValueError(f"{self.kind}: theirs and meddle belong together")
