"""Answers: from bytes to a ``Response``, and whether it is a failure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from dsops.http.secret import Redactor
from dsops.model import Failure, FailureKind, Provider, Response

_TEXT_KEPT = 500
_TEXT_READ = 1024 * 1024
_EXCERPT = 80
_DEEPEST = 64
"""Objects and arrays inside each other, in an answer: several times what any vendor sends. Much that walks through a
document calls itself for each of them."""
_WRITABLE = 254
"""How many of them orjson writes before it refuses; it reads four times as many."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, judged.

    Attributes:
        response: What came. Where it is a failure, secrets in it are masked.
        failure: What the provider's codec says went wrong; None on success.
    """

    response: Response
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Garbled:
    """A successful answer whose content is not what it claims to be.

    Attributes:
        reason: In words.
        text: The content, whole: cut before secrets are masked, it would keep a part of one.
    """

    reason: str
    text: str = ""

    def told(self, redactor: Redactor) -> str:
        """Return the reason with the beginning of the content, free of secrets."""
        return redactor.text(self.reason) + (f": {redactor.text(self.text)[:_EXCERPT]}" if self.text else "")


def decode(status: int, headers: Iterable[tuple[bytes, bytes]], content: bytes) -> Response | Garbled:
    """Read an answer. What the content is, its first byte says; the content type is not trusted.

    Returns:
        The response; or ``Garbled`` for a 2xx answer with broken JSON, with a web page, or nested without end.
    """
    names = _headers(headers)
    if not content or content.isspace():
        return Response(status, names)
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as problem:
        text = _readable(content)
        if 200 <= status < 300 and (first := content.lstrip()[:1]) in b'{["<':
            what = "a web page" if first == b"<" else f"broken or incomplete JSON ({problem.msg})"
            return Garbled(f"{status} with {what}", text)
        return Response(status, names, None, text)
    if not _is_deep(content, body):
        return Response(status, names, body)
    if 200 <= status < 300:
        return Garbled(f"{status} with more than {_DEEPEST} objects and arrays inside each other")
    return Response(status, names, None, _readable(content))


def _is_deep(content: bytes, body: Any) -> bool:
    """Whether an answer is nested deeper than anything here walks through; few answers have so many brackets at all."""
    if content.count(b"[") + content.count(b"{") <= _DEEPEST:
        return False
    for _ in range(_WRITABLE - _DEEPEST):
        body = [body]
    try:
        orjson.dumps(body)
    except TypeError:
        return True
    return False


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _readable(content: bytes) -> str:
    if len(content) > _TEXT_READ:
        return f"({len(content):,} bytes)"
    text = content.decode(errors="replace")
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def judge(response: Response, provider: Provider, mask: Callable[[], Redactor]) -> Answer:
    """Ask the provider's codec. A failure it sees masked only: some servers echo the request in their errors."""
    if response.status < 300 and provider.failure(response) is None:
        return Answer(response, None)
    redactor = mask()
    clean = Response(
        response.status,
        {name: redactor.text(value) for name, value in response.headers.items()},
        redactor.document(response.body),
        redactor.text(response.text)[:_TEXT_KEPT],
    )
    if 300 <= response.status < 400:
        return Answer(clean, Failure(FailureKind.UNEXPECTED, _redirect(clean)))
    failure = provider.failure(clean)
    if failure is None and (response.status >= 500 or response.status in {408, 429}):
        kind = FailureKind.RATE_LIMITED if response.status == 429 else FailureKind.UNAVAILABLE
        failure = Failure(kind, "the provider gives no reason")
    return Answer(clean, failure)


def _redirect(response: Response) -> str:
    target: Any = urlsplit(response.headers.get("location", ""))
    where = f" to {target.scheme}://{target.hostname}{target.path}" if target.hostname else ""
    return f"a redirect{where}; redirects are not followed: the credentials would go elsewhere"
