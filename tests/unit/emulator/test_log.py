import logging
from datetime import datetime

import pytest

from dsops.emulator import Options
from tests.unit.emulator.client import DATASET, STREAMS, Client


def test_the_log_tells_what_came_and_what_became_of_it(client: Client) -> None:
    client.call("PUT", "/api/v1/datasets/project1%2Fcollateral?x=%20y", {"dataset": {"title": "T"}})
    client.call("GET", DATASET)
    client.call("POST", DATASET, {"dataset": {"titel": "T"}})
    client.call("DELETE", DATASET, token="wrong")
    client.call("PUT", DATASET, content=b"not json \xff")
    body = {"dataset": {"title": "T"}}
    shared = {"query": "", "dropped": False, "committed": False}
    assert client.good("GET", "/_emulator/requests")["requests"] == [
        shared
        | {"method": "PUT", "path": "/api/v1/datasets/project1%2Fcollateral", "query": "x=%20y"}
        | {"body": body, "status": 200, "committed": True},
        shared | {"method": "GET", "path": DATASET, "body": None, "status": 200},
        shared | {"method": "POST", "path": DATASET, "body": {"dataset": {"titel": "T"}}, "status": 400},
        shared | {"method": "DELETE", "path": DATASET, "body": None, "status": 401},
        shared | {"method": "PUT", "path": DATASET, "body": "not json \ufffd", "status": 400},
    ]
    assert client.app.state.requests[0].json == body
    client.good("DELETE", "/_emulator/requests")
    assert client.good("GET", "/_emulator/requests")["requests"] == []


def test_the_log_never_holds_a_token(client: Client) -> None:
    client.call("GET", DATASET, token="very-secret")
    assert "very-secret" not in client.call("GET", "/_emulator/requests").text
    assert "very-secret" not in repr(client.app.state.requests)


def test_long_bodies_are_cut(client: Client) -> None:
    client.call("PUT", DATASET, {"dataset": {"description": "x" * 100_000}})
    assert len(client.good("GET", "/_emulator/requests")["requests"][0]["body"]) == 64 * 1024


def test_an_unknown_control_is_missing_and_not_logged(client: Client) -> None:
    assert client.call("GET", "/_emulator/unknown").status_code == 404
    assert not client.app.state.requests


def test_a_bug_is_a_500_with_an_envelope_and_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> datetime:
        raise ZeroDivisionError

    client = Client(Options(clock=broken))
    with caplog.at_level(logging.ERROR):
        message = client.refused(500, "PUT", DATASET, {"dataset": {}})
    assert "stderr" in message
    assert caplog.records[0].exc_info is not None
    assert "ZeroDivisionError" in caplog.text
    assert client.good("GET", "/api/v1/datasets")["datasets"] == []
    assert client.app.state.requests[0].status == 500


def test_reset_brings_back_the_start(client: Client) -> None:
    first = client.with_stream().good("GET", DATASET)["dataset"]["id"]
    client.good("GET", STREAMS)
    client.good("POST", "/_emulator/reset")
    assert client.good("GET", "/api/v1/datasets")["datasets"] == []
    client.refused(404, "GET", STREAMS)
    client.with_dataset()
    assert client.good("GET", DATASET)["dataset"]["id"] == first
    assert client.good("GET", STREAMS)["streams"] == []
