"""Datasets: which calls the kind describes, and which answers it relies on."""

from typing import Any

import pytest

from dsops.model import Effect, Flow, Listing, LiveObject, Look, RemoteError, Repeat, Response
from dsops.providers import kinds
from dsops.providers.vi import Vi
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.vi.samples import CONNECTION, FAILED, FINISHED, RUNNING, conditions, dataset, page

DATASET = kinds()["vi/Dataset"]
KEY = ("shelves",)
LIVE = LiveObject("d1", KEY, {})
SPEC = {"type": "phrase-grounding", "content": "Image", "description": "Shelf photos"}
GOING = dataset(deleteOp="/workspaces/acme/datasets/acme_d1/deleteOperation")


def answer(document: Any) -> Response:
    return Response(200, body=document)


def test_what_is_declared_is_compared() -> None:
    assert DATASET.normalise(SPEC) == SPEC
    assert DATASET.normalise({"type": "vqa"}) == {"type": "vqa"}
    assert DATASET.key("shelves", {}, ()) == KEY
    assert DATASET.key("shelves", {"name": "Shelf photos / 2"}, ()) == ("Shelf photos / 2",)


def test_a_dataset_has_no_parent() -> None:
    with pytest.raises(ValueError, match="no parent"):
        DATASET.parent_key("/x")


def test_creating_is_one_post_of_what_the_vendors_client_sends() -> None:
    (call,) = DATASET.create(KEY, {"name": "shelves", **SPEC})
    sent = Vi().prepared(CONNECTION, call)
    assert (sent.method, sent.target) == ("POST", "/workspaces/acme/datasets")
    assert sent.body == {
        "name": "shelves",
        "owner": "acme",
        "description": "Shelf photos",
        "type": "phrase-grounding",
        "content": "Image",
        "localization": "Datature/Multi",
        "dataLocalization": "Datature/Multi",
        "status": 0,
        "tags": {},
    }
    assert Vi().prepared(CONNECTION, sent) == sent
    assert (call.effect, call.repeat) == (Effect.CREATE, Repeat.UNIQUE)
    assert call.settles == ("content", "description", "name", "type")


def test_a_description_may_say_anything() -> None:
    (call,) = DATASET.create(KEY, {"type": "vqa", "description": "{organization}"})
    assert Vi().prepared(CONNECTION, call).body["description"] == "{organization}"


def test_an_update_sends_just_what_is_given_a_new_name_too() -> None:
    (call,) = DATASET.update(LIVE, {"description": "", "name": "racks"})
    assert (call.method, call.path[-1], call.body) == ("PATCH", "d1", {"description": "", "name": "racks"})
    assert (call.effect, call.repeat, call.settles) == (Effect.UPDATE, Repeat.SAFE, ("description", "name"))


def test_a_delete_goes_by_id() -> None:
    (call,) = DATASET.delete(LIVE)
    assert (call.method, call.path[-1], call.body, call.effect) == ("DELETE", "d1", None, Effect.DELETE)


def test_the_listing_leaves_out_what_is_being_deleted() -> None:
    listing: Listing = drive(DATASET.listing(()), page([GOING, dataset("d2", "racks", description=None)]))
    (racks,) = listing.objects
    assert (racks.remote_id, racks.key) == ("d2", ("racks",))
    assert racks.attributes == {"name": "racks", **SPEC, "description": ""}


def test_two_of_one_name_are_listed_and_not_found_by_it() -> None:
    two = page([dataset("a"), dataset("b")])
    assert len(drive(DATASET.listing(()), two).objects) == 2
    with pytest.raises(RemoteError, match="2 datasets of the organization are called 'shelves'") as refused:
        drive(DATASET.reading(KEY), two)
    assert "a, b" in refused.value.diagnostics[0].detail


def test_by_name_one_is_found_in_the_list() -> None:
    assert drive(DATASET.reading(KEY), page([dataset("x", "y"), dataset()])).remote_id == "d1"
    assert drive(DATASET.reading(KEY), page([dataset("x", "y"), GOING])) is None


def test_by_id_one_is_read() -> None:
    assert drive(DATASET.reading(KEY, "d1"), answer(dataset(name="racks"))).key == ("racks",)
    assert drive(DATASET.reading(KEY, "d1"), answer(GOING)) is None
    for other in (dataset("d2"), {**GOING, "datasetId": "acme_d2"}):
        with pytest.raises(RemoteError, match="does not hold the dataset d1"):
            drive(DATASET.reading(KEY, "d1"), answer(other))
    assert drive(DATASET.reading(KEY, "d1"), MISSING) is None
    with pytest.raises(Exception, match="Model Admin"):
        drive(DATASET.reading(KEY, "d1"), FORBIDDEN)


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {}, {"datasetId": ""}, {"datasetId": "acme_d1"}, {**dataset(), "name": 7}, dataset(type=None),
     dataset(description=["x"]), dataset(content={})],
)  # fmt: skip
def test_an_answer_that_is_no_dataset_is_not_taken_for_one(body: Any) -> None:
    with pytest.raises(RemoteError):
        drive(DATASET.reading(KEY, "d1"), answer(body))


def test_what_an_answer_leaves_out_is_unknown() -> None:
    document = dataset()
    del document["description"]
    assert "description" not in DATASET.answered(KEY, answer(document)).attributes  # type: ignore[union-attr]


def test_the_answer_to_a_delete_holds_no_dataset() -> None:
    operation = {"kind": "DeletedDataset", "datasetId": "acme_d1", "workspaceId": "acme", "status": RUNNING}
    assert DATASET.answered(KEY, answer(operation)) is None
    assert DATASET.answered(KEY, Response(204)) is None


def deleting() -> Flow:
    flow = DATASET.waiting(Effect.DELETE, LIVE)
    assert flow is not None
    return flow


@pytest.mark.parametrize(
    ("status", "done", "failed", "words"),
    [
        (FINISHED, True, False, ""),
        (RUNNING, False, False, "being deleted (started)"),
        (conditions(), False, False, "being deleted (not started)"),
        (conditions("Reached", "Reached", "Waiting"), False, False, "being deleted (started, finished)"),
        (FAILED, False, True, "the deletion failed: NotSupported no such format"),
        (conditions("Reached", "FailedReach"), False, True, "the deletion failed"),
        (conditions("Reached", "Paused"), False, False, "being deleted (started)"),
    ],
)
def test_a_deletion_is_awaited(status: Any, done: bool, failed: bool, words: str) -> None:
    assert drive(deleting(), answer({"status": status})) == Look(done, words, failed)


def test_without_an_operation_the_dataset_tells() -> None:
    assert drive(deleting(), MISSING, MISSING).done
    assert not drive(deleting(), MISSING, answer(dataset())).done


@pytest.mark.parametrize("body", [None, {}, {"status": {}}, {"status": {"conditions": ["x"]}}, {"status": []}])
def test_an_operation_without_conditions_tells_nothing(body: Any) -> None:
    with pytest.raises(RemoteError, match="malformed"):
        drive(deleting(), answer(body))


def test_nothing_else_takes_time() -> None:
    assert DATASET.waiting(Effect.CREATE, LIVE) is None
    assert DATASET.waiting(Effect.UPDATE, LIVE) is None


def test_the_manifest_of_what_is_there() -> None:
    live = DATASET.answered(KEY, answer(dataset()))
    assert live is not None
    assert DATASET.manifest(live) == {"name": "shelves", **SPEC}
    assert "description" not in DATASET.manifest(LiveObject("d1", KEY, {**live.attributes, "description": ""}))
