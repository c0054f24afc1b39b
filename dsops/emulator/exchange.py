"""One request and one answer, as the provider APIs of the emulator see them: plain values, no sockets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request, read to its end. `path` is raw (still percent-encoded), header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; the body is JSON, or empty.

    parts: in place of the body, where that is too long to be held: its bytes, piece by piece. They are taken after the
        commit, while other requests are served, and must show what was there at the commit.
    media_type: what the body is, where it isn't JSON.
    length: how long the body is: for parts of a known length, and for an answer to HEAD, which has none.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    parts: Iterator[bytes] | None = None
    media_type: str = "application/json"
    length: int | None = None


class Refusal(Exception):
    """The API refuses a request: an HTTP status and a sentence that says what is wrong."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class SetupError(Exception):
    """The emulator can't start as asked: a file is missing, unreadable, malformed or in use. The text names it."""


class Api(Protocol):
    """One provider's API. `answer` runs inside one store transaction, which a Refusal or an error rolls back."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The paths below which this API serves, without a slash at the end."""

    @property
    def section(self) -> str:
        """The name of its section in a seed file."""

    def catch_up(self) -> None:
        """Do what has fallen due since the request before; runs in a transaction of its own."""

    def answer(self, incoming: Incoming) -> Answer:
        """Serve one request. Raises Refusal."""

    def error(self, status: int, message: str) -> Answer:
        """An error in this provider's form."""

    def load(self, seed: Any) -> None:
        """Take in this provider's section of a seed file. Raises Refusal that names the place."""

    def generate(self, counts: Mapping[str, int]) -> None:
        """Make up so many objects, named as in `--generate`; names it doesn't know are another API's matter."""


def decode(body: bytes) -> Any:
    """The JSON value of a body. Raises orjson.JSONDecodeError, also where it could not be written again.

    orjson reads four times as many objects and arrays inside each other as it writes.
    """
    value = orjson.loads(body)
    try:
        orjson.dumps(value)
    except TypeError:
        raise orjson.JSONDecodeError("too many objects and arrays inside each other", "", 0) from None
    return value


def encode(value: object) -> bytes:
    """JSON bytes of a value."""
    return orjson.dumps(value)
