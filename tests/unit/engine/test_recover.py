"""What one reading tells about an interrupted call."""

import pytest

from dsops.engine.recover import judge
from dsops.model import Call, LiveObject, Record
from tests.unit.engine.samples import ADDRESS, CREATE, DELETE, RESET, UPDATE, intent, live, record

NEW = {"title": "new", "description": "d"}
SENT = record("", **NEW)
UPDATED = record("ours", title="new")


@pytest.mark.parametrize(
    ("call", "saved", "found", "certain", "recorded_as"),
    [
        pytest.param(CREATE, SENT, None, False, None, id="create: not there yet"),
        pytest.param(CREATE, SENT, live("made", **NEW), True, "made", id="create: there as sent"),
        pytest.param(CREATE, SENT, live("made", title="new"), True, "made", id="create: as sent, as far as it tells"),
        pytest.param(CREATE, SENT, live("made", **NEW, more=1), True, "made", id="create: what wasn't sent is free"),
        pytest.param(CREATE, SENT, live("theirs", title="other"), True, None, id="create: another object"),
        pytest.param(UPDATE, UPDATED, live(title="new"), True, "ours", id="update: as it was to be"),
        pytest.param(UPDATE, UPDATED, live(title="old"), False, None, id="update: not yet"),
        pytest.param(UPDATE, UPDATED, None, True, None, id="update: gone"),
        pytest.param(UPDATE, UPDATED, live("theirs", title="new"), True, None, id="update: another object"),
        pytest.param(UPDATE, UPDATED, live(), False, None, id="update: the answer tells nothing"),
        pytest.param(RESET, record(startFrom="2024"), live(title="new"), False, None, id="reset: nothing ever tells"),
        pytest.param(DELETE, UPDATED, live(title="new"), False, None, id="delete: still there"),
    ],
)
def test_the_table(call: Call, saved: Record, found: LiveObject | None, certain: bool, recorded_as: str | None) -> None:
    finding = judge(intent(call, saved), found)
    assert finding.certain is certain
    assert (finding.put.remote_id if finding.put else None) == recorded_as
    assert finding.drop == ()
    if finding.put:
        assert finding.put.attributes == saved.attributes


@pytest.mark.parametrize("found", [None, live("theirs")], ids=["nothing there", "another object there"])
def test_a_delete_was_carried_out(found: LiveObject | None) -> None:
    finding = judge(intent(DELETE, UPDATED), found)
    assert (finding.certain, finding.put, finding.drop) == (True, None, (ADDRESS,))
