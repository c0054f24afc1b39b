"""The past on request: everything as it stood at one moment, to be read as from a replica that is behind."""

import weakref
from collections.abc import Callable, Sequence

from dsops.emulator.exchange import Answer, Api, Incoming
from dsops.emulator.pipeline import api_for, run
from dsops.emulator.store import Store


class Past:
    """Answers reads from a copy of the data, made now."""

    def __init__(self, store: Store, build: Callable[[Store], Sequence[Api]]) -> None:
        """Copy the data; `build` makes the APIs that serve it."""
        self._store = store.copy()
        self._apis = build(self._store)
        weakref.finalize(self, self._store.close)

    def __call__(self, incoming: Incoming) -> Answer:
        """Answer a read; what it would change stays in the copy."""
        answer, _ = run(api_for(self._apis, incoming.path), self._store, incoming)
        return answer
