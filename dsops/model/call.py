"""Calls: HTTP requests as data."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

from dsops.model.rows import RowWrite
from dsops.model.values import KNOWN_AFTER_APPLY, Reference, references


class Repeat(StrEnum):
    """What may be done when the answer of a call was lost.

    SAFE: send it again, repeating changes nothing. UNIQUE: a natural key tells afterwards whether it happened; of an
    update, the object itself. APPEND: only a new remote id tells.
    """

    SAFE = "safe"
    UNIQUE = "unique"
    APPEND = "append"


class Effect(StrEnum):
    """What a successful call means for the record."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Form(StrEnum):
    """How a body leaves: as JSON, or as a file part of a multipart form."""

    JSON = "json"
    FILE = "file"


THE_ANSWER = "[]"
"""As ``Call.stream``: rows are the items of the array that the answer itself is, which then is an empty one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request.

    Attributes:
        method: ``GET``, ``PUT``, ...
        path: Segments below the endpoint, not yet encoded; a ``Reference`` stands for a remote id known later.
        query: Name-value pairs in order.
        body: JSON content, or None for none; may hold late values. Bytes are JSON that is encoded already.
        form: How the body leaves.
        effect: What success means for the record; None for a read.
        settles: Field paths that the call brings to their desired value.
        repeat: What to do when its answer is lost.
        permission: The permission the provider's documentation asks for, named when it is refused.
        rows: What the call does to rows; None for one that concerns none. Its body is built when it is sent.
        base: Base URL that the path is below, where it is another than the connection's endpoint; empty otherwise.
        stream: Of a read: name of the member, at the top or in each item of an array at the top, whose array holds
            rows; or ``THE_ANSWER``. They are handed on as they arrive and left out of the answer.
    """

    method: str
    path: tuple[str | Reference, ...]
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    form: Form = Form.JSON
    effect: Effect | None = None
    settles: tuple[str, ...] = ()
    repeat: Repeat = Repeat.SAFE
    permission: str = ""
    rows: RowWrite | None = None
    base: str = ""
    stream: str = ""

    @property
    def target(self) -> str:
        """The encoded path with its query, below the endpoint; a late segment shows as ``(known after apply)``."""
        segments = (KNOWN_AFTER_APPLY if isinstance(part, Reference) else quote(part, safe="") for part in self.path)
        path = "/" + "/".join(segments)
        return f"{path}?{urlencode(self.query)}" if self.query else path

    @property
    def late(self) -> tuple[Reference, ...]:
        """The references that must be known before the call can be sent."""
        return tuple(part for part in self.path if isinstance(part, Reference)) + references(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer.

    Attributes:
        status: HTTP status code.
        headers: Names in lower case.
        body: Decoded JSON, or None when there was none.
        text: The first part of a body that is not JSON, for error messages; empty otherwise.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""


class FailureKind(StrEnum):
    """What an unsuccessful answer means."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider's error, read.

    Attributes:
        kind: What it means.
        message: The provider's words, or ours where it gave none.
        code: The provider's code, if it has one.
        pause: Of BUSY, which says that the call was certainly not carried out and may be sent again later: seconds
            after which that makes sense; 0 where the provider doesn't say.
    """

    kind: FailureKind
    message: str
    code: str = ""
    pause: float = 0.0


Flow = Generator[Call, Response, Any]
"""Calls that depend on answers: a generator that yields calls, is sent responses, and returns what it found.

A failure answer is thrown into it as ``FlowFailure``; a flow that expects it catches it.
"""


class FlowFailure(Exception):
    """Thrown into a flow where its call was answered with a failure."""

    def __init__(self, call: Call, failure: Failure, status: int) -> None:
        """Keep what was asked and what was answered."""
        self.call = call
        self.failure = failure
        self.status = status
        super().__init__(failure.message)
