"""Globant Enterprise AI: evaluation datasets, their rows, expected sources and filter variables.

Here belong: its routes, the shapes of its bodies, its answers. Not here: faults, the log, the socket, which are
the same for every provider. What the vendor leaves open is decided in specs/geai.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dsops.emulator.exchange import Answer, Incoming, Refusal, encode
from dsops.emulator.geai.generate import generate, jsonl, manifest_rows
from dsops.emulator.geai.routes import ALIASES, DOCUMENTED, OPERATIONS, PREFIX, Operation, find_operation
from dsops.emulator.geai.seed import load_seed
from dsops.emulator.geai.service import Ask, Service
from dsops.emulator.geai.uploads import do_accepted
from dsops.emulator.options import GeaiSwitches
from dsops.emulator.store import Store
from dsops.emulator.tokens import Tokens

__all__ = ["ALIASES", "DOCUMENTED", "OPERATIONS", "Geai", "Operation", "jsonl", "manifest_rows"]

DEFAULT_PROJECT = "default"


class Geai:
    """The GEAI API over a store."""

    prefixes = (PREFIX,)
    section = "geai"

    def __init__(self, store: Store, tokens: Tokens, clock: Callable[[], datetime], switches: GeaiSwitches) -> None:
        """Raises SetupError for a data file in which extensions are spelled otherwise."""
        self._service = Service(store, clock, switches)
        self._service.check_spelling()
        self._tokens = tokens

    def catch_up(self) -> None:
        """Do the uploads that were accepted and are due."""
        do_accepted(self._service)

    def answer(self, incoming: Incoming) -> Answer:
        """Serve one request. Raises Refusal.

        Checked in this order: 401, path (404, 405), body (400), object (404), name (409).
        """
        self._check_token(incoming)
        operation, params = find_operation(incoming.method, incoming.path)
        project = incoming.headers.get("projectid") or DEFAULT_PROJECT
        with self._service.ids:
            return operation.handler(self._service, Ask(project, params, incoming.headers, incoming.body))

    def error(self, status: int, message: str) -> Answer:
        """The vendor's error envelope: one entry for each line of the message (specs/geai.md, choice 11)."""
        number = {400: 4000, 409: 4002}.get(status, status * 10)
        content = {"errors": [{"id": number, "description": line} for line in message.split("\n")]}
        hidden = status == 400 and self._service.switches.error_in_200
        return Answer(200 if hidden else status, encode(content))

    def load(self, seed: Any) -> None:
        """Take in datasets with their rows (format: specs/geai.md). Raises Refusal."""
        with self._service.ids:
            load_seed(self._service, seed, DEFAULT_PROJECT)

    def generate(self, counts: Mapping[str, int]) -> None:
        """Make up a dataset with rows."""
        with self._service.ids:
            generate(self._service, counts, DEFAULT_PROJECT)

    def _check_token(self, incoming: Incoming) -> None:
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.knows(token):
            raise Refusal(401, "The request needs a valid API token: Authorization: Bearer TOKEN.")
