from email.utils import parsedate_to_datetime

import pytest

from dsops.emulator import Limit, Options
from dsops.emulator.limiting import LimitedSchedule
from tests.unit.emulator.client import Client


def never() -> None:
    raise AssertionError("nobody looks back")


def test_the_bucket_refills_up_to_its_burst() -> None:
    now = 0.0
    schedule = LimitedSchedule((), never, Limit(rate=4, burst=2), lambda: now)  # type: ignore[arg-type]

    def refused(times: int) -> list[bool]:
        return [bool(schedule.due("GET", "/x")) for _ in range(times)]

    assert refused(3) == [False, False, True]
    now = 0.25
    assert refused(2) == [False, True]
    now = 100.0
    assert refused(4) == [False, False, True, True]


@pytest.mark.parametrize("says", ["seconds", "date", "none"])
def test_a_refusal_says_when_to_come_back(says: str) -> None:
    client = Client(Options(limit=Limit(rate=0.001, burst=1, retry_after=says)))
    assert client.call("GET", "/api/v1/datasets").status_code == 200
    answer = client.call("GET", "/api/v1/datasets")
    assert answer.status_code == 429
    stated = answer.headers.get("retry-after")
    match says:
        case "seconds":
            assert stated is not None
            assert 1 <= int(stated) <= 1000
        case "date":
            assert parsedate_to_datetime(stated).tzinfo is not None
        case _:
            assert stated is None
    assert [each.status for each in client.app.state.requests] == [200, 429]


def test_its_own_routes_are_not_limited() -> None:
    client = Client(Options(limit=Limit(rate=0.001, burst=1)))
    assert [client.call("GET", "/_emulator/held").status_code for _ in range(3)] == [200, 200, 200]
