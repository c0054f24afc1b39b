"""Lists in pages: opaque tokens, each good for the list that it comes from."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.vi.shapes import Query
from dsops.emulator.vi.tables import After

_SCOPE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for. scope: a digest of what the list is of."""

    size: int
    after: After | None
    scope: str

    @property
    def number(self) -> int:
        """Behind which number it begins, in a list by numbers."""
        return self.after.number if self.after else 0


def asked_page(query: Query, *list_of: str) -> Page:
    """The page that `p` and `s` mean. list_of: what the list is of, filters included. Raises Refusal 400."""
    scope = hashlib.sha256("\n".join(list_of).encode(errors="surrogatepass")).hexdigest()[:_SCOPE_LENGTH]
    token = query.text("p")
    return Page(query.page_size(), None if token is None else _read(token, scope), scope)


def answer_page(page: Page, items: Iterable[tuple[After, Any]]) -> Answer:
    """A page of a list whose items, with their places, begin where the page does. They are taken as needed."""
    found = list(islice(items, page.size + 1))
    shown = found[: page.size]
    following = _token(shown[-1][0], page.scope) if len(found) > page.size else None
    return Answer(200, encode({"items": [item for _, item in shown], "nextPage": following}))


def _token(place: After, scope: str) -> str:
    content = orjson.dumps([scope, place.value, place.number])
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(token: str, scope: str) -> After:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        found, value, number = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise Refusal(400, "query.p: is no page token") from error
    if found != scope or not isinstance(value, str | int) or not isinstance(number, int):
        raise Refusal(400, "query.p: is not a page token of this list")
    return After(value, number)
