import asyncio
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from dsops.emulator import Options
from tests.unit.emulator.client import DATASET, STREAMS, Client

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PUT = {"match": {"method": "PUT", "path": "/streams$"}}


def put(client: Client, name: str) -> httpx.Response:
    return client.call("PUT", STREAMS, {"stream": {"name": name}})


def names(client: Client) -> list[str]:
    return [stream["name"] for stream in client.good("GET", STREAMS)["streams"]]


def test_a_rule_skips_acts_and_rests(client: Client) -> None:
    client.with_dataset()
    client.faults(PUT | {"skip": 1, "times": 2, "fault": "error_before"})
    assert [put(client, name).status_code for name in "abcd"] == [200, 503, 503, 200]
    assert names(client) == ["a", "d"]


def test_a_rule_without_an_end_lasts_until_cleared(client: Client) -> None:
    client.with_dataset()
    client.faults(PUT | {"times": None, "fault": "error_before", "status": 500})
    assert [put(client, name).status_code for name in "abc"] == [500, 500, 500]
    client.good("DELETE", "/_emulator/faults")
    assert put(client, "d").status_code == 200


def test_an_error_after_leaves_the_write_done(client: Client) -> None:
    client.with_dataset()
    client.faults(PUT | {"fault": "error_after", "status": 502})
    response = put(client, "a")
    assert (response.status_code, response.json()["status"]) == (502, "error")
    assert names(client) == ["a"]
    assert client.app.state.requests[-2].committed


@pytest.mark.parametrize(("fault", "left"), [("drop_before", []), ("drop_after", ["a"])])
def test_a_dropped_connection_is_a_transport_error(client: Client, fault: str, left: list[str]) -> None:
    client.with_dataset()
    client.faults(PUT | {"fault": fault})
    with pytest.raises(httpx.ReadError):
        put(client, "a")
    entry = client.app.state.requests[-1]
    assert (entry.status, entry.dropped, entry.committed) == (None, True, bool(left))
    assert names(client) == left


def test_a_rate_limit_says_when_to_come_back() -> None:
    rules = (
        {"fault": "rate_limit", "retry_after": 7},
        {"fault": "rate_limit", "retry_after": 7, "retry_after_as": "date"},
    )
    client = Client(Options(clock=lambda: NOW, faults=({"fault": "rate_limit", "retry_after": None}, *rules)))
    none = client.call("GET", "/api/v1/datasets")
    assert none.status_code == 429
    assert "retry-after" not in none.headers
    # All three rules were due at once, and the first ended the request.
    assert client.call("GET", "/api/v1/datasets").status_code == 200
    for rule, expected in zip(rules, ("7", "Fri, 02 Jan 2026 03:04:12 GMT"), strict=True):
        client.faults(rule)
        response = client.call("GET", "/api/v1/datasets")
        assert (response.status_code, response.headers["retry-after"]) == (429, expected)
    assert parsedate_to_datetime(expected) > NOW


def test_latencies_add_up(client: Client) -> None:
    client.faults({"fault": "latency", "seconds": 0.02}, {"fault": "latency_after", "seconds": 0.03})
    start = time.monotonic()
    client.good("GET", "/api/v1/datasets")
    assert time.monotonic() - start >= 0.05


def test_a_client_that_gave_up_does_not_stop_the_commit(client: Client) -> None:
    client.with_dataset()
    client.faults(PUT | {"fault": "hold", "at": "before"})

    async def scenario() -> None:
        async with client.http() as http:
            asking = asyncio.create_task(http.put(STREAMS, json={"stream": {"name": "a"}}))
            await held(http)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert (await http.get(STREAMS)).json()["streams"] == []
            assert (await http.post("/_emulator/release")).json() == {"released": 1}
            assert len((await http.get(STREAMS)).json()["streams"]) == 1
            assert (await http.get("/_emulator/held")).json() == {"held": 0, "requests": []}

    asyncio.run(scenario())


async def held(http: httpx.AsyncClient) -> dict[str, Any]:
    while True:
        answer: dict[str, Any] = (await http.get("/_emulator/held")).json()
        if answer["held"]:
            return answer
        await asyncio.sleep(0.002)


def test_a_request_held_after_its_commit_is_seen_by_others(client: Client) -> None:
    client.with_dataset()
    client.faults(PUT | {"fault": "hold", "at": "after"})

    async def scenario() -> None:
        async with client.http() as http:
            asking = asyncio.create_task(http.put(STREAMS, json={"stream": {"name": "a"}}))
            answer = await held(http)
            assert answer == {"held": 1, "requests": [{"method": "PUT", "path": STREAMS, "at": "after"}]}
            assert len((await http.get(STREAMS)).json()["streams"]) == 1
            await http.post("/_emulator/release")
            assert (await asking).status_code == 200

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, "'fault'"),
        ({"fault": "meteor"}, "drop_after"),
        ({"fault": "latency", "second": 1}, "'second'"),
        ({"fault": "latency", "at": "after"}, "rule.at"),
        ({"fault": "hold", "times": 0}, "rule.times"),
        ({"fault": "hold", "skip": -1}, "rule.skip"),
        ({"fault": "error_before", "status": 200}, "rule.status"),
        ({"fault": "hold", "match": {"path": "("}}, "regular expression"),
    ],
)
def test_a_wrong_rule_is_refused_with_all_its_company(client: Client, rule: dict[str, Any], place: str) -> None:
    response = client.call("POST", "/_emulator/faults", [{"fault": "error_before"}, rule])
    assert (response.status_code, place in response.json()["message"]) == (400, True)
    client.good("GET", "/api/v1/datasets")


def test_faults_meet_every_path_and_the_control_none(client: Client) -> None:
    client.faults({"fault": "error_before", "times": None, "status": 500})
    client.refused(500, "GET", "/nowhere")
    client.refused(500, "GET", DATASET, token=None)
    assert client.call("GET", "/_emulator/held").status_code == 200


def test_a_stale_read_answers_as_things_stood_when_the_rule_was_given(client: Client) -> None:
    client.with_dataset()
    put(client, "before")
    client.faults({"match": {"path": "/streams"}, "skip": 1, "times": 2, "fault": "stale"})
    put(client, "after")
    assert names(client) == ["after", "before"]
    assert names(client) == ["before"]
    assert client.call("GET", f"{STREAMS}/after").status_code == 404
    assert names(client) == ["after", "before"]


def test_a_stale_rule_lets_writes_through_and_keeps_its_moment(client: Client) -> None:
    client.with_dataset()
    put(client, "gone")
    client.faults({"times": None, "fault": "stale"})
    assert client.call("DELETE", f"{STREAMS}/gone").status_code == 200
    assert client.app.state.requests[-1].committed
    put(client, "new")
    assert [names(client), names(client)] == [["gone"], ["gone"]]
    client.good("DELETE", "/_emulator/faults")
    assert names(client) == ["new"]


def test_only_reads_can_be_stale(client: Client) -> None:
    refused = client.call("POST", "/_emulator/faults", [{"match": {"method": "PUT"}, "fault": "stale"}])
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "rule.match.method: only a GET can be answered from the past",
    )
