"""Answers that are wrong: pages in place of JSON, pauses asked for, listings cut short, pages that come twice."""

import json
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from dsops.testing.proxy import Wrong

PAGE = b"<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>It broke</h1></body></html>"
_PLAIN = "text/plain"


def page(status: int, *, carried_out: bool) -> Wrong:
    """Return a web page in place of an answer, as proxies and single sign-on make them.

    Args:
        status: Its status; 200 too is seen.
        carried_out: Whether the server has done what was asked.
    """
    return Wrong(status, _instead(PAGE) if carried_out else PAGE, "text/html")


def refusal(status: int, body: bytes = b"{}") -> Wrong:
    """Return a refusal that the server knows nothing of."""
    return Wrong(status, body)


def nonsense(body: bytes, status: int | None = None) -> Wrong:
    """Return an answer with another body, after the server has done what was asked."""
    return Wrong(status, _instead(body))


def pause(status: int, seconds: int, *, as_date: bool, carried_out: bool = False) -> Wrong:
    """Return a refusal that says when to come back.

    Args:
        status: 429 or 503.
        seconds: From now; where it is told as a date, rounded up to whole seconds.
        as_date: Whether ``Retry-After`` is a date.
        carried_out: Whether the server has done what was asked all the same.
    """

    def headers() -> Mapping[str, str]:
        wall = time.time() + seconds
        return {"retry-after": formatdate(int(wall) + (wall % 1 > 0), usegmt=True) if as_date else str(seconds)}

    body = b"come back later"
    return Wrong(status, _instead(body) if carried_out else body, _PLAIN, headers)


def shortened(keep: int, *, counts: bool = False) -> Wrong:
    """Return the server's answer with its longest list cut, wherever that stands.

    Args:
        keep: How many of its members stay.
        counts: Whether numbers in the answer that told the list's length tell the new one.
    """

    def cut(body: bytes) -> bytes:
        document = _parsed(body)
        lists = list(_lists(document))
        if not lists:
            return body
        longest = max(lists, key=len)
        before = len(longest)
        del longest[keep:]
        if counts and isinstance(document, dict):
            for name, value in document.items():
                if value == before and not isinstance(value, bool):
                    document[name] = len(longest)
        return json.dumps(document).encode()

    return Wrong(None, cut)


def repeated() -> Wrong:
    """Return what answers each request it meets, from the second on, as the first: a page that comes again."""
    first: list[bytes] = []

    def again(body: bytes) -> bytes:
        first.append(body)
        return first[0]

    return Wrong(None, again)


def _instead(body: bytes) -> Callable[[bytes], bytes]:
    return lambda _: body


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _lists(value: Any) -> Any:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _lists(each)
