"""Datature Vi: datasets, their exports, deletions of assets, and what is to be downloaded.

Here belong: its routes, the shapes of its bodies, its answers, what goes on after them, its archives. Not here: faults,
the log, the socket, which are the same for every provider. What the vendor leaves open is in specs/vi.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dsops.emulator.exchange import Answer, Incoming, encode
from dsops.emulator.options import ViSwitches
from dsops.emulator.store import Store
from dsops.emulator.tokens import Tokens
from dsops.emulator.vi import downloads, jobs
from dsops.emulator.vi.access import check_rights, check_secret
from dsops.emulator.vi.generate import generate
from dsops.emulator.vi.routes import OPERATIONS, PREFIX, Operation, find_operation
from dsops.emulator.vi.seed import load_seed
from dsops.emulator.vi.service import Ask, Service

__all__ = ["OPERATIONS", "ORGANIZATION", "Operation", "Vi"]

ORGANIZATION = "emulator"


class Vi:
    """The Vi API over a store."""

    prefixes = (PREFIX, downloads.PREFIX)
    section = "vi"

    def __init__(self, store: Store, tokens: Tokens, clock: Callable[[], datetime], switches: ViSwitches) -> None:
        self._service = Service(store, clock, switches)
        self._tokens = tokens

    def catch_up(self) -> None:
        """Let everything end that is due."""
        jobs.catch_up(self._service)

    def answer(self, incoming: Incoming) -> Answer:
        """Serve one request. Raises Refusal.

        Checked in this order: 401, path (404, 405), 403, form (400), object (404), the rest (409, 422).
        """
        if not incoming.path.startswith(PREFIX):
            return downloads.download(self._service, incoming)
        secret = check_secret(incoming)
        operation, params = find_operation(incoming.method, incoming.path)
        organization = params["organizationId"]
        check_rights(incoming, self._tokens, secret, organization, operation.permissions)
        ask = Ask(organization, params, incoming.query, incoming.body, incoming.headers)
        return operation.handler(self._service, ask)

    def error(self, status: int, message: str) -> Answer:
        """The error envelope."""
        return Answer(status, encode({"message": message}))

    def load(self, seed: Any) -> None:
        """Take in datasets with assets and exports (format: specs/vi.md). Raises Refusal."""
        load_seed(self._service, seed, ORGANIZATION)

    def generate(self, counts: Mapping[str, int]) -> None:
        """Make up datasets with assets."""
        generate(self._service, counts, ORGANIZATION)
