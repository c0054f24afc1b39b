"""The provider: how requests are signed and refusals are read."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Call, Connection, Failure, FailureKind, Form, Kind, Operation, Request, Response
from dsops.providers.common import meaning
from dsops.providers.geai.dataset import Dataset
from dsops.providers.geai.operations import OPERATIONS

_EXISTS = "4002"
_MOST_WORDS = 10


class Geai:
    """Globant Enterprise AI."""

    name = "geai"
    kinds: Mapping[str, Kind] = MappingProxyType({"Dataset": Dataset()})
    operations: Mapping[str, Operation] = OPERATIONS

    def prepared(self, connection: Connection, call: Call) -> Call:
        """Send a file as the body itself where the connection says ``upload: raw`` (``specs/geai.md``, choice 6)."""
        if call.form is Form.FILE and connection.settings.get("upload") == "raw":
            return dataclasses.replace(call, form=Form.JSON)
        return call

    def handshake(self, connection: Connection) -> None:
        """Nothing must be known first."""

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        """Add the bearer token, and the project where the connection names one (``specs/geai.md``, choice 17)."""
        del now
        headers = {**request.headers, "authorization": f"Bearer {secrets['token']}"}
        project = connection.settings.get("project")
        if project is not None:
            headers["projectid"] = str(project)
        return dataclasses.replace(request, headers=headers)

    def failure(self, response: Response) -> Failure | None:
        """Read the status, and what a success may hold against it: errors come inside of a 200 too.

        What an error inside of a 200 means, its number or its words say (``specs/geai.md``, choice 11).
        """
        body = response.body if isinstance(response.body, dict) else {}
        problems = tuple(_problems(body))
        words = _words(body, problems) or response.text[:200]
        code = next((code for code, _ in problems if code), "")
        if 200 <= response.status < 300:
            if not body.get("errors") and body.get("success") is not False:
                return None
            return Failure(_meaning(code, words), words or "the answer says that it did not succeed", code)
        kind = meaning(response.status)
        if kind is FailureKind.INVALID and _meaning(code, words) is FailureKind.CONFLICT:
            kind = FailureKind.CONFLICT
        return Failure(kind, words or f"HTTP {response.status}", code or str(response.status))


def _problems(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield code and words of each error, in the three shapes that errors have."""
    errors = body.get("errors")
    for each in errors if isinstance(errors, list) else ():
        if isinstance(each, dict):
            yield _text(each.get("id", each.get("code"))), _text(each.get("description", each.get("message")))
        else:
            yield "", _text(each)
    match body.get("error"):
        case dict() as error:
            yield _text(error.get("code")), _text(error.get("message"))
        case str() as words:
            yield "", words


def _words(body: Mapping[str, Any], problems: tuple[tuple[str, str], ...]) -> str:
    told = [words for _, words in problems if words] or [_text(body.get("message"))]
    more = f"; and {len(told) - _MOST_WORDS} more" if len(told) > _MOST_WORDS else ""
    uploaded = body.get("totalRowsUploaded")
    taken = f"; rows taken nevertheless: {uploaded}" if isinstance(uploaded, int) and uploaded > 0 else ""
    return "; ".join(told[:_MOST_WORDS]) + more + taken


def _meaning(code: str, words: str) -> FailureKind:
    lower = words.lower()
    if code == _EXISTS or "already exists" in lower:
        return FailureKind.CONFLICT
    if "not found" in lower or "does not exist" in lower:
        return FailureKind.NOT_FOUND
    return FailureKind.INVALID


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
