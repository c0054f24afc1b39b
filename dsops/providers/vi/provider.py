"""The provider: how requests are signed and refusals are read."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Call, Connection, Failure, FailureKind, Kind, Operation, Request, Response
from dsops.providers.common import meaning
from dsops.providers.vi.dataset import Dataset
from dsops.providers.vi.export import Export
from dsops.providers.vi.operations import OPERATIONS
from dsops.providers.vi.wire import ORGANIZATION, in_workspace

_OURS = frozenset({402, 423})
"""Statuses that say, in this API, that the request can't be done as it is (``specs/vi.md``)."""


class Vi:
    """Datature Vi."""

    name = "vi"
    kinds: Mapping[str, Kind] = MappingProxyType({"Dataset": Dataset(), "Export": Export()})
    operations: Mapping[str, Operation] = OPERATIONS

    def prepared(self, connection: Connection, call: Call) -> Call:
        """Put the organization into the path, where a dataset's id has it in front, and into the body."""
        organization = str(connection.settings["organization"])
        body = call.body
        if isinstance(body, dict) and body.get("owner") == ORGANIZATION:
            body = {**body, "owner": organization}
        return dataclasses.replace(call, path=in_workspace(call.path, organization), body=body)

    def handshake(self, connection: Connection) -> None:
        """Nothing must be known first."""

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        """Add the bearer token and the organization (``specs/vi.md``, authentication)."""
        del now
        organization = str(connection.settings["organization"])
        own = {"authorization": f"Bearer {secrets['token']}", "organization-id": organization}
        return dataclasses.replace(request, headers={**request.headers, **own})

    def failure(self, response: Response) -> Failure | None:
        """Read the status and the words beside it."""
        if 200 <= response.status < 300:
            return None
        kind = FailureKind.INVALID if response.status in _OURS else meaning(response.status)
        body = response.body if isinstance(response.body, dict) else {}
        words = _text(body.get("message")) or _text(body.get("error")) or response.text[:200]
        return Failure(kind, words or f"HTTP {response.status}", str(response.status))


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case {"message": str(words)}:
            return words
        case _:
            return ""
