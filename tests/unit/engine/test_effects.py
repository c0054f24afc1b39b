"""What a call means for the record of its object."""

import dataclasses

import pytest

from dsops.engine.effects import ignored_by_server, record_after, resolved, resolver, without
from dsops.model import Action, Address, Call, Reference, Template
from tests.unit.engine.samples import CREATE, DELETE, RESET, UPDATE, change, live, record

OTHER = Address("uipath", "Dataset", "d")
RESOLVE = resolver({OTHER: "id-1"})


def test_late_values_are_filled_in() -> None:
    call = Call("POST", ("datasets", Reference(OTHER)), body={"text": Template(("of ", Reference(OTHER)))})
    assert resolved(call, RESOLVE) == Call("POST", ("datasets", "id-1"), body={"text": "of id-1"})


def test_a_call_without_late_values_is_itself() -> None:
    assert resolved(CREATE, RESOLVE) is CREATE


def test_a_value_nobody_knows_is_a_wrong_order() -> None:
    with pytest.raises(ValueError, match="still waits for"):
        resolved(Call("GET", (Reference(OTHER),)), resolver({}))


def test_a_create_with_a_reset_to_come_is_recorded_without_the_reset() -> None:
    planned = change(
        Action.CREATE, CREATE, RESET, before=None, after=record("", title="t", startFrom="2024"), read=None
    )
    assert record_after(planned, CREATE, [RESET], RESOLVE) == record("", title="t")
    assert record_after(planned, RESET, [], RESOLVE) == record("", title="t", startFrom="2024")


def test_an_update_with_a_reset_to_come_keeps_what_was_recorded_of_it() -> None:
    before, after = record(title="a", startFrom="2023"), record(title="b", startFrom="2024")
    planned = change(Action.UPDATE, UPDATE, RESET, before=before, after=after, read=live(title="a"))
    assert record_after(planned, UPDATE, [RESET], RESOLVE) == record(title="b", startFrom="2023")


def test_what_a_replaced_object_was_counts_nothing_for_the_new_one() -> None:
    before, after = record(startFrom="2023"), record("", title="b", startFrom="2024")
    planned = change(Action.REPLACE, DELETE, CREATE, RESET, before=before, after=after, read=live())
    assert record_after(planned, DELETE, [CREATE, RESET], RESOLVE) == before
    assert record_after(planned, CREATE, [RESET], RESOLVE) == record("", title="b")


def test_references_in_the_record_are_filled_in() -> None:
    planned = change(Action.CREATE, CREATE, before=None, after=record("", title=Reference(OTHER)), read=None)
    assert record_after(planned, CREATE, [], RESOLVE).attributes == {"title": "id-1"}


def test_what_was_never_recorded_is_not_deleted() -> None:
    planned = change(Action.DELETE, DELETE, before=None, after=None, read=live())
    with pytest.raises(ValueError, match="only what is recorded is deleted"):
        record_after(planned, DELETE, [], RESOLVE)


def test_what_the_server_ignored() -> None:
    call = dataclasses.replace(UPDATE, settles=("title", "description", "startFrom"))
    sent = record(title="t", description="d", startFrom="2024", other="x")
    answer = live(title="t", description="else", other="y")
    assert ignored_by_server(call, sent, answer) == ("description",)
    assert without(sent, ["description"]).attributes == {"title": "t", "startFrom": "2024", "other": "x"}
