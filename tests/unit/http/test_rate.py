"""The learned rate against buckets of tokens, in simulated time: no clock, no chance that isn't seeded."""

import math
from itertools import product

import pytest

from dsops.http.rate import Rate
from tests.unit.http.bucket import Bucket, Run, Says

BUCKETS = [
    (rate, size, latency, says, in_flight)
    for rate, size, latency, says, in_flight in product(
        (2, 10, 50, 200), (1, 10, 100), (0.005, 0.05, 0.5), Says, (1, 8, 32)
    )
    # The others let through whatever so many in flight can ask; every fourth will do, in turn.
    if in_flight / latency > rate and (rate + size + in_flight + len(says)) % 4 == 0
]
LEARNT = 1000
"""Requests after which it is learned, with the pauses that providers ask for in between."""


@pytest.mark.parametrize(("rate", "size", "latency", "says", "in_flight"), BUCKETS)
def test_most_of_what_is_allowed_and_few_refusals(
    rate: float, size: float, latency: float, says: Says, in_flight: int
) -> None:
    seconds = 6000 / rate
    run = Run(Bucket(rate, size, says), latency, in_flight, seconds).run()
    assert run.share(seconds / 2) >= 0.9
    assert run.refusals() < 0.025
    assert run.refusals(seconds / 2) < 0.02


@pytest.mark.parametrize("says", [Says.NOTHING, Says.EXACTLY])
@pytest.mark.parametrize(("rate", "size"), [(2, 1), (2, 100), (10, 10), (50, 20), (100, 1), (200, 100)])
def test_learning_costs_little(rate: float, size: float, says: Says) -> None:
    run = Run(Bucket(rate, size, says), latency=0.01, seconds=4000 / rate).run()
    assert run.share() >= 0.9
    assert run.refusals() < 0.02


@pytest.mark.parametrize(("latency", "in_flight"), [(0.005, 1), (0.05, 8), (0.5, 32)])
def test_without_a_limit_nothing_waits(latency: float, in_flight: int) -> None:
    run = Run(Bucket(math.inf, 1e9), latency, in_flight, requests=2000, jitter=0).run()
    assert run.accepted() == 2000
    assert run.answers[-1].at == pytest.approx(2000 / in_flight * latency, rel=0.02)


@pytest.mark.parametrize("says", Says)
def test_few_requests_never_wait(says: Says) -> None:
    run = Run(Bucket(1, 3, says), latency=0.1, requests=3).run()
    assert [each.left for each in run.answers] == [0, 0, 0]


@pytest.mark.parametrize("says", Says)
@pytest.mark.parametrize(("rate", "size"), [(2, 1), (50, 10), (200, 100)])
def test_nothing_leaves_before_a_stated_time(rate: float, size: float, says: Says) -> None:
    run = Run(Bucket(rate, size, says), latency=0.01, seconds=1000 / rate).run()
    stated = [(each.at, each.at + each.pause) for each in run.answers if each.pause]
    assert bool(stated) == (says is not Says.NOTHING)
    leaving = sorted(each.left for each in run.answers)
    assert not [left for left in leaving for begin, end in stated if begin < left < end - 1e-9]


@pytest.mark.parametrize("says", [Says.NOTHING, Says.SECONDS])
@pytest.mark.parametrize(("rate", "size"), [(5, 1), (5, 20), (5, 100), (50, 20), (50, 100)])
def test_after_a_quiet_spell_it_is_quick_again(rate: float, size: float, says: Says) -> None:
    learnt = LEARNT / rate
    quiet = (learnt, learnt + size / rate + 5)
    after = quiet[1] + size / rate + 2
    run = Run(Bucket(rate, size, says), seconds=after, quiet=quiet).run()
    allowed = size + rate * (after - quiet[1])
    assert run.accepted(quiet[1]) >= 0.85 * allowed
    assert run.refused(quiet[1]) <= 0.02 * allowed + 1


@pytest.mark.parametrize("says", [Says.NOTHING, Says.SECONDS])
@pytest.mark.parametrize(("before", "after"), [(10, 100), (50, 100), (50, 5), (10, 2)])
def test_another_rate_is_found(before: float, after: float, says: Says) -> None:
    """Up, it takes some hundred requests at the old rate; down, it takes a few refusals."""

    def change(bucket: Bucket) -> None:
        bucket.rate = after

    then = LEARNT / before
    found = then + max(600 / before, 200 / after) + 60
    seconds = found + 2000 / after
    run = Run(Bucket(before, 20, says), seconds=seconds, events={then: change}).run()
    assert run.share(found) >= 0.9
    assert run.refused(then, found) <= 40


def test_at_half_the_rate_the_limit_is_never_met() -> None:
    """Who asks little learns nothing, and forgets nothing either."""
    rate, now = Rate(), 0.0
    for number in range(40):
        sent = rate.leave(now)
        (rate.accept if number < 20 else rate.refuse)(sent, now + 0.01)
        now = max(now + 0.1, rate.due)
    learned = rate.pace
    for _ in range(1000):
        now = max(now + 2 / learned, rate.due)
        rate.accept(rate.leave(now), now + 0.01)
    assert rate.pace == pytest.approx(learned, rel=0.5)


def test_what_was_sent_before_a_step_back_leads_to_no_other() -> None:
    rate = Rate()
    sent = [rate.leave(0.0) for _ in range(8)]
    for each in sent[:4]:
        rate.accept(each, 0.1)
    rate.refuse(sent[4], 0.1)
    pace = rate.pace
    for each in sent[5:]:
        rate.refuse(each, 0.1)
    assert rate.pace == pace


def test_refusals_without_end_never_stop_it() -> None:
    rate, now = Rate(), 0.0
    for _ in range(200):
        now = max(now, rate.due)
        rate.refuse(rate.leave(now), now + 0.01)
    assert rate.due - now < 61


def test_a_limit_just_below_what_can_be_asked_is_found_as_soon() -> None:
    """The bucket hides it for long, and so the first refusal comes late and says little."""
    run = Run(Bucket(200, 50), latency=0.07, in_flight=16, seconds=20).run()
    assert run.share() >= 0.9
    assert run.refusals() < 0.02
