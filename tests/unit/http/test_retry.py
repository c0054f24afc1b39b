import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.http.retry import LONGEST_ALL, LONGEST_PAUSE, Setback, Stop, Trouble, Wait, decide, retry_after


def most(_low: float, high: float) -> float:
    return high


def least(low: float, _high: float) -> float:
    return low


@pytest.mark.parametrize(
    ("trouble", "write", "tries"),
    [
        (Trouble.THROTTLED, False, 10),
        (Trouble.THROTTLED, True, 10),
        (Trouble.UNSENT, False, 4),
        (Trouble.UNSENT, True, 4),
        (Trouble.UNAVAILABLE, False, 6),
        (Trouble.UNAVAILABLE, True, 1),
        (Trouble.LOST, False, 4),
        (Trouble.LOST, True, 1),
        (Trouble.GARBLED, False, 3),
        (Trouble.GARBLED, True, 1),
        (Trouble.OVERSIZED, False, 1),
        (Trouble.OVERSIZED, True, 1),
        (Trouble.HOPELESS, False, 1),
        (Trouble.HOPELESS, True, 1),
    ],
)
def test_how_often_each_trouble_is_tried(trouble: Trouble, write: bool, tries: int) -> None:
    decisions = [
        decide(attempt, Setback(trouble, ""), 0, write=write, elapsed=0, uniform=most)
        for attempt in range(1, tries + 1)
    ]
    assert [isinstance(each, Wait) for each in decisions] == [True] * (tries - 1) + [False]


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (6, 16.0), (7, 30.0), (9, 30.0)]
)
def test_the_wait_doubles_up_to_a_bound(attempt: int, seconds: float) -> None:
    setback = Setback(Trouble.THROTTLED, "")
    assert decide(attempt, setback, 0, write=True, elapsed=0, uniform=most) == Wait(seconds)
    assert decide(attempt, setback, 0, write=True, elapsed=0, uniform=least) == Wait(0.0)


@pytest.mark.parametrize(("asked", "seconds"), [(0.0, 0.5), (0.1, 0.5), (2.0, 2.0), (LONGEST_PAUSE, LONGEST_PAUSE)])
def test_a_stated_wait_is_never_cut_short(asked: float, seconds: float) -> None:
    setback = Setback(Trouble.THROTTLED, "", asked)
    assert decide(1, setback, 0, write=False, elapsed=0, uniform=most) == Wait(seconds)


def test_a_stated_wait_beyond_the_bound_ends_it_and_says_so() -> None:
    stop = decide(1, Setback(Trouble.THROTTLED, "", 3600), 0, write=False, elapsed=0, uniform=most)
    assert isinstance(stop, Stop)
    assert "3600 s" in stop.why


def test_no_try_begins_after_the_total_time() -> None:
    setback = Setback(Trouble.THROTTLED, "", 100)
    assert decide(1, setback, 0, write=False, elapsed=LONGEST_ALL - 100, uniform=most) == Wait(100)
    stop = decide(1, setback, 0, write=False, elapsed=LONGEST_ALL - 99, uniform=most)
    assert isinstance(stop, Stop)
    assert "501 s" in stop.why


NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("1.5", None),
        ("٣", None),
        ("Sat, 99 Nov 2026 12:00:30 GMT", None),
        ("9" * 400, 999999999999.0),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW.timestamp()) == seconds


@given(st.integers(0, 10**6))
def test_a_date_says_as_much_as_its_seconds(seconds: int) -> None:
    date = format_datetime(NOW + dt.timedelta(seconds=seconds), usegmt=True)
    assert retry_after(date, NOW.timestamp()) == retry_after(str(seconds), NOW.timestamp()) == seconds


@given(st.text())
def test_any_header_is_read_or_ignored(value: str) -> None:
    found = retry_after(value, NOW.timestamp())
    assert found is None or found >= 0
