"""The provider: how requests are signed and refusals are read."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from dsops.model import Call, Connection, Failure, FailureKind, Kind, Operation, Request, Response
from dsops.providers.common import meaning
from dsops.providers.uipath.dataset import Dataset
from dsops.providers.uipath.operations import OPERATIONS
from dsops.providers.uipath.stream import Stream


class UiPath:
    """UiPath Communications Mining."""

    name = "uipath"
    kinds: Mapping[str, Kind] = MappingProxyType({"Dataset": Dataset(), "Stream": Stream()})
    operations: Mapping[str, Operation] = OPERATIONS

    def prepared(self, connection: Connection, call: Call) -> Call:
        """Return the call: no setting changes its form."""
        del connection
        return call

    def handshake(self, connection: Connection) -> None:
        """Nothing must be known first."""

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        """Add the bearer token (``specs/uipath.md``, authentication)."""
        del connection, now
        headers = {**request.headers, "authorization": f"Bearer {secrets['token']}"}
        return dataclasses.replace(request, headers=headers)

    def failure(self, response: Response) -> Failure | None:
        """Read the envelope: success is a 2xx *and* ``"status": "ok"``; anything else is a failure.

        A 2xx with another status is a refusal; one without any is no answer of this API, and refuses nothing.
        """
        body = response.body if isinstance(response.body, dict) else {}
        if 200 <= response.status < 300:
            match body.get("status"):
                case "ok":
                    return None
                case str(status):
                    return Failure(FailureKind.INVALID, _words(response, body) or f"its status is {status[:40]!r}")
                case _:
                    return Failure(FailureKind.UNEXPECTED, 'the answer lacks "status": "ok"')
        kind = meaning(response.status)
        return Failure(kind, _words(response, body) or f"HTTP {response.status}", str(response.status))


def _words(response: Response, body: Mapping[str, object]) -> str:
    message = body.get("message")
    return message if isinstance(message, str) and message else response.text[:200]
