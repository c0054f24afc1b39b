"""What a person is told about a failed call: what, where, why, what to do."""

import os
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

from dsops.http.answer import Answer
from dsops.http.slim import httpx
from dsops.model import Call, Connection, Diagnostic, FailureKind, error


def explain(call: Call, connection: Connection, answer: Answer) -> Diagnostic:
    """Word a failure answer.

    Args:
        call: What was asked.
        connection: Whom.
        answer: What was answered; its ``failure`` is not None.
    """
    failure = answer.failure
    if failure is None:
        raise ValueError(f"{place(call, connection)} did not fail")
    code = f" ({failure.code})" if failure.code not in {"", str(answer.response.status)} else ""
    return error(
        f"{place(call, connection)} was answered {_status(answer.response.status)}",
        detail=f"{failure.message}{code}",
        hint=_hint(call, connection, failure.kind),
    )


def lost(call: Call, connection: Connection, reason: str, *, write: bool) -> Diagnostic:
    """Word a call that left and was not, or not clearly, answered."""
    if write:
        summary = f"{place(call, connection)} may or may not have been carried out"
        hint = "Apply again: dsops looks first at what became of it."
    else:
        summary = f"{place(call, connection)} got no answer"
        hint = f"Try again later. If it stays so, check the endpoint {connection.endpoint}, or raise timeout."
    return error(summary, detail=reason, hint=hint)


def unsent(call: Call, connection: Connection, reason: str, *, hint: str = "") -> Diagnostic:
    """Word a call that never left; without a hint, it is the network's fault."""
    hint = hint or f"Check the endpoint {connection.endpoint} and the network; then run the command again."
    return error(f"{place(call, connection)} was not sent", detail=reason, hint=hint)


def garbled(call: Call, connection: Connection, reason: str) -> Diagnostic:
    """Word a read whose answer claims success and can't be read."""
    hint = (
        f"Check that {connection.endpoint} is the API itself, not a proxy's or sign-in page. "
        "If it is, it answers otherwise than its documentation says: ask the provider."
    )
    return error(f"{place(call, connection)} was answered with something unreadable", detail=reason, hint=hint)


def place(call: Call, connection: Connection) -> str:
    """Name a call in a sentence: ``cm: PUT /api/v1/datasets/project1/collateral``."""
    return f"{connection.name}: {call.method} {call.target}"


def _status(status: int) -> str:
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"{status} {known[status]}" if status in known else str(status)


def _hint(call: Call, connection: Connection, kind: FailureKind) -> str:
    secrets = " and ".join(str(ref) for ref in connection.secrets.values()) or "the connection's secrets"
    permission = f"the permission {call.permission}" if call.permission else "the permission for this"
    hints = {
        FailureKind.INVALID: "Correct the field that the message names, then plan again.",
        FailureKind.UNAUTHENTICATED: f"Check {secrets}: the provider doesn't know it, or it has expired.",
        FailureKind.FORBIDDEN: f"Give the account behind {secrets} {permission}.",
        FailureKind.NOT_FOUND: f"Check the names in the path, and the endpoint {connection.endpoint}.",
        FailureKind.CONFLICT: "The object has changed or is in use. Plan again.",
        FailureKind.RATE_LIMITED: f"Try again later, or lower maxConcurrency of connection {connection.name} "
        f"(now {connection.max_concurrency}).",
        FailureKind.BUSY: "The provider is at work on the object: apply again when it is through.",
        FailureKind.UNAVAILABLE: "Try again later; what is done stays done.",
        FailureKind.UNEXPECTED: f"Check the endpoint {connection.endpoint}.",
    }
    return hints[kind]


def cause(exc: Exception, timeout: float, *, left: bool) -> str:
    """Say why there was no answer, in words that the exception's own text often lacks. May still hold secrets.

    Args:
        exc: What was raised.
        timeout: Seconds the request was given.
        left: Whether it had left.
    """
    if isinstance(exc, TimeoutError | httpx.TimeoutException):
        return f"no {'answer' if left else 'connection'} within {timeout:g} s"
    for inner in _chain(exc):
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {inner.verify_message}"
        if isinstance(inner, OSError) and inner.errno and inner.strerror:
            # asyncio puts words of its own into strerror; a resolver's numbers are not the system's, but its words are.
            words = inner.strerror if isinstance(inner, socket.gaierror) else os.strerror(inner.errno)
            return words[:1].lower() + words[1:]
    return str(exc) or "the connection broke"


def is_untrusted(exc: Exception) -> bool:
    """Whether the server's certificate could not be verified; trying again won't change that."""
    return any(isinstance(inner, ssl.SSLCertVerificationError) for inner in _chain(exc))


def _chain(exc: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = exc
    while following is not None:
        yield following
        # Several addresses of a name that all refuse arrive as a group; the first speaks for all.
        first = following.exceptions[0] if isinstance(following, BaseExceptionGroup) else None
        following = first or following.__cause__ or following.__context__
