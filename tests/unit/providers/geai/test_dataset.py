"""Datasets: which calls the kind describes, and which answers it relies on."""

from typing import Any

import pytest

from dsops.model import Effect, Listing, LiveObject, RemoteError, Repeat, Response
from dsops.providers import kinds
from tests.support.planning import FORBIDDEN, MISSING, drive

DATASET = kinds()["geai/Dataset"]
KEY = ("faq-eval",)
LIVE = LiveObject("d1", KEY, {})
SPEC = {"description": "FAQ regression set", "type": "E", "active": True}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "dataSetActive": True,
        "dataSetCreateDate": "2025-01-01T00:00:00Z",
        "dataSetDescription": "FAQ regression set",
        "dataSetId": "d1",
        "dataSetName": "faq-eval",
        "dataSetType": "E",
        "dataSetUpdateDate": "2025-01-01T00:00:00Z",
        **changes,
    }


def listed(*documents: Any) -> Response:
    return Response(200, body=list(documents))


def test_what_is_declared_is_compared_and_rows_are_no_field() -> None:
    assert DATASET.normalise({**SPEC, "rows": {"from": "x.jsonl"}}) == SPEC
    assert DATASET.normalise({"name": "FAQ", "rows": {}}) == {"name": "FAQ"}
    assert DATASET.key("faq-eval", {}, ()) == KEY
    assert DATASET.key("faq-eval", {"name": "FAQ / eval"}, ()) == ("FAQ / eval",)


def test_a_dataset_has_no_parent() -> None:
    with pytest.raises(ValueError, match="no parent"):
        DATASET.parent_key("x")


def test_creating_without_rows_is_one_post_with_the_name() -> None:
    (call,) = DATASET.create(KEY, SPEC)
    assert (call.method, call.target) == ("POST", "/dataSetApi/dataSet")
    assert call.body == {
        "dataSetName": "faq-eval",
        "dataSetDescription": "FAQ regression set",
        "dataSetType": "E",
        "dataSetActive": True,
    }
    assert (call.effect, call.repeat, call.settles) == (Effect.CREATE, Repeat.UNIQUE, ("active", "description", "type"))
    assert DATASET.create(KEY, {})[0].body == {"dataSetName": "faq-eval"}


def test_an_update_sends_just_what_is_given_a_new_name_too_and_never_rows() -> None:
    (call,) = DATASET.update(LIVE, {"active": False})
    assert (call.method, call.target, call.body) == ("PUT", "/dataSetApi/dataSet/d1", {"dataSetActive": False})
    assert (call.effect, call.repeat, call.settles) == (Effect.UPDATE, Repeat.SAFE, ("active",))
    assert DATASET.update(LIVE, {"name": "faq"})[0].body == {"dataSetName": "faq"}


def test_a_delete_goes_by_id_which_is_encoded() -> None:
    (call,) = DATASET.delete(LiveObject("a/b?", KEY, {}))
    assert (call.method, call.target, call.body) == ("DELETE", "/dataSetApi/dataSet/a%2Fb%3F", None)
    assert (call.effect, call.repeat) == (Effect.DELETE, Repeat.SAFE)


def test_the_listing_drops_rows_while_they_stream_by() -> None:
    call = next(DATASET.listing(()))
    assert (call.method, call.target, call.stream) == ("GET", "/dataSetApi/dataSets", "rows")
    listing: Listing = drive(DATASET.listing(()), listed(document(), document(dataSetId="d2", dataSetName="other")))
    assert [(each.remote_id, each.key) for each in listing.objects] == [("d1", KEY), ("d2", ("other",))]
    assert listing.objects[0].attributes == {"name": "faq-eval", **SPEC}
    assert drive(DATASET.listing(()), listed()) == Listing(())


def test_two_datasets_of_one_name_are_told_apart_by_nobody() -> None:
    with pytest.raises(RemoteError) as caught:
        drive(DATASET.reading(KEY), listed(document(), document(dataSetId="d2")))
    (told,) = caught.value.diagnostics
    assert "2 datasets of the project are called 'faq-eval'" in told.summary
    assert "d1, d2" in told.detail


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"datasets": []},
        "x",
        [None],
        [5],
        [document(dataSetId=None)],
        [document(dataSetId="")],
        [document(dataSetId=7)],
        [document(), document(dataSetName="other")],
        [document(dataSetName=None)],
        [document(dataSetName="")],
        [document(dataSetName=5)],
        [document(dataSetDescription=5)],
        [document(dataSetType=["E"])],
        [document(dataSetActive="true")],
        [document(dataSetActive=1)],
    ],
)
def test_a_list_that_may_not_be_whole_proves_nothing(body: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(DATASET.listing(()), Response(200, body=body))


def test_a_known_dataset_is_read_by_its_id_and_may_have_another_name_now() -> None:
    flow = DATASET.reading(KEY, "d1")
    call = next(flow)
    assert (call.method, call.target, call.stream) == ("GET", "/dataSetApi/dataSet/d1", "rows")
    live = drive(DATASET.reading(KEY, "d1"), Response(200, body=document(dataSetName="renamed")))
    assert (live.remote_id, live.key) == ("d1", ("renamed",))
    assert drive(DATASET.reading(KEY, "d1"), MISSING) is None


def test_by_name_the_listing_finds_the_id_and_the_rows_come_from_the_dataset() -> None:
    other = document(dataSetId="d0", dataSetName="other")
    live = drive(DATASET.reading(KEY), listed(other, document()), Response(200, body=document()))
    assert live.remote_id == "d1"
    assert drive(DATASET.reading(KEY), listed(other)) is None
    assert drive(DATASET.reading(KEY), listed(document()), MISSING) is None


@pytest.mark.parametrize("body", [None, [], {}, document(dataSetId="d2"), document(dataSetName=None)])
def test_another_answer_than_the_dataset_is_none(body: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(DATASET.reading(KEY, "d1"), Response(200, body=body))


def test_a_refusal_is_no_absence() -> None:
    for flow in (DATASET.reading(KEY, "d1"), DATASET.reading(KEY), DATASET.listing(())):
        with pytest.raises(Exception, match="lacks"):
            drive(flow, FORBIDDEN)


def test_the_answer_to_a_write_holds_the_dataset_or_does_not() -> None:
    live = DATASET.answered(KEY, Response(200, body=document(rows=[{"dataSetRowId": "r1"}])))
    assert live == LiveObject("d1", KEY, {"name": "faq-eval", **SPEC})
    body: Any
    for body in (None, [], {"jobId": "7", "status": "accepted"}, {"success": True, "errors": []}):
        assert DATASET.answered(KEY, Response(202, body=body)) is None


def test_null_is_an_empty_text_and_an_unknown_switch() -> None:
    bare = document(dataSetDescription=None, dataSetType=None, dataSetActive=None)
    live = DATASET.answered(KEY, Response(200, body=bare))
    assert live is not None
    assert live.attributes == {"name": "faq-eval", "description": "", "type": ""}
    assert DATASET.manifest(live) == {"name": "faq-eval"}
    sparse = DATASET.answered(KEY, Response(200, body={"dataSetId": "d1", "dataSetName": "faq-eval"}))
    assert sparse is not None
    assert sparse.attributes == {"name": "faq-eval"}


def test_a_manifest_declares_the_dataset_as_it_is() -> None:
    live = DATASET.answered(KEY, Response(200, body=document(dataSetActive=False)))
    assert live is not None
    assert DATASET.manifest(live) == {"name": "faq-eval", **SPEC, "active": False}
