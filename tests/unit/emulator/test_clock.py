from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dsops.emulator import Options
from tests.unit.emulator.client import DATASET, STREAMS, Client

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def clock(client: Client, **body: Any) -> dict[str, Any]:
    response = client.call("POST", "/_emulator/clock", body) if body else client.call("GET", "/_emulator/clock")
    assert response.status_code == 200
    shown: dict[str, Any] = response.json()
    return shown


def test_a_clock_runs_until_it_is_set_and_then_stands() -> None:
    client = Client(Options(clock=lambda: NOW))
    assert clock(client) == {"now": "2026-01-02T03:04:05Z", "running": True}
    assert clock(client, now="2024-05-01T10:00:00+02:00") == {"now": "2024-05-01T08:00:00Z", "running": False}
    assert clock(client, advance=1.5) == {"now": "2024-05-01T08:00:01.500000Z", "running": False}
    assert clock(client, now=None) == {"now": "2026-01-02T03:04:05Z", "running": True}
    assert clock(client, advance=60) == {"now": "2026-01-02T03:05:05Z", "running": True}
    assert clock(client, advance=60) == {"now": "2026-01-02T03:06:05Z", "running": True}


def test_what_is_written_has_the_time_of_the_clock(client: Client) -> None:
    clock(client, now="2024-05-01T08:00:00Z")
    client.with_stream()
    clock(client, advance=3600)
    client.good("POST", DATASET, {"dataset": {"title": "T"}})
    client.good("POST", f"{STREAMS}/dispute", {"stream": {"title": "T"}})
    dataset, stream = client.good("GET", DATASET)["dataset"], client.good("GET", f"{STREAMS}/dispute")["stream"]
    begin, end = "2024-05-01T08:00:00.000000Z", "2024-05-01T09:00:00.000000Z"
    assert (dataset["created"], dataset["last_modified"]) == (begin, end)
    assert (stream["created_at"], stream["updated_at"]) == (begin, end)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "either"),
        ({"now": None, "advance": 1}, "either"),
        ({"now": "soon"}, "body.now"),
        ({"advance": -1}, "body.advance"),
        ({"advance": 1e300}, "9000"),
        ({"advance": 1e12}, "9000"),
        ({"tick": 1}, "'tick'"),
    ],
)
def test_a_wrong_time_changes_nothing(body: dict[str, Any], place: str) -> None:
    client = Client(Options(clock=lambda: NOW))
    response = client.call("POST", "/_emulator/clock", body)
    assert response.status_code == 400
    assert place in response.json()["message"]
    assert clock(client)["now"] == "2026-01-02T03:04:05Z"


def test_the_year_one_is_a_time_like_any_other(client: Client) -> None:
    client.with_stream()
    reset = f"{STREAMS}/dispute/reset"
    client.good("POST", reset, {"to_comment_created_at": "0001-01-01T00:00:00Z"})
    client.refused(400, "POST", reset, {"to_comment_created_at": "0001-01-01T00:00:00+14:00"})
    clock(client, now="0001-01-01")
    assert client.good("POST", DATASET, {"dataset": {}})["dataset"]["last_modified"] == "0001-01-01T00:00:00.000000Z"


def test_a_reset_of_the_data_leaves_the_clock(client: Client) -> None:
    clock(client, now="2024-05-01T08:00:00Z")
    client.good("POST", "/_emulator/reset")
    assert clock(client)["running"] is False


def test_the_third_post_commits_and_drops(client: Client) -> None:
    client.with_stream()
    client.faults({"match": {"method": "POST"}, "skip": 2, "fault": "drop_after"})
    for title in ("one", "two"):
        client.good("POST", DATASET, {"dataset": {"title": title}})
    with pytest.raises(httpx.ReadError):
        client.call("POST", DATASET, {"dataset": {"title": "three"}})
    assert client.good("GET", DATASET)["dataset"]["title"] == "three"
    client.good("POST", DATASET, {"dataset": {"title": "four"}})
