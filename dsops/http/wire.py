"""From a call to the request that leaves."""

import hashlib
from collections.abc import Mapping
from typing import Any, assert_never

from dsops.http.slim import httpx
from dsops.model import Call, Form, NotSent, Request, canonical, error

_BODIES = frozenset({"POST", "PUT", "PATCH"})
_DIGITS = 40
# Such a segment is lost on the way: clients and servers fold "..", and "DELETE /streams/" is not "DELETE /streams/x".
_VANISHING = frozenset({"", ".", ".."})


def prepare(call: Call, base: str, headers: Mapping[str, str]) -> Request:
    """Return the request for a call, ready to be signed.

    Args:
        call: The call.
        base: Endpoint without a trailing slash.
        headers: What every request carries.

    Raises:
        NotSent: A path segment would address another object.
        ValueError: Something in the call is still late, which is a mistake in dsops.
    """
    if call.late:
        raise ValueError(f"{call.method} {call.target} was to be sent before {call.late[0]} was known")
    if not _VANISHING.isdisjoint(call.path):
        raise NotSent(
            error(
                f"{call.method} {call.target} was not sent",
                detail="A part of its path is empty, . or .., so that it would address something else.",
                hint="Rename the object: no name may be . or .. or empty.",
            )
        )
    url = base + call.target
    if call.body is None:
        return Request(call.method, url, headers, None)
    content = call.body if isinstance(call.body, bytes) else canonical(call.body)
    match call.form:
        case Form.JSON:
            content_type = "application/json"
        case Form.FILE:
            boundary = _boundary(content)
            content_type = f"multipart/form-data; boundary={boundary}"
            content = _file_part(boundary, content)
        case _:
            assert_never(call.form)
    return Request(call.method, url, {**headers, "content-type": content_type}, content)


def _boundary(content: bytes) -> str:
    """Return what doesn't occur in the content: the same at each try, so that a signed request stays what it was."""
    seed = hashlib.sha256(content)
    while (boundary := f"dsops-{seed.hexdigest()[:_DIGITS]}").encode() in content:
        seed.update(b".")
    return boundary


def _file_part(boundary: str, content: bytes) -> bytes:
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="rows.json"\r\n'
        "Content-Type: application/json\r\n\r\n"
    )
    return b"".join((head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))


def outgoing(signed: Request, extensions: dict[str, Any]) -> httpx.Request:
    """Turn a signed request into httpx's, with exactly its headers and the length of its body."""
    headers = [(name.encode("ascii"), value.encode()) for name, value in signed.headers.items()]
    body = signed.body or b""
    if body or signed.method in _BODIES:
        headers.append((b"content-length", b"%d" % len(body)))
    return httpx.Request(
        signed.method, signed.url, headers=headers, stream=httpx.ByteStream(body), extensions=extensions
    )
