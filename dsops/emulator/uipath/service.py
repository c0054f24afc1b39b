"""What the UiPath routes work with: store, tokens, clock, switches, and the common forms of its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dsops.emulator.exchange import Answer, Refusal
from dsops.emulator.options import PutExisting
from dsops.emulator.store import Store
from dsops.emulator.uipath.comments import Comments
from dsops.emulator.uipath.instants import format_instant

DATASET = "uipath/dataset"
STREAM = "uipath/stream"
POSITION = "uipath/position"
MODEL_TAG = "uipath/model-tag"
SOURCE = "uipath/source"
EXCEPTION = "uipath/exception"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for one operation: the values in its path, its query, its body."""

    params: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Service:
    """The UiPath data and the switches for the open questions of specs/uipath.md."""

    store: Store
    comments: Comments
    clock: Callable[[], datetime]
    echo: bool
    put_existing: PutExisting

    def now(self) -> str:
        """The time now, as answers carry it."""
        return format_instant(self.clock())

    def dataset(self, params: Mapping[str, str]) -> dict[str, Any]:
        """The dataset that a path means, by project and name or by id. Raises Refusal 404."""
        if "id" in params:
            found = self.store.find(DATASET, params["id"])
        else:
            found = self.store.get(DATASET, params["project"], params["dataset"])
        if found is None:
            named = params.get("id") or f"{params['project']}/{params['dataset']}"
            raise Refusal(404, f"Dataset {named} not found.")
        return dict(found)


def ok(key: str, document: bytes) -> Answer:
    """A good answer that carries one value, given as JSON bytes."""
    return Answer(200, b'{"%s":%s,"status":"ok"}' % (key.encode(), document))


def many(key: str, documents: list[bytes]) -> bytes:
    """The body of a good answer that carries a list."""
    return b'{"%s":[%s],"status":"ok"}' % (key.encode(), b",".join(documents))


DONE = Answer(200, b'{"status":"ok"}')
