"""A provider that refuses again and again, and accepts nothing in between, is asked seldom, but asked."""

from dsops.http.rate import Rate

LONGEST = 30.0


def test_refusal_after_refusal_the_gap_stays_bounded() -> None:
    rate, now = Rate(), 0.0
    for _ in range(20):
        now = max(now, rate.due)
        rate.refuse(rate.leave(now), now + 0.01, pause=9.0)
        assert rate.due - now <= LONGEST + 9.1


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
