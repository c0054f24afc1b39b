"""Huawei ModelArts: datasets with their labels and versions, and the lookup of a project by its region.

Here belong: its routes, signatures, the shapes of its bodies, its answers, what goes on after them. Not here: faults,
the log, the socket, which are the same for every provider. What the vendor leaves open is in specs/modelarts.md.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dsops.emulator.exchange import Answer, Incoming, Refusal, encode
from dsops.emulator.modelarts import codes
from dsops.emulator.modelarts.access import check_access
from dsops.emulator.modelarts.generate import generate
from dsops.emulator.modelarts.projects import PROJECT_ID
from dsops.emulator.modelarts.routes import OPERATIONS, PREFIXES, Operation, find_operation
from dsops.emulator.modelarts.seed import load_seed
from dsops.emulator.modelarts.service import Ask, Service
from dsops.emulator.options import ModelartsSwitches
from dsops.emulator.store import Store
from dsops.emulator.tokens import Tokens

__all__ = ["OPERATIONS", "PROJECT_ID", "Modelarts", "Operation"]


class Modelarts:
    """The ModelArts API over a store."""

    prefixes = PREFIXES
    section = "modelarts"

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        clock: Callable[[], datetime],
        switches: ModelartsSwitches,
        *,
        wall: Callable[[], datetime],
    ) -> None:
        """wall: the time by which signatures are judged; `clock` is the one that a test may move."""
        self._service = Service(store, clock, switches)
        self._tokens = tokens
        self._wall = wall
        self._answered = 0

    def catch_up(self) -> None:
        """Let everything happen that is due."""
        self._service.catch_up()

    def answer(self, incoming: Incoming) -> Answer:
        """Serve one request. Raises Refusal.

        Checked in this order: 401, path (404, 405), 403, body, object, busy, the rest.
        """
        missing_of = check_access(incoming, self._tokens, self._wall)
        operation, params = find_operation(incoming.method, incoming.path)
        missing = missing_of(operation.permissions)
        if missing:
            raise Refusal(403, f"{codes.NOT_ALLOWED} The IAM user is not allowed to access the API: {missing[0]}.")
        ask = Ask(params.get("project_id", ""), params, incoming.query, incoming.body)
        return self._identified(operation.handler(self._service, ask))

    def error(self, status: int, message: str) -> Answer:
        """The vendor's error envelope."""
        code, text = codes.split(status, message)
        return self._identified(Answer(status, encode({"error_code": code, "error_msg": text})))

    def load(self, seed: Any) -> None:
        """Take in datasets with labels and versions (format: specs/modelarts.md). Raises Refusal."""
        load_seed(self._service, seed)

    def generate(self, counts: Mapping[str, int]) -> None:
        """Make up datasets."""
        generate(self._service, counts)

    def _identified(self, answer: Answer) -> Answer:
        self._answered += 1
        return Answer(answer.status, answer.body, (("X-Request-Id", f"emulator-{self._answered:08}"), *answer.headers))
