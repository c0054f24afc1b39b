"""Answers that can't be relied on are refused, in words, and never crash."""

from typing import Any

import pytest

from dsops.model import Listing, LiveObject, RemoteError, Response
from dsops.providers import kinds
from tests.support.planning import drive, ok

DATASET = kinds()["uipath/Dataset"]
STREAM = kinds()["uipath/Stream"]
KEY = ("p", "d")
STREAM_KEY = (*KEY, "s")


def one_dataset(**fields: Any) -> Response:
    return ok(datasets=[{"id": "d1", "owner": "p", "name": "d", **fields}])


def one_stream(**fields: Any) -> Response:
    return ok(streams=[{"id": "s1", "name": "s", **fields}])


def listed(answer: Response) -> LiveObject:
    kind, scope = (STREAM, KEY) if "streams" in answer.body else (DATASET, ())
    listing: Listing = drive(kind.listing(scope), answer)
    (found,) = listing.objects
    return found


WRONG_IDS: list[Any] = [None, "", 5, [], {}, True]
WRONG_LISTS = [
    None,
    [],
    {"status": "ok"},
    ok(datasets=None, streams=None).body,
    ok(dataset={"id": "d1"}, stream={"id": "s1", "name": "s"}).body,
    ok(datasets={"id": "d1"}, streams={"id": "s1"}).body,
    ok(datasets="x", streams="x").body,
    ok(datasets=[None], streams=[None]).body,
    ok(datasets=[{"owner": "p", "name": "d"}], streams=[{"name": "s"}]).body,
    *(
        ok(datasets=[{"id": each, "owner": "p", "name": "d"}], streams=[{"id": each, "name": "s"}]).body
        for each in WRONG_IDS
    ),
    ok(
        datasets=[{"id": "d1", "owner": "p", "name": "d"}, {"id": "d1", "owner": "p", "name": "e"}],
        streams=[{"id": "s1", "name": "s"}, {"id": "s1", "name": "t"}],
    ).body,
]


@pytest.mark.parametrize("body", WRONG_LISTS)
def test_a_list_that_may_not_be_whole_proves_nothing(body: Any) -> None:
    for kind, scope in ((DATASET, ()), (STREAM, KEY)):
        with pytest.raises(RemoteError, match="can't be relied on"):
            drive(kind.listing(scope), Response(200, body=body))


def test_an_object_that_stands_twice_under_one_name_proves_nothing() -> None:
    answer = ok(streams=[{"id": "s1", "name": "s"}, {"id": "s2", "name": "s"}])
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(STREAM.listing(KEY), answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"owner": None},
        {"name": 5},
        {"title": 5},
        {"description": ["x"]},
        {"source_ids": "18ba5ce699f8da1f"},
        {"source_ids": {"18ba5ce699f8da1f": 1}},
        {"source_ids": [2**70]},
        {"model_family": 1},
        {"has_sentiment": "true"},
        {"has_sentiment": 1},
    ],
)
def test_a_malformed_dataset_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="d1"):
        listed(one_dataset(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": None},
        {"title": {}},
        {"model": 8},
        {"model": {}},
        {"model": {"version": None}},
        {"model": {"version": "8"}},
        {"model": {"version": True}},
        {"model": {"version": 8, "label_thresholds": {"A": 1}}},
        {"model": {"version": 8, "label_thresholds": [1]}},
        {"model": {"version": 8, "label_thresholds": [{"name": ["A"]}]}},
        {"model": {"version": 8, "label_thresholds": [{"threshold": 1}]}},
        {"model": {"version": 8, "label_thresholds": [{"name": 5, "threshold": 1}]}},
        {"model": {"version": 8, "label_thresholds": [{"name": [5], "threshold": 1}]}},
        {"model": {"version": 8, "label_thresholds": [{"name": ["A"], "threshold": "1"}]}},
        {"model": {"version": 8, "label_thresholds": [{"name": ["A"], "threshold": 1}, {"name": "A", "threshold": 0}]}},
        {"comment_filter": "all"},
        {"comment_filter": [1]},
        {"comment_filter": {"timestamp": {"minimum": "yesterday"}}},
        {"comment_filter": {"timestamp": {"minimum": 5}}},
    ],
)
def test_a_malformed_stream_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="s1"):
        listed(one_stream(**fields))
    with pytest.raises(RemoteError, match="can't be relied on"):
        STREAM.answered(STREAM_KEY, ok(stream={"id": "s1", "name": "s", **fields}))


def test_a_document_nested_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(RemoteError, match="s1"):
        listed(one_stream(comment_filter={"user_properties": deep}))


@pytest.mark.parametrize("body", [None, [], {}, ok(model_tags=None).body, ok(model_tags={}).body])
def test_tags_that_are_no_list_are_refused(body: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(_tag(), Response(200, body=body))


@pytest.mark.parametrize(
    "tag", [None, 5, {}, {"name": "live"}, {"name": [], "version": 1}, {"name": "x", "version": "1"}]
)
def test_malformed_tags_are_refused(tag: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(_tag(), ok(model_tags=[{"name": "live", "version": 1}, tag]))


def _tag() -> Any:
    return STREAM.lookups(STREAM.normalise({"dataset": "d", "model": {"tag": "live"}}), STREAM_KEY)


def test_reading_by_name_needs_the_object() -> None:
    for answer in (ok(), ok(dataset={}, stream={}), ok(dataset=[], stream=[])):
        with pytest.raises(RemoteError, match="holds no dataset"):
            drive(DATASET.reading(KEY), answer)
        with pytest.raises(RemoteError, match="holds no stream"):
            drive(STREAM.reading(STREAM_KEY), answer)


def test_what_an_answer_leaves_out_is_unknown_and_what_it_adds_does_not_matter() -> None:
    assert listed(one_dataset(label_defs=[], limits={"x": 1})) == LiveObject("d1", KEY, {})
    assert listed(one_stream(updated_at="x")) == LiveObject("s1", STREAM_KEY, {})
    assert listed(one_stream(model={"version": 8})).attributes == {"model.version": 8}


def test_null_is_a_known_nothing_but_for_what_could_only_cause_a_replace() -> None:
    fields = {"title": None, "source_ids": None, "model_family": None, "has_sentiment": None}
    assert listed(one_dataset(**fields)).attributes == {"title": None, "sourceIds": []}
    nothing: dict[str, Any] = {"model.version": None, "model.labelThresholds": {}}
    assert listed(one_stream(model=None)).attributes == nothing
    assert listed(one_stream(model={"version": 1, "label_thresholds": None})).attributes == {
        **nothing,
        "model.version": 1,
    }
    assert listed(one_stream(comment_filter=None)).attributes == {"commentFilter": {}}
