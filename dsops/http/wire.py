"""From a call to the request that leaves."""

from collections.abc import Mapping
from typing import Any

from dsops.http.slim import httpx
from dsops.model import Call, NotSent, Request, canonical, error

_BODIES = frozenset({"POST", "PUT", "PATCH"})
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
    return Request(call.method, url, {**headers, "content-type": "application/json"}, canonical(call.body))


def outgoing(signed: Request, extensions: dict[str, Any]) -> httpx.Request:
    """Turn a signed request into httpx's, with exactly its headers and the length of its body."""
    headers = [(name.encode("ascii"), value.encode()) for name, value in signed.headers.items()]
    body = signed.body or b""
    if body or signed.method in _BODIES:
        headers.append((b"content-length", b"%d" % len(body)))
    return httpx.Request(
        signed.method, signed.url, headers=headers, stream=httpx.ByteStream(body), extensions=extensions
    )
