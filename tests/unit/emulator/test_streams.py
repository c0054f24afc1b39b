import base64
from typing import Any

import pytest

from dsops.emulator import Options, PutExisting
from tests.unit.emulator.client import DATASET, STREAMS, Client

STREAM = f"{STREAMS}/dispute"
MODEL = {"version": 8, "label_thresholds": [{"name": ["Parent", "Child"], "threshold": 0.41}]}
FILTER = {
    "user_properties": {"string:Country": {"one_of": ["uk", "de"]}, "number:Spend": {"minimum": 100, "maximum": 1e5}},
    "timestamp": {"minimum": "2020-01-01T00:00:00Z"},
    "reviewed": "only_reviewed",
    "sources": ["18ba5ce699f8da1f"],
    "messages": {"from": {"domain_one_of": ["example.com"]}},
}


def test_a_new_stream_has_defaults_and_echoes_none(client: Client) -> None:
    stream = client.with_stream().good("GET", STREAM)["stream"]
    assert stream.pop("created_at") == stream.pop("updated_at")
    assert stream.pop("dataset_id") == client.good("GET", DATASET)["dataset"]["id"]
    assert len(stream.pop("id")) == 16
    plain = {"name": "dispute", "title": "", "description": "", "context": "0"}
    assert stream == {**plain, "model": None, "comment_filter": {}}


def test_a_full_stream_is_echoed_alike_by_every_answer(client: Client) -> None:
    client.with_dataset()
    body = {"name": "dispute", "title": "T", "description": "D", "model": MODEL, "comment_filter": FILTER}
    made = client.good("PUT", STREAMS, {"stream": body})["stream"]
    assert body.items() <= made.items()
    assert client.good("GET", STREAM)["stream"] == made
    assert client.good("GET", STREAMS)["streams"] == [made]
    assert client.good("POST", STREAM, {"stream": {}})["stream"] == made | {
        "updated_at": client.good("GET", STREAM)["stream"]["updated_at"]
    }


def test_without_echo_answers_are_as_the_documented_samples() -> None:
    client = Client(Options(echo_thresholds=False)).with_stream(model=MODEL, comment_filter=FILTER)
    client.good("PUT", STREAMS, {"stream": {"name": "plain"}})
    dispute, plain = client.good("GET", STREAMS)["streams"]
    reset = client.good("POST", f"{STREAM}/reset", {"to_comment_created_at": "2020-06-03"})["stream"]
    for stream in (dispute, client.good("GET", STREAM)["stream"], reset):
        assert stream["model"] == {"version": 8}
        assert "comment_filter" not in stream
    assert not {"model", "comment_filter"} & set(plain)


def test_empty_thresholds_are_none(client: Client) -> None:
    client.with_stream(model={"version": 8, "label_thresholds": []})
    assert client.good("GET", STREAM)["stream"]["model"] == {"version": 8, "label_thresholds": []}
    client.good("POST", STREAM, {"stream": {"model": {"version": 9}}})
    assert client.good("GET", STREAM)["stream"]["model"] == {"version": 9, "label_thresholds": []}


def test_thresholds_are_a_set(client: Client) -> None:
    names = (["b"], ["a", "z"], ["a"])
    client.with_stream(model={"version": 1, "label_thresholds": [{"name": n, "threshold": 0.5} for n in names]})
    shown = client.good("GET", STREAM)["stream"]["model"]["label_thresholds"]
    assert [threshold["name"] for threshold in shown] == [["a"], ["a", "z"], ["b"]]


def test_an_update_replaces_model_and_filter_whole_and_leaves_the_rest(client: Client) -> None:
    client.with_stream(title="T", model=MODEL, comment_filter=FILTER)
    before = client.good("GET", STREAM)["stream"]
    model = {"version": 9, "label_thresholds": []}
    after = client.good("POST", STREAM, {"stream": {"model": model, "name": "dispute"}})["stream"]
    assert after["updated_at"] > before["updated_at"]
    assert after == before | {"model": model, "updated_at": after["updated_at"]}
    cleared = client.good("POST", STREAM, {"stream": {"model": None, "comment_filter": {}}})["stream"]
    assert (cleared["model"], cleared["comment_filter"], cleared["title"]) == (None, {}, "T")
    assert client.good("GET", STREAMS)["streams"] == [cleared]


def test_a_stream_is_not_renamed(client: Client) -> None:
    client.with_stream()
    assert "renamed" in client.refused(422, "POST", STREAM, {"stream": {"name": "other"}})


def test_a_taken_name_is_a_conflict_or_replaced() -> None:
    client = Client().with_stream(title="first")
    assert "dispute" in client.refused(409, "PUT", STREAMS, {"stream": {"name": "dispute"}})
    client = Client(Options(put_existing=PutExisting.UPSERT)).with_stream(title="first")
    before = client.good("GET", STREAM)["stream"]
    after = client.good("PUT", STREAMS, {"stream": {"name": "dispute", "description": "D"}})["stream"]
    assert after == before | {"title": "", "description": "D", "updated_at": after["updated_at"]}


def test_streams_need_their_dataset_and_go_one_by_one(client: Client) -> None:
    assert "project1/collateral" in client.refused(404, "PUT", STREAMS, {"stream": {"name": "dispute"}})
    client.with_stream()
    client.good("PUT", STREAMS, {"stream": {"name": "a"}})
    assert client.good("DELETE", STREAM) == {"status": "ok"}
    for method, body in (("GET", None), ("DELETE", None), ("POST", {"stream": {}})):
        assert "dispute" in client.refused(404, method, STREAM, body)
    assert [stream["name"] for stream in client.good("GET", STREAMS)["streams"]] == ["a"]


@pytest.mark.parametrize("instant", ["2020-06-03T16:05:00", "2020-06-03T16:05:00Z", "2020-06-03T18:05:00.000+02:00"])
def test_a_reset_answers_the_documented_sequence_id_and_changes_nothing_visible(client: Client, instant: str) -> None:
    before = client.with_stream().good("GET", STREAM)["stream"]
    answer = client.good("POST", f"{STREAM}/reset", {"to_comment_created_at": instant})
    assert answer == {"status": "ok", "sequence_id": "4LvtenIBAAA=", "stream": before}
    assert client.good("GET", STREAM)["stream"] == before


def test_a_reset_before_1970_is_possible(client: Client) -> None:
    client.with_stream()
    answer = client.good("POST", f"{STREAM}/reset", {"to_comment_created_at": "1969-12-31T23:59:59Z"})
    assert int.from_bytes(base64.b64decode(answer["sequence_id"]), "little", signed=True) == -1000


@pytest.mark.parametrize("body", [{}, {"to_comment_created_at": "soon"}, {"to_comment_created_at": 5}, {"to": "x"}])
def test_a_reset_is_strict(client: Client, body: Any) -> None:
    client.with_stream()
    client.refused(400, "POST", f"{STREAM}/reset", body)
    client.refused(404, "POST", f"{STREAMS}/other/reset", {"to_comment_created_at": "2020-06-03"})


def threshold(**fields: Any) -> dict[str, Any]:
    return {"model": {"version": 1, "label_thresholds": [{"name": ["a"], "threshold": 0.5} | fields]}}


def properties(**conditions: Any) -> dict[str, Any]:
    return {"comment_filter": {"user_properties": conditions}}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": None}, "stream.name"),
        ({"name": "a.b"}, "stream.name"),
        ({"name": ""}, "stream.name"),
        ({"titel": "x"}, "'titel'"),
        ({"title": "x" * 129}, "stream.title"),
        ({"model": {}}, "'version'"),
        ({"model": {"version": "8"}}, "model.version"),
        ({"model": {"version": 8.0}}, "model.version"),
        ({"model": {"version": True}}, "model.version"),
        ({"model": {"version": -1}}, "model.version"),
        ({"model": {"version": 1, "tag": "live"}}, "'tag'"),
        ({"model": {"version": 1, "label_thresholds": None}}, "label_thresholds"),
        (threshold(threshold=1.01), "threshold"),
        (threshold(threshold=-0.1), "threshold"),
        (threshold(threshold="0.5"), "threshold"),
        (threshold(name="a > b"), "name"),
        (threshold(name=[]), "name"),
        (threshold(name=["x" * 65]), "name[0]"),
        (threshold(colour="red"), "'colour'"),
        ({"comment_filter": None}, "comment_filter"),
        ({"comment_filter": {"user": {}}}, "'user'"),
        ({"comment_filter": {"reviewed": True}}, "reviewed"),
        ({"comment_filter": {"sources": []}}, "sources"),
        ({"comment_filter": {"timestamp": {"minimum": "x"}}}, "timestamp.minimum"),
        (properties(Country={"one_of": ["x"]}), "'Country'"),
        (properties(**{"string:": {"one_of": ["x"]}}), "'string:'"),
        (properties(**{"string:C": {"one_of": []}}), "one_of"),
        (properties(**{"string:C": {"one_of": ["x", "x"]}}), "twice"),
        (properties(**{"string:C": {"one_of": [1]}}), "one_of[0]"),
        (properties(**{"string:C": {"minimum": 1}}), "'minimum'"),
        (properties(**{"number:S": {"one_of": ["1"]}}), "one_of[0]"),
        (properties(**{"number:S": {"one_of": [1, 1.0]}}), "twice"),
        (properties(**{"number:S": {"minimum": "1"}}), "minimum"),
    ],
)
def test_a_stream_is_strict(client: Client, fields: dict[str, Any], place: str) -> None:
    client.with_dataset()
    assert place in client.refused(400, "PUT", STREAMS, {"stream": {"name": "dispute"} | fields})
    assert client.good("GET", STREAMS)["streams"] == []
    client.good("PUT", STREAMS, {"stream": {"name": "dispute"}})
    assert place in client.refused(400, "POST", STREAM, {"stream": fields})
