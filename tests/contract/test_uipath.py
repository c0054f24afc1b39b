"""The emulator against specs/uipath.openapi.yaml: a tour through every operation, and both readings of strictness."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import Options, PutExisting
from dsops.emulator.uipath import OPERATIONS
from tests.contract.openapi import UIPATH, check_soundness, count_valid_examples, variants
from tests.unit.emulator.client import DATASET, STREAMS, Client

STREAM = f"{STREAMS}/dispute"
SOURCE = "/api/v1/sources/project1/mail"
TAG = "/api/_private/datasets/project1/collateral/model-tags/live"
ENCODED = "/api/v1/datasets/project1%2Fcollateral"
FULL_STREAM = {
    "name": "dispute",
    "title": "Disputes",
    "description": "D",
    "model": {"version": 8, "label_thresholds": [{"name": ["Parent", "Child"], "threshold": 0.41}]},
    "comment_filter": {
        "user_properties": {"string:Country": {"one_of": ["uk"]}, "number:Spend": {"minimum": 100, "maximum": 1e5}},
        "timestamp": {"minimum": "2020-01-01"},
        "reviewed": "only_unreviewed",
        "sources": ["18ba5ce699f8da1f"],
        "messages": {"to": {"not_one_of": ["a@example.com"]}},
        "annotations": {"labels": {}},
    },
}
FULL_DATASET = {
    "title": "Collateral",
    "description": "D",
    "source_ids": ["18ba5ce699f8da1f"],
    "model_family": "transformer-xlm",
    "has_sentiment": False,
}
FULL_COMMENT = {
    "id": "abcdef0123456789",
    "timestamp": "2024-01-01T09:00:00+01:00",
    "thread_id": "t",
    "user_properties": {"string:Country": "uk", "number:Spend": 250.5},
    "attachments": [{"name": "a.pdf"}],
    "messages": [
        {
            "from": "a@example.com",
            "to": ["b@example.com"],
            "cc": [],
            "bcc": [],
            "sent_at": "2024-01-01",
            "subject": {"text": "Dispute"},
            "body": {"text": "I dispute this invoice."},
            "signature": {"text": "A"},
        }
    ],
}
FULL_EXPORT = {
    "source_ids": ["18ba5ce699f8da1f"],
    "order_by": "created_at",
    "from": "2020-01-01",
    "to": "2100-01-01T00:00:00Z",
    "limit": 1,
}


def fill(client: Client) -> tuple[str, str]:
    """Bring two comments into the stream, and give the uid of one and the sequence id of their batch."""
    source = client.good("GET", SOURCE)["source"]["id"]
    client.good("POST", DATASET, {"dataset": {"source_ids": [source]}})
    plain = {"id": "b", "timestamp": "2024-01-02", "messages": [{"body": {"text": ""}}]}
    client.good("POST", f"{SOURCE}/sync", {"comments": [FULL_COMMENT, plain]})
    batch = client.good("POST", f"{STREAM}/fetch", {"size": 2})
    assert len(batch["results"]) == 2
    return batch["results"][0]["comment"]["uid"], batch["sequence_id"]


def tour(client: Client) -> Iterator[tuple[str, str, Any]]:
    """Every operation, well done; what needs an id reads it on the way."""
    yield "PUT", ENCODED, {"dataset": FULL_DATASET}
    yield "PUT", "/api/v1/datasets/project2/plain", {"dataset": {}}
    by_id = f"/api/v1/datasets/id:{client.good('GET', DATASET)['dataset']['id']}"
    yield from (("GET", path, None) for path in ("/api/v1/datasets", "/api/v1/datasets/project1", by_id, DATASET))
    yield "POST", DATASET, {"dataset": {"title": "Other", "description": "", "source_ids": []}}
    yield "POST", by_id, {"dataset": {}}
    yield "PUT", TAG, {"version": 8}
    yield "GET", f"{DATASET}/model-tags", None
    yield "DELETE", TAG, None
    yield "PUT", STREAMS, {"stream": FULL_STREAM}
    yield "PUT", f"{ENCODED}/streams", {"stream": {"name": "plain"}}
    yield "PUT", STREAMS, {"stream": {"name": "empty", "model": {"version": 1, "label_thresholds": []}}}
    yield "GET", STREAMS, None
    yield "GET", STREAM, None
    yield "POST", STREAM, {"stream": {"model": None, "comment_filter": {}}}
    yield "PUT", SOURCE, {"source": {"title": "Mail", "description": "D", "language": "de", "should_translate": True}}
    yield from (("GET", path, None) for path in ("/api/v1/sources", "/api/v1/sources/project1", SOURCE))
    yield "POST", f"{SOURCE}/sync", {"comments": []}
    uid, sequence_id = fill(client)
    yield "POST", f"{SOURCE}/sync", {"comments": [FULL_COMMENT]}
    yield "POST", f"{STREAM}/fetch", {"size": 1024, "max_filtered": 1024}
    yield "POST", f"{STREAMS}/empty/fetch", {"size": 1}
    yield "PUT", f"{STREAM}/exceptions", {"exceptions": [{"uid": uid, "metadata": {"type": "Wrong"}}]}
    yield "POST", f"{DATASET}/export", {}
    yield "POST", f"{DATASET}/export", {"limit": 1}
    continuation = client.good("POST", f"{DATASET}/export", {"limit": 1})["continuation"]
    yield "POST", f"{DATASET}/export", {"limit": 256, "continuation": continuation}
    yield "POST", f"{DATASET}/export", FULL_EXPORT
    yield "POST", f"{DATASET}/export", {"comment_uids": [uid]}
    yield "DELETE", f"{STREAM}/exceptions?uid={uid}&uid={uid}", None
    yield "POST", f"{STREAM}/advance", {"sequence_id": sequence_id}
    yield "POST", f"{STREAM}/reset", {"to_comment_created_at": "2020-06-03T16:05:00"}
    yield "DELETE", STREAM, None
    yield "DELETE", DATASET, None
    yield "DELETE", f"/api/v1/datasets/id:{client.good('GET', '/api/v1/datasets')['datasets'][0]['id']}", None


def hold(client: Client, method: str, path: str, body: Any, **options: Any) -> int:
    """Make a call, hold its answer against the description, and return its status."""
    response = client.call(method, path, body, **options)
    assert response.headers["content-type"] == "application/json"
    assert UIPATH.answer_problems(method, path, response.status_code, response.json()) == []
    return response.status_code


def test_the_description_is_sound() -> None:
    check_soundness(UIPATH)


def test_every_example_in_the_description_is_valid() -> None:
    values = {"project": "p", "dataset": "d", "stream": "s", "tag": "t", "id": "0123456789abcdef", "source": "m"}
    assert count_valid_examples(UIPATH, values) >= 5


def test_the_emulator_serves_what_is_described_and_nothing_else() -> None:
    served = {(operation.method, operation.path): list(operation.permissions) for operation in OPERATIONS}
    assert served == {key: operation["x-permissions"] for key, operation in UIPATH.operations.items()}


@pytest.mark.parametrize("options", [Options(), Options(echo_thresholds=False, put_existing=PutExisting.UPSERT)])
def test_a_tour_through_every_operation_keeps_to_the_description(options: Options) -> None:
    client = Client(options)
    seen = set()
    for method, path, body in tour(client):
        assert UIPATH.request_problems(method, path, body) == []
        assert hold(client, method, path, body) == 200, (method, path)
        seen.add(UIPATH.find(method, path)[:2])
    assert seen == set(UIPATH.operations)


def test_every_refusal_keeps_to_the_description(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"nobody": {"permissions": []}}))
    client = Client(Options(tokens=tokens))
    for method, path in UIPATH.operations:
        concrete = path.format(project="p", dataset="d", stream="s", tag="t", id="0123456789abcdef", source="m")
        described = UIPATH.operations[method, path]["responses"]
        assert hold(client, method, concrete, {}, token=None) == 401
        assert hold(client, method, concrete, {}, token="nobody") == 403
        if "requestBody" in UIPATH.operations[method, path]:
            assert hold(client, method, concrete, {"unknown": 1}) == 400
        elif "parameters" in UIPATH.operations[method, path]:
            assert hold(client, method, concrete, None) == 400
        elif "404" in described:
            assert hold(client, method, concrete, None) == 404
    client.with_stream()
    assert hold(client, "PUT", DATASET, {"dataset": {}}) == 409
    assert hold(client, "PUT", STREAMS, {"stream": {"name": "dispute"}}) == 409
    assert hold(client, "POST", STREAM, {"stream": {"name": "other"}}) == 422
    assert hold(client, "POST", f"{STREAMS}/missing", {"stream": {}}) == 404
    client.good("PUT", SOURCE, {"source": {}})
    assert hold(client, "PUT", SOURCE, {"source": {}}) == 409
    assert hold(client, "POST", f"{SOURCE}x/sync", {"comments": []}) == 404
    for path, body in (
        ("fetch", {"size": 1}),
        ("advance", {"sequence_id": ""}),
        ("reset", {"to_comment_created_at": "2020-01-01"}),
    ):
        assert hold(client, "POST", f"{STREAMS}/missing/{path}", body) == 404
    assert hold(client, "POST", "/api/v1/datasets/project1/missing/export", {}) == 404
    uid = "18ba5ce699f8da1f.a"
    exceptions = {"exceptions": [{"uid": uid, "metadata": {"type": "t"}}]}
    for stream, status in ((STREAM, 422), (f"{STREAMS}/missing", 404)):
        assert hold(client, "PUT", f"{stream}/exceptions", exceptions) == status
        assert hold(client, "DELETE", f"{stream}/exceptions?uid={uid}", None) == status


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", DATASET, {"dataset": FULL_DATASET}),
        ("POST", DATASET, {"dataset": {"title": "x", "source_ids": ["18ba5ce699f8da1f"]}}),
        ("PUT", STREAMS, {"stream": FULL_STREAM}),
        ("POST", STREAM, {"stream": FULL_STREAM}),
        ("PUT", TAG, {"version": 3}),
        ("POST", f"{STREAM}/reset", {"to_comment_created_at": "2020-06-03T16:05:00Z"}),
        ("POST", f"{STREAM}/fetch", {"size": 8, "max_filtered": 4}),
        ("PUT", f"{STREAM}/exceptions", {"exceptions": []}),
        ("PUT", f"{STREAM}/exceptions", {"exceptions": [{"uid": "18ba5ce699f8da1f.a", "metadata": {"type": "t"}}]}),
        ("POST", f"{DATASET}/export", FULL_EXPORT),
        ("POST", f"{DATASET}/export", {"comment_uids": ["18ba5ce699f8da1f.a"]}),
        ("PUT", SOURCE, {"source": {"title": "Mail", "description": "D", "language": "de", "should_translate": True}}),
        ("POST", f"{SOURCE}/sync", {"comments": [FULL_COMMENT]}),
    ],
)
def test_the_emulator_and_the_description_agree_on_what_is_valid(method: str, path: str, body: Any) -> None:
    client = Client(Options(put_existing=PutExisting.UPSERT)).with_stream()
    client.good("PUT", SOURCE, {"source": {}})
    told = {True: 0, False: 0}
    for variant in (body, *variants(body)):
        described = UIPATH.request_problems(method, path, variant) == []
        status = hold(client, method, path, variant)
        assert (status != 400) == described, (variant, status)
        told[described] += 1
    assert told[True]
    assert told[False]
