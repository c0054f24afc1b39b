"""The whole of a state as one JSON document: what `dsops state pull` prints, `push` reads, and backups are.

`specs/state-format.md` names its fields.
"""

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from dsops.model import EMPTY_STATE, RowMark, State, StateError
from dsops.state.codec import Records, decode_intent, encode_intent, encode_record
from dsops.state.entries import Whole
from dsops.state.forms import COUNT, TEXT, TEXT_OR_NONE, entry_of, formed, run_of, traits_of
from dsops.state.marks import Marks, pack_summed

VERSION: Final = "2"
_TOLD: Final = 300
"""Characters of a complaint that are told: it may repeat what it is about."""


def document_of(whole: Whole | None) -> dict[str, Any]:
    """Return the whole as JSON content; without a state one that says so. Equal states give equal documents."""
    state = whole.state if whole else EMPTY_STATE
    return {
        "formatVersion": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "stack": state.stack,
        "env": state.env,
        "records": [orjson.loads(encode_record(state.records[each])) for each in sorted(state.records)],
        "intents": [{"id": each.id, **orjson.loads(encode_intent(each))} for each in state.intents],
        "traits": {endpoint: dict(sorted(traits.items())) for endpoint, traits in sorted(state.traits.items())},
        "lastIntent": whole.last_intent if whole else 0,
        "plans": [asdict(run) for _, run in sorted(whole.runs.items())] if whole else [],
        "history": [asdict(entry) for entry in whole.history] if whole else [],
        "rows": {holder: _packed(holder, marks) for holder, marks in sorted(whole.rows.items())} if whole else {},
    }


def encode(whole: Whole) -> bytes:
    """Return the JSON of the whole."""
    return orjson.dumps(document_of(whole))


def decode(body: bytes, where: str) -> Whole:
    """Return the whole that a JSON text holds.

    Args:
        body: The text.
        where: Where it comes from, for people.

    Raises:
        StateError: It is no state, or of a version that this dsops doesn't know.
    """
    try:
        found = orjson.loads(body)
        version = found["formatVersion"]
        if version != VERSION:
            raise StateError.of(
                f"{where} has the form {str(version)[:40]!r} of a state, and this dsops reads {VERSION!r}",
                hint="Print it again, with this dsops: dsops state pull > FILE",
            )
        return _whole(found, where)
    except RecursionError as problem:
        raise _no_state(where, "it is nested without end") from problem
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _no_state(where, repr(problem)[:_TOLD]) from problem


def _no_state(where: str, why: str) -> StateError:
    return StateError.of(f"{where} holds no state", detail=f"It can't be read: {why}.", hint="dsops state pull > FILE")


def _whole(found: dict[str, Any], where: str) -> Whole:
    if not isinstance(found["lineage"], str) or type(found["serial"]) is not int:
        raise _no_state(where, "it has no lineage or no serial")
    formed(found, stack=TEXT, env=TEXT_OR_NONE, lastIntent=COUNT, records=(list,), intents=(list,), plans=(list,))
    bodies = [(each["address"], orjson.dumps(each)) for each in found["records"]]
    records = Records(bodies, lambda what: _no_state(where, what))
    for address in records:
        records[address]  # each is decoded now: what is damaged shall not be half way in a store when that shows
    state = State(
        lineage=found["lineage"],
        serial=found["serial"],
        stack=found["stack"],
        env=found["env"],
        records=records,
        intents=tuple(decode_intent(formed(each, id=COUNT)["id"], orjson.dumps(each)) for each in found["intents"]),
        traits=traits_of(found["traits"]),
    )
    return Whole(
        state=state,
        runs={run.plan_id: run for run in map(run_of, found["plans"])},
        last_intent=max(found["lastIntent"], *(each.id for each in state.intents), 0),
        history=tuple(map(entry_of, found["history"])),
        rows={holder: _unpacked(holder, text, where) for holder, text in found["rows"].items()},
    )


def _packed(holder: str, marks: Mapping[bytes, RowMark]) -> str:
    return b64encode(pack_summed((marks[key] for key in sorted(marks)), holder)).decode()


def _unpacked(holder: str, text: str, where: str) -> Mapping[bytes, RowMark]:
    marks = Marks(a2b_base64(text, strict_mode=True), holder, lambda what: _no_state(where, what))
    for key in marks:
        marks[key]  # the same
    return marks
