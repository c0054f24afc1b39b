"""Exports: a specification is what one is; of several that are alike one counts."""

from typing import Any

import pytest

from dsops.model import PARENT_ID, Address, Effect, Listing, LiveObject, Reference, RemoteError, Repeat, Response
from dsops.providers import kinds
from tests.support.planning import MISSING, drive
from tests.unit.providers.vi.samples import FAILED, FINISHED, RUNNING, dataset, export, page, ready

EXPORT = kinds()["vi/Export"]
KEY = ("shelves", "ViFull-normalized-0.8")
PLAIN = {"format": "ViFull", "normalized": True, "splitRatio": None}
SPLIT = {**PLAIN, "splitRatio": 0.8}


def test_what_is_left_out_is_part_of_it_too() -> None:
    assert EXPORT.normalise({"dataset": "shelves"}) == PLAIN
    assert EXPORT.normalise({"dataset": "shelves", "splitRatio": None}) == PLAIN
    assert EXPORT.normalise({"dataset": "shelves", "splitRatio": 0.8}) == SPLIT


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ({}, "ViFull-normalized"),
        ({"splitRatio": 0.8}, "ViFull-normalized-0.8"),
        ({"splitRatio": 0.125}, "ViFull-normalized-0.125"),
        ({"format": "ViJsonl", "normalized": False}, "ViJsonl-pixels"),
        ({"format": "Coco", "normalized": False, "splitRatio": 0.25}, "Coco-pixels-0.25"),
    ],
)
def test_its_name_is_its_specification(spec: dict[str, Any], word: str) -> None:
    assert EXPORT.key("anything", spec, ("shelves",)) == ("shelves", word)


def test_a_specification_is_known_at_once() -> None:
    late = Reference(Address("vi", "Dataset", "x"))
    with pytest.raises(ValueError, match="splitRatio tells which export"):
        EXPORT.key("x", {"splitRatio": late}, ("shelves",))


def test_a_dataset_outside_the_stack_is_written_with_a_slash() -> None:
    assert EXPORT.parent_key("/Shelf photos/2") == ("Shelf photos/2",)
    for wrong in ("/", "a/b"):
        with pytest.raises(ValueError, match="written /name"):
            EXPORT.parent_key(wrong)


def test_making_one_is_one_post_on_its_dataset() -> None:
    (call,) = EXPORT.create(KEY, {**SPLIT, PARENT_ID: "d1"})
    assert (call.method, call.path[-2:]) == ("POST", ("d1", "datasetExports"))
    assert call.body == {"spec": {"format": "ViFull", "options": {"normalized": True, "splitRatio": 0.8}}}
    assert (call.effect, call.repeat, call.settles) == (
        Effect.CREATE,
        Repeat.UNIQUE,
        ("format", "normalized", "splitRatio"),
    )
    (plain,) = EXPORT.create(KEY, {**PLAIN, PARENT_ID: "d1"})
    assert plain.body["spec"]["options"] == {"normalized": True, "splitRatio": None}


def test_nothing_changes_or_deletes_one() -> None:
    live = LiveObject("d1/e1", KEY, SPLIT)
    assert EXPORT.update(live, SPLIT) == ()
    assert EXPORT.delete(live) == ()


def listed(*exports: dict[str, Any]) -> list[tuple[str, str]]:
    found: Listing = drive(EXPORT.listing(("shelves",)), page([dataset()]), page(exports))
    assert found.parent_id == "d1"
    assert all(each.key[0] == "shelves" for each in found.objects)
    return sorted((each.remote_id, each.key[1]) for each in found.objects)


def test_of_those_alike_the_newest_finished_one_counts() -> None:
    assert listed(ready("old", made=1), ready("new", made=3), ready("mid", made=2)) == [("d1/new", "ViFull-normalized")]


def test_a_finished_one_counts_more_than_one_that_is_being_made() -> None:
    assert listed(ready("old", made=1), export("new", RUNNING, made=9)) == [("d1/old", "ViFull-normalized")]
    assert listed(export("a", RUNNING, made=1), export("b", RUNNING, made=2)) == [("d1/b", "ViFull-normalized")]


def test_one_that_failed_is_none() -> None:
    assert listed(export("bad", FAILED)) == []
    assert listed(export("bad", FAILED, made=9), export("run", RUNNING, made=1)) == [("d1/run", "ViFull-normalized")]


def test_other_specifications_are_others() -> None:
    found = listed(ready("a"), ready("b", ratio=0.8), ready("c", normalized=False), ready("d", format="Unheard"))
    assert [word for _, word in found] == [
        "ViFull-normalized",
        "ViFull-normalized-0.8",
        "ViFull-pixels",
        "Unheard-normalized",
    ]


def test_without_its_dataset_there_is_none() -> None:
    assert drive(EXPORT.listing(("shelves",)), page([dataset("x", "other")])) == Listing((), exists=False)


def test_all_of_an_account_are_those_of_each_dataset() -> None:
    two = [dataset("d1"), dataset("d2", "racks")]
    other = {**ready("e2"), "datasetId": "acme_d2"}
    found: Listing = drive(EXPORT.listing(()), page(two), page([ready("e1")]), page([other]))
    assert [(each.remote_id, each.key[0]) for each in found.objects] == [("d1/e1", "shelves"), ("d2/e2", "racks")]


def test_one_is_read_by_its_dataset_and_its_own_id() -> None:
    flow = EXPORT.reading(KEY, "d1/e1")
    assert next(flow).path[-3:] == ("d1", "datasetExports", "e1")
    live = drive(EXPORT.reading(KEY, "d1/e1"), Response(200, body=ready(ratio=0.8)))
    assert live == LiveObject("d1/e1", KEY, SPLIT)
    assert drive(EXPORT.reading(KEY, "d1/e1"), MISSING) is None
    assert drive(EXPORT.reading(KEY, "d1/e1"), Response(200, body=export(status=FAILED))) is None


def test_an_answer_about_another_dataset_or_export_is_not_believed() -> None:
    other = {**ready("e2"), "datasetId": "acme_d2"}
    with pytest.raises(RemoteError, match="one that is not of the dataset d1"):
        drive(EXPORT.listing(("shelves",)), page([dataset("d1")]), page([ready("e1"), other]))
    for wrong in (other, ready("e2")):
        with pytest.raises(RemoteError, match="does not hold the export d1/e1"):
            drive(EXPORT.reading(KEY, "d1/e1"), Response(200, body=wrong))


def test_without_an_id_the_one_that_counts_is_found() -> None:
    live = drive(EXPORT.reading(KEY), page([dataset()]), page([ready("a", ratio=0.8), ready("b")]))
    assert live.remote_id == "d1/a"
    assert drive(EXPORT.reading(KEY), page([dataset()]), page([ready("b")])) is None


def test_an_address_that_comes_and_goes_is_no_difference() -> None:
    with_address = EXPORT.answered(KEY, Response(200, body=ready(ratio=0.8)))
    without = EXPORT.answered(KEY, Response(200, body=export(status=FINISHED, ratio=0.8)))
    assert with_address == without
    assert "s3cret" not in repr(with_address)


@pytest.mark.parametrize(
    ("status", "done", "failed"), [(FINISHED, True, False), (RUNNING, False, False), (FAILED, False, True)]
)
def test_making_one_is_awaited(status: Any, done: bool, failed: bool) -> None:
    flow = EXPORT.waiting(Effect.CREATE, LiveObject("d1/e1", KEY, SPLIT))
    assert flow is not None
    look = drive(flow, Response(200, body=export(status=status)))
    assert (look.done, look.failed) == (done, failed)


@pytest.mark.parametrize(
    "body",
    [
        None, {}, {"datasetExportId": "e"}, {**export(), "spec": {}}, {**export(), "spec": None},
        {**export(), "datasetId": 1},
        {**export(), "spec": {"format": "ViFull", "options": {"normalized": "yes"}}},
        {**export(), "spec": {"format": "ViFull", "options": {"normalized": True, "splitRatio": "x"}}},
        {**export(), "status": None}, {**export(), "status": {}},
    ],
)  # fmt: skip
def test_an_answer_that_is_no_export_is_not_taken_for_one(body: Any) -> None:
    with pytest.raises(RemoteError):
        drive(EXPORT.reading(KEY, "d1/e1"), Response(200, body=body))


def test_the_manifest_of_what_is_there() -> None:
    assert EXPORT.manifest(LiveObject("d1/e1", KEY, PLAIN)) == {"format": "ViFull", "normalized": True}
    assert EXPORT.manifest(LiveObject("d1/e1", KEY, SPLIT)) == SPLIT
