"""Operations: what is asked, what is shown, and that no address of an archive gets out."""

import json
from typing import Any

import pytest

from dsops.model import Effect, Page, Portion, Preview, RemoteError, Response
from dsops.providers.vi.archive import portion
from dsops.providers.vi.operations import OPERATIONS, dataset_summary
from dsops.providers.vi.prune import says_nothing
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.vi.samples import FAILED, FINISHED, RUNNING, dataset, export, page, ready

KEY = ("shelves",)
SECRET = "s3cret"


def flow(name: str, **arguments: Any) -> Any:
    return OPERATIONS[f"dataset {name}"].flow(KEY, {"id": "d1", **arguments})


def answer(document: Any) -> Response:
    return Response(200, body=document)


def test_a_list_has_what_is_being_deleted_too() -> None:
    found: Page = drive(
        OPERATIONS["dataset list"].flow((), {}), page([dataset(), dataset("d2", "racks", deleteOp="x")])
    )
    assert [each.key for each in found.items] == [("shelves",), ("racks",)]
    assert found.items[0].document == dataset()


def test_one_is_shown_as_it_came() -> None:
    assert drive(flow("get"), answer(dataset())).document == dataset()
    with pytest.raises(RemoteError):
        drive(flow("get"), answer({}))


def test_what_a_person_wants_to_know() -> None:
    assert dataset_summary(dataset()) == {
        "id": "acme_d1",
        "name": "shelves",
        "description": "Shelf photos",
        "type": "phrase-grounding, Image",
        "owner": "acme",
        "created": "2023-11-14T22:13:20Z",
        "last accessed": "2023-11-14T22:13:20Z",
        "assets": "4",
        "annotated": "3 (75.0 %)",
        "annotations": "9",
        "tags": "can 7, box 2",
        "access": "public",
        "locked": "no",
    }
    empty = dataset_summary({"datasetId": "x", "statistic": None, "access": None})
    assert (empty["annotated"], empty["created"], empty["tags"], empty["access"]) == ("0", "-", "-", "private")
    many = dataset_summary(dataset(tags={f"t{number:02}": 1 for number in range(12)}))
    assert many["tags"].endswith("t09 1 and 2 more")


def test_exports_are_listed_with_their_state_and_without_addresses() -> None:
    found: Page = drive(flow("exports"), page([ready(), export("e2", RUNNING), export("e3", FAILED)]))
    assert [each.document["state"] for each in found.items] == ["finished", "running", "failed"]
    assert found.items[0].document["status"]["downloadUrl"] == {"expiresAt": 2}
    (one,) = drive(flow("exports", export="e1"), answer(ready())).items
    assert one.document["datasetExportId"] == "e1"
    assert SECRET not in json.dumps([each.document for each in (*found.items, one)])


def test_a_finished_export_is_found() -> None:
    job = drive(flow("download", splitRatio=0.8), page([ready("a"), ready("b", ratio=0.8)]))
    assert (job.id, job.look.done, job.begun) == ("b", True, False)
    assert SECRET in job.address
    assert SECRET not in repr(job)
    assert SECRET not in json.dumps(job.document)


def test_one_that_is_being_made_is_found_too() -> None:
    job = drive(flow("download"), page([export("a", RUNNING), export("b", FAILED)]))
    assert (job.id, job.look.done, job.address) == ("a", False, "")


def test_where_there_is_none_one_is_made_by_a_call_that_is_sent_once() -> None:
    asked = flow("download", format="ViJsonl", normalized=False)
    next(asked)
    call = asked.send(page([ready("a")]))
    assert (call.method, call.effect) == ("POST", Effect.CREATE)
    assert call.body == {"spec": {"format": "ViJsonl", "options": {"normalized": False, "splitRatio": None}}}
    with pytest.raises(StopIteration) as done:
        asked.send(answer(export("n", RUNNING, format="ViJsonl", normalized=False)))
    job = done.value.value
    assert job.begun
    assert job.look.words == "no export ViJsonl-pixels is there, so one is being made"


def test_again_makes_one_whatever_there_is() -> None:
    assert next(flow("download", again=True)).method == "POST"


def test_annotations_alone_are_another_form() -> None:
    job = drive(flow("download", annotationsOnly=True), page([ready("a"), ready("b", format="ViJsonl")]))
    assert job.id == "b"
    with pytest.raises(ValueError, match="holds the assets too"):
        flow("download", annotationsOnly=True, format="ViFull")
    with pytest.raises(RemoteError, match="holds the assets too"):
        drive(flow("download", annotationsOnly=True, export="a"), answer(ready("a")))


@pytest.mark.parametrize("named", ["e1", "d1/e1"])
def test_one_that_is_named_is_read(named: str) -> None:
    asked = flow("download", export=named)
    assert next(asked).path[-1] == "e1"
    assert drive(flow("download", export=named), answer(ready())).id == "e1"
    with pytest.raises(ValueError, match="has its own splitRatio"):
        flow("download", export=named, splitRatio=0.5)


@pytest.mark.parametrize("ratio", [0, 1, -0.1, 2.0, float("nan")])
def test_a_share_is_between_0_and_1(ratio: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        flow("download", splitRatio=ratio)


def test_a_finished_export_without_an_address_is_not_ready() -> None:
    job = drive(flow("download", export="e1"), answer(export(status=FINISHED)))
    assert (job.look.done, job.look.words) == (False, "done, and without an address yet")


@pytest.mark.parametrize("body", [None, {}, {"datasetExportId": "e"}, {**export(), "status": {"conditions": [7]}}])
def test_what_is_no_export_is_not_downloaded(body: Any) -> None:
    with pytest.raises(RemoteError):
        drive(flow("download", export="e1"), answer(body))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("training/images/one.png", Portion("training", asset="one.png")),
        ("validation/assets/a/b.png", Portion("validation", asset="a/b.png")),
        ("dump/annotations/one.jsonl", Portion("dump", annotations=True)),
        ("dump/annotations/one.json", Portion("dump")),
        ("dump/other/x", Portion("dump")),
        ("readme.txt", Portion()),
        ("images/one.png", Portion()),
        ("else/images/one.png", Portion()),
    ],
)
def test_what_a_file_of_an_archive_is(name: str, part: Portion) -> None:
    assert portion(name) == part


# -- prune


@pytest.mark.parametrize(
    "given",
    [None, "", " ", "\n", "{}", " {} ", "[]", "null", "true", "false", '""', '" "', "[{}]", '{"and": []}', "[[], {}]",
     {}, [], {"a": {}}],
)  # fmt: skip
def test_a_filter_that_says_nothing_is_refused(given: Any) -> None:
    assert says_nothing(given)
    with pytest.raises(ValueError, match="every asset"):
        flow("prune", filter=given)
    with pytest.raises(ValueError, match="every asset"):
        flow("prune", filter=given, preview=True, metadataQuery="camera=front")


@pytest.mark.parametrize("given", ['{"status": "error"}', '{"n": 0}', '{"n": null}', "status = error", {"n": 0}, "[1]"])
def test_a_filter_that_says_something_is_not(given: Any) -> None:
    assert not says_nothing(given)
    assert next(flow("prune", filter=given)).body["spec"]["filter"] == given


def test_a_deletion_sends_all_four_keys_and_is_sent_once() -> None:
    call = next(flow("prune", filter='{"status": "error"}'))
    assert (call.method, call.path[-1], call.effect) == ("POST", "deleteManyAssetsSessions", Effect.DELETE)
    assert call.body == {
        "spec": {"filter": '{"status": "error"}', "metadataQuery": None, "ruleQuery": None, "strictQuery": None}
    }
    whole = next(flow("prune", filter="x", metadataQuery="m", ruleQuery="r", strict=True))
    assert whole.body["spec"] == {"filter": "x", "metadataQuery": "m", "ruleQuery": "r", "strictQuery": True}


def test_a_preview_asks_for_the_same() -> None:
    asked = flow("prune", filter={"n": 0}, ruleQuery="r", strict=True, preview=True)
    query = (("filter", '{"n": 0}'), ("ruleQuery", "r"), ("strictQuery", "y"))
    count = next(asked)
    assert (count.method, count.path[-1], count.query) == ("GET", "assets:count", query)
    listing = asked.send(answer({"count": 7}))
    assert (listing.path[-1], listing.query) == ("assets", (*query, ("s", "5")))
    with pytest.raises(StopIteration) as done:
        asked.send(answer({"items": [{"filename": "a.png"}, {"filename": None}]}))
    assert done.value.value == Preview(7, ("a.png",))


def test_a_preview_that_is_not_to_be_had_says_so() -> None:
    assert drive(flow("prune", filter="x", preview=True), MISSING) == Preview(None)
    with pytest.raises(Exception, match="Model Admin"):
        drive(flow("prune", filter="x", preview=True), FORBIDDEN)


@pytest.mark.parametrize("body", [None, {}, {"count": "7"}, {"count": True}, {"count": -1}])
def test_a_count_that_is_none_is_an_error(body: Any) -> None:
    with pytest.raises(RemoteError, match="no count"):
        drive(flow("prune", filter="x", preview=True), answer(body), answer({"items": []}))


def test_how_far_a_deletion_is() -> None:
    session = {"deleteManyAssetsSessionId": "s1", "status": RUNNING}
    assert drive(flow("prune", filter="x"), answer(session)).id == "s1"
    asked = flow("prune", job="s1")
    assert next(asked).path[-1] == "s1"
    assert drive(flow("prune", job="s1"), answer({**session, "status": FINISHED})).look.done
    assert drive(flow("prune", job="s1"), answer({**session, "status": FAILED})).look.failed
    for body in (None, {}, {"deleteManyAssetsSessionId": "s1"}):
        with pytest.raises(RemoteError):
            drive(flow("prune", job="s1"), answer(body))
