"""The document: what is in it, as JSON, and what a delta does to it. `specs/state-format.md` names the fields."""

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import orjson

from dsops.model import EMPTY_STATE, State
from dsops.state.codec import Records, decode_holder, decode_intent, encode_holder
from dsops.state.document.layers import Layer
from dsops.state.entries import Delta, HistoryEntry, Lease, PlanRun, Stamp
from dsops.state.forms import COUNT, TEXT_OR_NONE, TIME, entry_of, formed, run_of, traits_of

FORMAT: Final = 2
RUNS_KEPT: Final = 200
HISTORY_KEPT: Final = 200
_TOLD: Final = 300
"""Characters of a complaint that are told: it may repeat what it is about."""


class Unreadable(Exception):
    """A document that can't be used; its text says why."""


class Newer(Unreadable):
    """A newer dsops wrote it."""


@dataclass(slots=True)
class Document:
    """A state as one document; whoever changes it makes a copy first.

    Attributes:
        format: In which it was read; it is written in `FORMAT`.
        saves: How often it was written.
        stamp: Lineage and serial.
        stack: Whose it is; None before the first write.
        env: The environment.
        lease: The lease.
        last_intent: The highest number ever given to an intent.
        records: Encoded, by address.
        intents: Encoded, the open ones.
        runs: Plans applied, by id.
        history: Oldest first.
        traits: Endpoint to name to value.
        rows: Layers by holder, the latest last.
        packs: Those that lie in the document itself.
    """

    format: int = FORMAT
    saves: int = 0
    stamp: Stamp = field(default=Stamp(None, 0))
    stack: str | None = None
    env: str | None = None
    lease: Lease = field(default=Lease(0, 0, 0.0, None))
    last_intent: int = 0
    records: dict[str, bytes] = field(default_factory=dict)
    intents: dict[int, bytes] = field(default_factory=dict)
    runs: dict[str, PlanRun] = field(default_factory=dict)
    history: list[HistoryEntry] = field(default_factory=list)
    traits: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    packs: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> "Document":
        """Return a copy to change."""
        return Document(
            saves=self.saves,
            stamp=self.stamp,
            stack=self.stack,
            env=self.env,
            lease=self.lease,
            last_intent=self.last_intent,
            records=dict(self.records),
            intents=dict(self.intents),
            runs=dict(self.runs),
            history=list(self.history),
            traits={endpoint: dict(traits) for endpoint, traits in self.traits.items()},
            rows=dict(self.rows),
            packs=dict(self.packs),
        )

    def apply(self, delta: Delta) -> None:
        """Make the changes of a delta, all but those of rows."""
        if delta.clear:
            for each in (self.records, self.intents, self.runs, self.history, self.traits):
                each.clear()
        self.intents.update(delta.announced)
        for number in delta.settled:
            self.intents.pop(number, None)
        self.last_intent = max(self.last_intent, delta.last_intent, *delta.announced, 0)
        for address, body in delta.records.items():
            if body is None:
                self.records.pop(address, None)
            else:
                self.records[address] = body
        self.runs.update(delta.runs)
        for plan_id in sorted(self.runs, key=lambda each: self.runs[each].serial)[:-RUNS_KEPT]:
            del self.runs[plan_id]
        self.history.extend(delta.notes)
        del self.history[:-HISTORY_KEPT]
        for (endpoint, name), value in delta.traits.items():
            self.traits.setdefault(endpoint, {})[name] = value

    def state(self, damaged: Callable[[str], Exception]) -> State:
        """Return the state in it, given what to raise where a record can't be read."""
        if self.stamp.lineage is None:
            return EMPTY_STATE
        return State(
            lineage=self.stamp.lineage,
            serial=self.stamp.serial,
            stack=self.stack,
            env=self.env,
            records=Records(self.records.items(), damaged),
            intents=tuple(decode_intent(number, body) for number, body in sorted(self.intents.items())),
            traits={endpoint: dict(traits) for endpoint, traits in self.traits.items()},
        )


def encode(document: Document) -> bytes:
    """Return the JSON of a document. Records and intents are in it as they were encoded, not encoded anew."""
    stamp, lease = document.stamp, document.lease
    head = {
        "dsops": FORMAT,
        "serial": document.saves,
        "lineage": stamp.lineage,
        "state": {"serial": stamp.serial, "stack": document.stack, "env": document.env},
        "lease": {
            "token": lease.token,
            "heartbeat": lease.heartbeat,
            "seconds": lease.seconds,
            "holder": None if lease.holder is None else orjson.Fragment(encode_holder(lease.holder)),
        },
        "lastIntent": document.last_intent,
        "records": {address: orjson.Fragment(body) for address, body in document.records.items()},
        "intents": {str(number): orjson.Fragment(body) for number, body in document.intents.items()},
        "plans": [asdict(run) for run in document.runs.values()],
        "history": [asdict(entry) for entry in document.history],
        "traits": document.traits,
        "rows": {holder: [[each.name, each.size] for each in layers] for holder, layers in document.rows.items()},
        "packs": {name: b64encode(body).decode() for name, body in document.packs.items()},
    }
    return orjson.dumps(head)


def decode(body: bytes) -> Document:
    """Return the document of a JSON text.

    Raises:
        Unreadable: It is none, or of a newer format (`Newer`).
    """
    try:
        found = orjson.loads(body)
        version = found["dsops"]
        if version > FORMAT:
            raise Newer(f"it has format {version}, this dsops knows up to {FORMAT}")
        if version < 1:
            raise Unreadable(f"there is no format {version}")
        return _document(found, version)
    except RecursionError as problem:
        raise Unreadable("it is nested without end") from problem
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable(f"it can't be read ({repr(problem)[:_TOLD]})") from problem


def _document(found: dict[str, Any], version: int) -> Document:
    formed(found, serial=COUNT, lineage=TEXT_OR_NONE, lastIntent=COUNT, records=(dict,), intents=(dict,))
    owner = formed(found["state"], serial=COUNT, stack=TEXT_OR_NONE, env=TEXT_OR_NONE)
    lease = formed(found["lease"], token=COUNT, heartbeat=COUNT, seconds=TIME)
    holder = lease["holder"]
    return Document(
        format=version,
        saves=found["serial"],
        stamp=Stamp(found["lineage"], owner["serial"]),
        stack=owner["stack"],
        env=owner["env"],
        lease=Lease(
            lease["token"],
            lease["heartbeat"],
            lease["seconds"],
            None if holder is None else decode_holder(orjson.dumps(holder).decode()),
        ),
        last_intent=found["lastIntent"],
        records={address: orjson.dumps(record) for address, record in found["records"].items()},
        intents={int(number): orjson.dumps(intent) for number, intent in found["intents"].items()},
        runs={run.plan_id: run for run in map(run_of, found["plans"])},
        history=list(map(entry_of, found["history"])),
        traits=traits_of(found.get("traits", {})),
        rows={holder: _layers(layers) for holder, layers in found.get("rows", {}).items()},
        packs={name: a2b_base64(pack, strict_mode=True) for name, pack in found.get("packs", {}).items()},
    )


def _layers(found: Iterable[Any]) -> tuple[Layer, ...]:
    layers = tuple(Layer(name, size) for name, size in found)
    if not all(type(each.name) is str and type(each.size) is int for each in layers):
        raise TypeError("a layer of rows is none")
    return layers
