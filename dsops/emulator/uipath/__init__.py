"""UiPath Communications Mining: datasets, comments exports, model tags, streams, sources.

Here belong: its routes, the strict shapes of its bodies, its answers. Not here: faults, the log, the socket, which are
the same for every provider. What the vendor leaves open is decided in specs/uipath.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from dsops.emulator.exchange import Answer, Incoming, Refusal, encode
from dsops.emulator.options import PutExisting
from dsops.emulator.store import Store
from dsops.emulator.tokens import Tokens
from dsops.emulator.uipath.comments import Comments
from dsops.emulator.uipath.generate import generate
from dsops.emulator.uipath.routes import OPERATIONS, PREFIXES, Operation, find_operation
from dsops.emulator.uipath.seed import load_seed
from dsops.emulator.uipath.service import Ask, Service
from dsops.emulator.uipath.shapes import check_path

__all__ = ["OPERATIONS", "Operation", "Uipath"]


class Uipath:
    """The UiPath API over a store."""

    prefixes = PREFIXES
    section = "uipath"

    def __init__(
        self, store: Store, tokens: Tokens, clock: Callable[[], datetime], *, echo: bool, put_existing: PutExisting
    ) -> None:
        self._service = Service(store, Comments(store), clock, echo, put_existing)
        self._tokens = tokens

    def catch_up(self) -> None:
        """Nothing here happens by itself."""

    def answer(self, incoming: Incoming) -> Answer:
        """Serve one request. Raises Refusal.

        Checked in this order: 401, path (404, 405), 403, names and body (400), object (404), 409 and 422.
        """
        token = self._bearer(incoming)
        operation, params = find_operation(incoming.method, incoming.path)
        missing = self._tokens.missing(token, operation.permissions)
        if missing:
            names = ", ".join(f'"{name}"' for name in missing)
            raise Refusal(403, f"Missing permission: {names}. Ask an administrator of the project for it.")
        check_path(params)
        query = parse_qs(incoming.query, keep_blank_values=True)
        return operation.handler(self._service, Ask(params, query, incoming.body))

    def error(self, status: int, message: str) -> Answer:
        """The vendor's error envelope."""
        return Answer(status, encode({"status": "error", "message": message}))

    def load(self, seed: Any) -> None:
        """Take in datasets with streams and tags, sources with comments (format: specs/uipath.md). Raises Refusal."""
        load_seed(self._service, seed)

    def generate(self, counts: Mapping[str, int]) -> None:
        """Make up comments, datasets and streams. Raises Refusal."""
        generate(self._service, counts)

    def _bearer(self, incoming: Incoming) -> str:
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.knows(token):
            raise Refusal(401, "The request needs a valid API token: Authorization: Bearer TOKEN.")
        return token
