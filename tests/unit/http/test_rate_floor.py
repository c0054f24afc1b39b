"""A provider that refuses again and again, and accepts nothing in between, is asked seldom, but asked."""

from dsops.http.rate import Rate

LEAST_PACE = 1 / 30


def test_refusal_after_refusal_the_gap_stays_bounded() -> None:
    rate, now = Rate(), 0.0
    for _ in range(20):
        now = max(now, rate.due)
        rate.refuse(rate.leave(now), now + 0.01, pause=9.0)
        assert rate.due - now <= 2 / LEAST_PACE + 9.1  # its own gap, and that after the refusal


def test_from_the_lowest_pace_it_finds_its_way_up_again() -> None:
    rate, now = Rate(), 0.0
    for _ in range(20):
        now = max(now, rate.due)
        rate.refuse(rate.leave(now), now + 0.01)
    lowest = rate.pace
    for _ in range(40):
        now = max(now, rate.due)
        rate.accept(rate.leave(now), now + 0.01)
    assert rate.pace > 2 * lowest
