"""The request log: what reached the emulator, in order of arrival. No header is kept, so no secret is."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from dsops.emulator.exchange import Incoming, decode

BODY_LIMIT = 64 * 1024
ENTRY_LIMIT = 100_000


@dataclass(slots=True)
class Entry:
    """One request. Not frozen: it is there from the arrival on, and learns its outcome later.

    status: the answer's status, None while the request runs and when the connection was dropped without an answer.
    committed: whether the request wrote something that is now committed.
    dropped: whether the connection was closed on purpose, without an answer.
    body: the first 64 kB of the request body.
    """

    method: str
    path: str
    query: str
    body: bytes
    status: int | None = None
    committed: bool = False
    dropped: bool = False

    @property
    def json(self) -> Any:
        """The body as a JSON value; None when it is empty, cut, or not JSON."""
        try:
            return decode(self.body)
        except orjson.JSONDecodeError:
            return None

    def shown(self) -> dict[str, Any]:
        """The entry as `GET /_emulator/requests` answers it: the body parsed where it is JSON, else as text."""
        body = self.json
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": self.body.decode(errors="replace") if body is None and self.body else body,
            "status": self.status,
            "committed": self.committed,
            "dropped": self.dropped,
        }


class RequestLog(deque[Entry]):
    """The last 100,000 requests, oldest first."""

    def __init__(self) -> None:
        super().__init__(maxlen=ENTRY_LIMIT)

    def arrived(self, incoming: Incoming) -> Entry:
        """Note a request; the answered entry is to be completed by the caller."""
        entry = Entry(incoming.method, incoming.path, incoming.query, incoming.body[:BODY_LIMIT])
        self.append(entry)
        return entry
