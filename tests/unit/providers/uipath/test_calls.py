"""Which calls the kinds describe: exact paths, bodies, repeat classes, and what each settles."""

from typing import Any

import pytest

from dsops.model import Call, Effect, LiveObject, Reference, Repeat, Response
from dsops.model.address import Address
from dsops.providers import kinds
from tests.support.planning import MISSING, drive, ok

DATASET = kinds()["uipath/Dataset"]
STREAM = kinds()["uipath/Stream"]
KEY = ("project1", "collateral")
STREAM_KEY = (*KEY, "dispute")


def test_a_dataset_is_created_by_one_put_on_its_name() -> None:
    attributes = DATASET.normalise(
        {
            "project": "project1",
            "title": "Collateral",
            "description": "Mail",
            "sourceIds": ["b8ba5ce699f8da1f", "18ba5ce699f8da1f"],
            "modelFamily": "english",
            "hasSentiment": False,
        }
    )
    (call,) = DATASET.create(KEY, attributes)
    assert (call.method, call.target) == ("PUT", "/api/v1/datasets/project1/collateral")
    assert call.body == {
        "dataset": {
            "title": "Collateral",
            "description": "Mail",
            "source_ids": ["18ba5ce699f8da1f", "b8ba5ce699f8da1f"],
            "model_family": "english",
            "has_sentiment": False,
        }
    }
    assert (call.effect, call.repeat, call.settles) == (Effect.CREATE, Repeat.UNIQUE, tuple(sorted(attributes)))


def test_a_dataset_without_fields_is_created_with_an_empty_body() -> None:
    (call,) = DATASET.create(KEY, DATASET.normalise({"project": "project1"}))
    assert call.body == {"dataset": {}}


def test_a_dataset_is_updated_by_one_post_with_just_the_fields_given() -> None:
    (call,) = DATASET.update(LiveObject("1", KEY, {}), {"sourceIds": []})
    assert (call.method, call.target) == ("POST", "/api/v1/datasets/project1/collateral")
    assert call.body == {"dataset": {"source_ids": []}}
    assert (call.effect, call.repeat, call.settles) == (Effect.UPDATE, Repeat.SAFE, ("sourceIds",))


@pytest.mark.parametrize(
    ("calls", "path"),
    [
        (DATASET.delete(LiveObject("1", KEY, {})), "/api/v1/datasets/project1/collateral"),
        (STREAM.delete(LiveObject("1", STREAM_KEY, {})), "/api/v1/datasets/project1/collateral/streams/dispute"),
    ],
)
def test_deleting_is_one_call_on_the_name(calls: tuple[Call, ...], path: str) -> None:
    (call,) = calls
    assert (call.method, call.target, call.body, call.effect) == ("DELETE", path, None, Effect.DELETE)
    assert call.repeat is Repeat.SAFE


def test_names_are_encoded_in_paths() -> None:
    (call,) = STREAM.delete(LiveObject("1", ("a.b", "c d", "e/f%2F?#"), {}))
    assert call.target == "/api/v1/datasets/a.b/c%20d/streams/e%2Ff%252F%3F%23"


@pytest.mark.parametrize(
    ("spec", "body"),
    [
        ({}, {}),
        ({"title": "T", "description": ""}, {"title": "T", "description": ""}),
        ({"model": None}, {"model": None}),
        ({"model": {"version": 8}}, {"model": {"version": 8}}),
        ({"model": {"version": 8, "labelThresholds": {}}}, {"model": {"version": 8}}),
        (
            {"model": {"version": 0, "labelThresholds": {"B": 1, "A > b  c": 0.5}}},
            {
                "model": {
                    "version": 0,
                    "label_thresholds": [{"name": ["A", "b  c"], "threshold": 0.5}, {"name": ["B"], "threshold": 1}],
                }
            },
        ),
        ({"commentFilter": None}, {"comment_filter": {}}),
        (
            {
                "commentFilter": {
                    "timestamp": {"minimum": "2024-01-01T01:00:00+01:00", "maximum": "2024-02-01t00:00:01z"}
                }
            },
            {"comment_filter": {"timestamp": {"minimum": "2024-01-01T00:00:00Z", "maximum": "2024-02-01T00:00:01Z"}}},
        ),
        (
            {"commentFilter": {"userProperties": {"string:aB_c": {"notOneOf": ["b", "a", "b"]}}}},
            {"comment_filter": {"user_properties": {"string:aB_c": {"not_one_of": ["a", "b"]}}}},
        ),
        (
            {"commentFilter": {"messages": {"from": {"domainNotOneOf": ["x"]}}, "sources": ["18ba5ce699f8da1f"]}},
            {"comment_filter": {"messages": {"from": {"domain_not_one_of": ["x"]}}, "sources": ["18ba5ce699f8da1f"]}},
        ),
        (
            {"commentFilter": {"triggerExceptions": {"aB": {"c_d": 1}}, "reviewed": "only_reviewed"}},
            {"comment_filter": {"trigger_exceptions": {"aB": {"c_d": 1}}, "reviewed": "only_reviewed"}},
        ),
        (
            {"commentFilter": {"annotations": {"labels": {"nameIn": 1, "x_y": 2}}}},
            {"comment_filter": {"annotations": {"labels": {"nameIn": 1, "x_y": 2}}}},
        ),
    ],
)
def test_a_stream_is_created_by_one_put_on_the_collection(spec: dict[str, Any], body: dict[str, Any]) -> None:
    attributes = STREAM.normalise({"dataset": "collateral", **spec})
    (call,) = STREAM.create(STREAM_KEY, attributes)
    assert (call.method, call.target) == ("PUT", "/api/v1/datasets/project1/collateral/streams")
    assert call.body == {"stream": {"name": "dispute", **body}}
    assert (call.effect, call.repeat, call.settles) == (Effect.CREATE, Repeat.UNIQUE, tuple(sorted(attributes)))
    if attributes:
        (update,) = STREAM.update(LiveObject("1", STREAM_KEY, {}), attributes)
        assert (update.method, update.target) == ("POST", "/api/v1/datasets/project1/collateral/streams/dispute")
        assert update.body == {"stream": body}


def test_a_start_is_a_reset_of_its_own() -> None:
    attributes = STREAM.normalise({"dataset": "collateral", "title": "T", "startFrom": "2020-06-03T16:05:00"})
    create, reset = STREAM.create(STREAM_KEY, attributes)
    assert create.settles == ("title",)
    assert (reset.method, reset.target) == ("POST", "/api/v1/datasets/project1/collateral/streams/dispute/reset")
    assert reset.body == {"to_comment_created_at": "2020-06-03T16:05:00Z"}
    assert (reset.effect, reset.repeat, reset.settles) == (Effect.UPDATE, Repeat.SAFE, ("startFrom",))
    assert STREAM.update(LiveObject("1", STREAM_KEY, {}), {"startFrom": attributes["startFrom"]}) == (reset,)


def test_late_values_pass_through_and_keep_the_call_waiting() -> None:
    reference = Reference(Address("uipath", "Dataset", "x"))
    (call,) = DATASET.create(KEY, DATASET.normalise({"project": "project1", "title": reference}))
    assert call.late == (reference,)


@pytest.mark.parametrize(
    "text", ["", "soon", "2020-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00"]
)
def test_what_is_no_moment_is_a_wrong_value(text: str) -> None:
    with pytest.raises(ValueError, match="moment"):
        STREAM.normalise({"dataset": "collateral", "startFrom": text})


def test_a_reference_is_no_moment() -> None:
    with pytest.raises(ValueError, match="moment"):
        STREAM.normalise({"dataset": "collateral", "startFrom": Reference(Address("uipath", "Dataset", "x"))})


@pytest.mark.parametrize("name", ["collateral", "a/b/c", "/b", "a/", ""])
def test_a_dataset_outside_the_stack_is_named_with_its_project(name: str) -> None:
    with pytest.raises(ValueError, match="project/dataset"):
        STREAM.parent_key(name)


def test_natural_keys() -> None:
    assert DATASET.key("meta", {"project": "p"}, ()) == ("p", "meta")
    assert DATASET.key("meta", {"project": "p", "name": "own"}, ()) == ("p", "own")
    assert STREAM.key("meta", {"name": "own"}, KEY) == (*KEY, "own")
    assert STREAM.parent_key("p/d") == ("p", "d")
    with pytest.raises(ValueError, match="no parent"):
        DATASET.parent_key("p")


def test_reading_asks_once_and_takes_a_missing_object_as_absent() -> None:
    assert drive(DATASET.reading(KEY), MISSING) is None
    assert drive(STREAM.reading(STREAM_KEY), MISSING) is None
    assert next(DATASET.reading(KEY)).target == "/api/v1/datasets/project1/collateral"
    assert next(STREAM.reading(STREAM_KEY)).target == "/api/v1/datasets/project1/collateral/streams/dispute"
    assert next(DATASET.listing(())).target == "/api/v1/datasets"
    assert next(STREAM.listing(KEY)).target == "/api/v1/datasets/project1/collateral/streams"
    assert drive(STREAM.listing(KEY), MISSING).exists is False


def test_what_a_manifest_says_of_a_live_object() -> None:
    nothing: dict[str, Any] = {"title": None, "description": None, "sourceIds": []}
    assert DATASET.manifest(LiveObject("d1", KEY, nothing)) == {
        "project": "project1",
        "name": "collateral",
        "sourceIds": [],
    }
    empty: dict[str, Any] = {"title": None, "model.version": None, "model.labelThresholds": {}, "commentFilter": {}}
    assert STREAM.manifest(LiveObject("s1", STREAM_KEY, empty)) == {"name": "dispute"}


def test_a_tag_is_looked_up_only_where_one_is_declared() -> None:
    by_version = STREAM.normalise({"dataset": "c", "model": {"version": 8}})
    assert STREAM.lookups(by_version, STREAM_KEY) is None
    assert DATASET.lookups({}, KEY) is None
    by_tag = STREAM.normalise({"dataset": "c", "title": "T", "model": {"tag": "live", "labelThresholds": {"A": 1}}})
    flow = STREAM.lookups(by_tag, STREAM_KEY)
    assert flow is not None
    found = drive(flow, ok(model_tags=[{"name": "live", "version": 9}, {"name": "old", "version": 1}]))
    assert found.attributes == {"title": "T", "model.version": 9, "model.labelThresholds": {"A": 1}}
    assert found.note == "model tag live is version 9"
    again = STREAM.lookups(by_tag, STREAM_KEY)
    assert again is not None
    with pytest.raises(LookupError, match=r"no model tag 'live' \(it has: none\)"):
        drive(again, ok(model_tags=[]))


def test_answers_to_writes() -> None:
    live = STREAM.answered(STREAM_KEY, ok(stream={"id": "s1", "name": "dispute", "title": "T"}))
    assert live == LiveObject("s1", STREAM_KEY, {"title": "T"})
    for answer in (
        ok(),
        ok(sequence_id="x"),
        Response(200, body=[]),
        Response(200),
        ok(stream=None),
        ok(stream={"name": "x"}),
    ):
        assert STREAM.answered(STREAM_KEY, answer) is None
        assert DATASET.answered(KEY, answer) is None
