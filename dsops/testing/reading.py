"""Completeness of reading: an answer that fails, or is none, is an error, and never an absence."""

from collections.abc import Callable

import pytest

from dsops.model import Action, DsopsError, Plan
from dsops.testing.cases import needs
from dsops.testing.lifecycle import created
from dsops.testing.proxy import Seen, Wrong
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial

WRONG = {
    "forbidden": Wrong(403, b"{}"),
    "null": Wrong(200, b"null"),
    "an empty object": Wrong(200, b"{}"),
    "a text": Wrong(200, b'"ok"'),
    "a list of nothing": Wrong(200, b"[null]"),
    "half of it": Wrong(200, lambda right: right[: len(right) // 2]),
    "nothing at all": Wrong(204, b""),
    "a redirect": Wrong(302, b""),
}


def same(target: str) -> Callable[[Seen], bool]:
    """Mean a read of just this target, and every time."""
    return lambda request: not request.is_write and request.target == target


class Reading:
    """Answers to reads that can't be relied on."""

    @pytest.mark.parametrize("wrong", WRONG)
    def test_an_answer_that_is_none_is_no_absence(self, trial: Trial, case: KindCase, wrong: str) -> None:
        """Whichever reading of a plan is answered so: the plan is an error, or finds everything all the same."""
        created(trial, case)
        before = len(trial.proxy.seen)
        trial.settled()
        targets = list(dict.fromkeys(each.target for each in trial.proxy.seen[before:]))
        records, writes = trial.state().records, len(trial.proxy.writes)
        assert targets
        for target in targets:
            trial.proxy.fail(WRONG[wrong], same(target), times=None)
            _concludes_nothing(trial)
            trial.proxy.heal()
        assert trial.state().records == records
        assert len(trial.proxy.writes) == writes

    def test_before_anything_is_there_too(self, trial: Trial, case: KindCase) -> None:
        """What can't be read is not taken for missing and made."""
        trial.declare_case(case)
        trial.plan()
        targets = list(dict.fromkeys(each.target for each in trial.proxy.seen))
        for target in targets:
            trial.proxy.fail(WRONG["forbidden"], same(target), times=None)
            with pytest.raises(DsopsError):
                trial.apply()
            trial.proxy.heal()
        assert trial.proxy.writes == []

    @needs("crowd")
    def test_a_page_that_fails_fails_the_reading(self, trial: Trial, case: KindCase) -> None:
        """Among more objects than fit in an answer: every page is read, and none may fail."""
        created(trial, case)
        assert case.crowd is not None
        few = _targets(trial)
        case.crowd(trial.subject.url)
        pages = [each for each in _targets(trial) if each not in few]
        assert pages, "the crowd made no more calls"
        for target in pages:
            trial.proxy.fail(WRONG["forbidden"], same(target), times=None)
            with pytest.raises(DsopsError):
                trial.plan()
            trial.proxy.heal()
        trial.settled()


def _targets(trial: Trial) -> list[str]:
    before = len(trial.proxy.seen)
    trial.settled()
    return list(dict.fromkeys(each.target for each in trial.proxy.seen[before:]))


def _concludes_nothing(trial: Trial) -> None:
    try:
        plan: Plan = trial.plan()
    except DsopsError:
        return
    # What a plan must only look up, it may leave undone; everything else stays as it is.
    assert {each.action for each in plan.changes} <= {Action.BLOCKED}
