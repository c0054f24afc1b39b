"""Operations of UiPath: calls as the API description has them, answers read, wrong arguments refused beforehand."""

from typing import Any

import pytest

from dsops.model import Batch, Call, Entry, Page, RemoteError, Response
from dsops.providers import provider
from dsops.providers.uipath.operations import OPERATIONS
from tests.contract.openapi import UIPATH

DATASET = ("project1", "collateral")
STREAM = (*DATASET, "dispute")
UID = "18ba5ce699f8da1f.0123456789abcdef"
SEQUENCE = "qs8QcHIBAADJ1p3W2FtmBB3QiOJsCJlR"


def uids(count: int, length: int = 16) -> list[str]:
    return [f"18ba5ce699f8da1f.{number:0{length}x}" for number in range(count)]


def ask(name: str, key: tuple[str, ...], arguments: dict[str, Any], body: Any = None) -> tuple[Call, Any]:
    """Drive an operation of one call: return the call, held against the API description, and what it found."""
    flow = OPERATIONS[name].flow(key, arguments)
    call = next(flow)
    assert UIPATH.request_problems(call.method, call.target, call.body) == []
    described = UIPATH.find(call.method, call.target.partition("?")[0])[:2]
    permissions = UIPATH.operations[described]["x-permissions"]
    assert set(call.permission.replace(" and ", ", ").split(", ")) == set(permissions)
    try:
        flow.send(Response(200, {}, {"status": "ok"} if body is None else body))
    except StopIteration as done:
        return call, done.value
    raise AssertionError("the operation makes a second call")


def refused(name: str, key: tuple[str, ...], arguments: dict[str, Any]) -> str:
    """Return why arguments can't be sent; no call is made."""
    with pytest.raises(ValueError) as caught:
        OPERATIONS[name].flow(key, arguments)
    return str(caught.value)


def test_the_provider_offers_them_under_the_words_of_the_commands() -> None:
    assert provider("uipath").operations is OPERATIONS
    assert {each.kind for each in OPERATIONS.values()} == {"Dataset", "Stream"}
    assert all(name.startswith(each.kind.lower() + " ") for name, each in OPERATIONS.items())


def test_datasets_are_listed_for_an_account_or_a_project() -> None:
    document = {"id": "a", "owner": "project1", "name": "collateral", "unknown": {"kept": 1}}
    call, page = ask("dataset list", (), {}, {"datasets": [document]})
    assert (call.method, call.target) == ("GET", "/api/v1/datasets")
    assert page == Page((Entry(DATASET, document),))
    call, page = ask("dataset list", (), {"project": "project1"}, {"datasets": []})
    assert (call.target, page) == ("/api/v1/datasets/project1", Page(()))


def test_one_dataset_its_tags_its_streams_and_one_stream() -> None:
    call, entry = ask("dataset get", DATASET, {}, {"dataset": {"id": "a", "name": "collateral"}})
    assert (call.target, entry.document["id"]) == ("/api/v1/datasets/project1/collateral", "a")
    call, page = ask("dataset tags", DATASET, {}, {"model_tags": [{"name": "live", "version": 5}]})
    assert (call.target, page.items[0].key) == ("/api/v1/datasets/project1/collateral/model-tags", (*DATASET, "live"))
    call, page = ask("stream list", DATASET, {}, {"streams": [{"id": "s", "name": "dispute"}]})
    assert (call.target, page.items[0].key) == ("/api/v1/datasets/project1/collateral/streams", STREAM)
    call, entry = ask("stream get", STREAM, {}, {"stream": {"id": "s"}})
    assert (call.target, entry.key) == ("/api/v1/datasets/project1/collateral/streams/dispute", STREAM)


def test_a_fetch_brings_results_and_a_position() -> None:
    result = {"comment": {"uid": UID}, "labels": [], "sequence_id": "1"}
    answer = {"results": [result], "filtered": 7, "sequence_id": SEQUENCE, "is_end_sequence": False}
    call, batch = ask("stream fetch", STREAM, {"size": 8, "max_filtered": 100}, answer)
    assert call.body == {"size": 8, "max_filtered": 100}
    assert batch == Batch((result,), SEQUENCE, 7, at_end=False)


@pytest.mark.parametrize(("filtered", "moved"), [(8, True), (0, False)])
def test_without_is_end_sequence_only_a_batch_of_nothing_is_the_end(filtered: int, moved: bool) -> None:
    answer = {"results": [], "filtered": filtered, "sequence_id": SEQUENCE}
    _, batch = ask("stream fetch", STREAM, {"size": 8}, answer)
    assert (batch.moved, batch.at_end) == (moved, not moved)


@pytest.mark.parametrize("arguments", [{"size": 0}, {"size": 1025}, {"size": 1, "max_filtered": 1025}])
def test_a_fetch_has_bounds(arguments: dict[str, Any]) -> None:
    assert "between 1 and 1024" in refused("stream fetch", STREAM, arguments)


def test_advance_and_reset_answer_the_position() -> None:
    call, position = ask("stream advance", STREAM, {"position": SEQUENCE}, {"sequence_id": SEQUENCE})
    assert (call.body, position) == ({"sequence_id": SEQUENCE}, SEQUENCE)
    call, position = ask("stream reset", STREAM, {"to": "2020-06-03T18:05:00+02:00"}, {"sequence_id": "4LvtenIBAAA="})
    assert (call.body, position) == ({"to_comment_created_at": "2020-06-03T16:05:00Z"}, "4LvtenIBAAA=")
    assert "'yesterday' is not a moment" in refused("stream reset", STREAM, {"to": "yesterday"})


def test_exceptions_are_tagged_256_at_a_time_each_once() -> None:
    given = uids(600)
    arguments: Any = {"uids": [*given, given[0]], "type": "No Prediction"}
    sizes, seen = [], []
    while arguments:
        call, page = ask("stream tag", STREAM, arguments)
        assert call.method == "PUT"
        assert {each["metadata"]["type"] for each in call.body["exceptions"]} == {"No Prediction"}
        assert [each["uid"] for each in call.body["exceptions"]] == list(page.items)
        sizes.append(len(page.items))
        seen += page.items
        arguments = page.next
    assert (sizes, seen) == ([256, 256, 88], given)


@pytest.mark.parametrize("length", [16, 900, 1024])
def test_untagging_keeps_its_address_short(length: int) -> None:
    given = uids(300, length)
    arguments: Any = {"uids": given}
    seen: list[str] = []
    while arguments:
        call, page = ask("stream untag", STREAM, arguments)
        assert call.method == "DELETE"
        assert [value for _, value in call.query] == list(page.items)
        assert page.items
        assert len(call.target) < 4000
        seen += page.items
        arguments = page.next
    assert seen == given


@pytest.mark.parametrize("wrong", ["", "abc", "18ba5ce699f8da1f", "18ba5ce699f8da1f.", "x.1", "18ba5ce699f8da1f.a b"])
@pytest.mark.parametrize("name", ["stream tag", "stream untag"])
def test_what_is_no_uid_is_not_sent(name: str, wrong: str) -> None:
    told = refused(name, STREAM, {"uids": [UID, wrong], "type": "x"})
    assert "is not a comment uid" in told
    assert "no comment uid" in refused(name, STREAM, {"uids": [], "type": "x"})


def test_an_exception_has_a_type() -> None:
    assert "a type" in refused("stream tag", STREAM, {"uids": [UID], "type": " "})


FULL = {
    "source_ids": ["18ba5ce699f8da1f", "18ba5ce699f8da1f"],
    "order_by": "created_at",
    "from": "2020-01-01",
    "to": "2020-02-01T00:00:00+01:00",
    "limit": 256,
}


def test_every_field_of_an_export_is_sent_and_sent_again_with_the_continuation() -> None:
    call, page = ask("dataset export", DATASET, FULL, {"comments": [{"comment": {}}], "continuation": "2.x"})
    assert (call.method, call.target) == ("POST", "/api/v1/datasets/project1/collateral/export")
    assert call.body == {
        **FULL,
        "source_ids": ["18ba5ce699f8da1f"],
        "from": "2020-01-01T00:00:00Z",
        "to": "2020-01-31T23:00:00Z",
    }
    assert page.next == {**FULL, "continuation": "2.x"}
    following, last = ask("dataset export", DATASET, page.next, {"comments": []})
    assert following.body == {**call.body, "continuation": "2.x"}
    assert last == Page((), None)


@pytest.mark.parametrize("name", FULL)
def test_comment_uids_stand_alone(name: str) -> None:
    assert f"leave out {name}" in refused("dataset export", DATASET, {"comment_uids": [UID], name: FULL[name]})


def test_an_export_has_bounds() -> None:
    assert ask("dataset export", DATASET, {"comment_uids": uids(256)}, {"comments": []})
    assert "at most 256 comment uids" in refused("dataset export", DATASET, {"comment_uids": uids(257)})
    sources = [f"{number:016x}" for number in range(1025)]
    assert ask("dataset export", DATASET, {"source_ids": sources[:1024]}, {"comments": []})
    assert "at most 1024 source ids" in refused("dataset export", DATASET, {"source_ids": sources})
    assert "1 to 256 comments, not 257" in refused("dataset export", DATASET, {"limit": 257})
    assert "not by size" in refused("dataset export", DATASET, {"order_by": "size"})
    assert "is not a moment" in refused("dataset export", DATASET, {"from": "May"})
    turned = {"from": "2020-01-01T00:00:00.5Z", "to": "2020-01-01T00:00:00Z"}
    assert "nothing lies between" in refused("dataset export", DATASET, turned)
    assert ask("dataset export", DATASET, {"from": turned["to"], "to": turned["from"]}, {"comments": []})


@pytest.mark.parametrize(
    ("name", "key", "arguments", "answer"),
    [
        ("dataset list", (), {}, {"datasets": [{"id": "a", "name": "x"}]}),
        ("dataset list", (), {}, {"datasets": {}}),
        ("dataset get", DATASET, {}, {"dataset": {}}),
        ("dataset tags", DATASET, {}, {"model_tags": [{"version": 1}]}),
        ("stream get", STREAM, {}, []),
        ("stream fetch", STREAM, {"size": 1}, {"results": [], "filtered": 0}),
        ("stream fetch", STREAM, {"size": 1}, {"results": [1], "filtered": 0, "sequence_id": "x"}),
        ("stream fetch", STREAM, {"size": 1}, {"results": [], "filtered": "0", "sequence_id": "x"}),
        ("stream advance", STREAM, {"position": "x"}, {}),
        ("dataset export", DATASET, {}, {"comments": None}),
        ("dataset export", DATASET, {}, {"comments": [], "continuation": 3}),
    ],
)
def test_an_answer_that_is_not_as_described_is_not_relied_on(
    name: str, key: tuple[str, ...], arguments: dict[str, Any], answer: Any
) -> None:
    with pytest.raises(RemoteError) as caught:
        ask(name, key, arguments, answer)
    assert "can't be relied on" in str(caught.value)
