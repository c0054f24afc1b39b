"""Values the tests of the engine's pure parts are made of."""

import dataclasses
from typing import Any

from dsops.model import Action, Address, Call, Change, Effect, Intent, LiveObject, PlannedCall, Reason, Record
from dsops.planner import fingerprint

ADDRESS = Address("uipath", "Stream", "s")
KEY = ("p", "d", "s")
CREATE = Call("PUT", ("streams",), body={}, effect=Effect.CREATE, settles=("description", "title"))
UPDATE = dataclasses.replace(CREATE, method="POST", effect=Effect.UPDATE, settles=("title",))
RESET = dataclasses.replace(UPDATE, path=("reset",), settles=("startFrom",))
DELETE = Call("DELETE", ("streams", "s"), effect=Effect.DELETE)


def record(remote_id: str = "ours", **attributes: Any) -> Record:
    """Return a record of the stream."""
    return Record(ADDRESS, "mail", "https://example.com", remote_id, KEY, attributes=attributes)


def live(remote_id: str = "ours", **attributes: Any) -> LiveObject:
    """Return the stream as read."""
    return LiveObject(remote_id, KEY, attributes)


def intent(call: Call, saved: Record) -> Intent:
    """Return the note of a call."""
    assert call.effect is not None
    return Intent(1, "run", "plan", 1, ADDRESS, call.effect, "PUT /streams", saved, call.settles, 1000.0)


def change(
    action: Action, *calls: Call, before: Record | None, after: Record | None, read: LiveObject | None
) -> Change:
    """Return a change with calls one after another, planned when ``read`` was live."""
    planned = tuple(
        PlannedCall(number, (number - 1,) if number > 1 else (), "mail", call) for number, call in enumerate(calls, 1)
    )
    return Change(
        ADDRESS, action, Reason.FIELDS_CHANGED, calls=planned, before=before, after=after, expects=fingerprint(read)
    )
