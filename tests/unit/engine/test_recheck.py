"""How a change stands when its plan is carried out."""

import pytest

from dsops.engine.execute import Start
from dsops.engine.recheck import start_of
from dsops.model import Action, Change, Listing, LiveObject, Record
from dsops.planner import LiveIndex, Observation, Scope
from tests.unit.engine.samples import CREATE, DELETE, RESET, UPDATE, change, live, record

NEW = {"title": "new", "description": "d"}
WHOLE = {**NEW, "startFrom": "2024"}
READ = live(title="old")

CREATES = change(Action.CREATE, CREATE, RESET, before=None, after=record("", **WHOLE), read=None)
ADOPTS = change(Action.ADOPT, UPDATE, before=None, after=record(title="new"), read=READ)
UPDATES = change(
    Action.UPDATE, UPDATE, RESET, before=record(title="old"), after=record(title="new", startFrom="2024"), read=READ
)
DELETES = change(Action.DELETE, DELETE, before=record(title="old"), after=None, read=READ)
REPLACES = change(Action.REPLACE, DELETE, CREATE, before=record(title="old"), after=record("", **NEW), read=READ)


def standing(planned: Change, there: LiveObject | None, recorded: Record | None) -> Start:
    """Return how a change stands, given all that is live and recorded at its address."""
    scope = Scope("mail", "uipath/Stream", ("p", "d"))
    index = LiveIndex(Observation({scope: Listing((there,) if there else ())}))
    return start_of(planned, index, recorded)


@pytest.mark.parametrize(
    ("planned", "there", "recorded", "done"),
    [
        pytest.param(CREATES, None, None, set(), id="create: as read"),
        pytest.param(CREATES, live("made", **NEW), record("made", **NEW), {1}, id="create: made by us, not yet reset"),
        pytest.param(CREATES, live("made", **NEW), record("made", **WHOLE), {1, 2}, id="create: done by us"),
        pytest.param(ADOPTS, READ, None, set(), id="adopt: as read"),
        pytest.param(ADOPTS, live(title="new"), None, {1}, id="adopt: at its target"),
        pytest.param(UPDATES, READ, record(title="old"), set(), id="update: as read"),
        pytest.param(UPDATES, READ, record(title="old", startFrom="2024"), {2}, id="update: as read, and reset by us"),
        pytest.param(UPDATES, live(title="new"), record(title="new"), {1}, id="update: done, not yet reset"),
        pytest.param(DELETES, READ, record(title="old"), set(), id="delete: as read"),
        pytest.param(DELETES, None, None, {1}, id="delete: gone"),
        pytest.param(DELETES, live("theirs", title="old"), None, {1}, id="delete: gone, another in its place"),
        pytest.param(REPLACES, READ, record(title="old"), set(), id="replace: as read"),
        pytest.param(REPLACES, None, None, {1}, id="replace: deleted by us"),
        pytest.param(REPLACES, live("made", **NEW), record("made", **NEW), {1, 2}, id="replace: done by us"),
    ],
)
def test_what_is_left_to_do(planned: Change, there: LiveObject | None, recorded: Record | None, done: set[int]) -> None:
    start = standing(planned, there, recorded)
    assert start.refusal == ""
    assert start.done == done
    if done == {call.id for call in planned.calls} and planned.after is not None:
        assert there is not None
        assert start.remote_id == there.remote_id


@pytest.mark.parametrize(
    ("planned", "there", "recorded", "refusal"),
    [
        pytest.param(CREATES, live("theirs", title="x"), None, "exists now", id="create: a stranger's"),
        pytest.param(CREATES, live("theirs", **WHOLE), None, "exists now", id="create: a stranger's, just as ours"),
        pytest.param(ADOPTS, live(title="x"), None, "changed", id="adopt: changed"),
        pytest.param(ADOPTS, live("theirs", title="new"), None, "exists now|changed", id="adopt: made anew"),
        pytest.param(UPDATES, live(title="x"), record(title="old"), "changed", id="update: changed"),
        pytest.param(UPDATES, None, record(title="old"), "gone", id="update: gone"),
        pytest.param(UPDATES, live("theirs", title="new"), record(title="old"), "another", id="update: made anew"),
        pytest.param(DELETES, live(title="x"), record(title="old"), "changed", id="delete: changed"),
        pytest.param(REPLACES, live(title="x"), record(title="old"), "changed", id="replace: changed"),
        pytest.param(REPLACES, live("theirs", **NEW), None, "another", id="replace: deleted by us, made by a stranger"),
    ],
)
def test_what_is_refused(planned: Change, there: LiveObject | None, recorded: Record | None, refusal: str) -> None:
    start = standing(planned, there, recorded)
    assert start.done == frozenset()
    assert any(words in start.refusal for words in refusal.split("|"))
