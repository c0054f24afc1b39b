"""Trouble on the way: an apply converges all the same, and no write is made twice that isn't reported."""

import contextlib

import pytest

from dsops.model import Action, DsopsError, Verb
from dsops.testing.lifecycle import created, done, is_live
from dsops.testing.proxy import Fault, Seen, Wrong
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial
from dsops.testing.wrongs import nonsense, page, shortened

WRITES = (
    Fault.CLOSED_BEFORE,
    Fault.CLOSED_AFTER,
    Fault.RESET_AFTER,
    Fault.UNAVAILABLE_BEFORE,
    Fault.UNAVAILABLE_AFTER,
    Fault.THROTTLED,
    Fault.HALVED,
)
REFUSED = Wrong(403, b"{}")
READS = (
    Fault.RESET_BEFORE,
    Fault.UNAVAILABLE_AFTER,
    Fault.THROTTLED,
    Fault.CUT,
    Fault.SLOW,
    pytest.param(page(200, carried_out=True), id="a page in place of JSON"),
    pytest.param(nonsense(b"{"), id="broken JSON"),
)
MAKES_OR_UNMAKES = {Action.CREATE, Action.REPLACE, Action.DELETE, Action.FORGET}


def a_write(request: Seen) -> bool:
    """Whether a request may change something."""
    return request.is_write


def a_read(request: Seen) -> bool:
    """Whether it can't."""
    return not request.is_write


class Trouble:
    """Faults of the network and of the server."""

    @pytest.mark.parametrize("fault", WRITES)
    def test_trouble_with_a_write(self, trial: Trial, case: KindCase, fault: Fault) -> None:
        """The first create, update and delete of a run meet trouble: each is settled in the same run."""
        trial.proxy.fail(fault, a_write)
        created(trial, case)
        is_live(trial, case)
        trial.settled()
        if case.update:
            trial.proxy.fail(fault, a_write)
            trial.declare_case(case, **case.update)
            done(trial.apply())
            is_live(trial, case, **case.update)
            trial.settled()
        if Verb.DELETE in trial.provider.kinds[case.kind].info.verbs:
            trial.proxy.fail(fault, a_write)
            trial.withdraw(case)
            done(trial.apply())
            assert case.look(trial.subject.url) is None
            trial.settled()

    @pytest.mark.parametrize("fault", READS)
    def test_trouble_with_a_read(self, trial: Trial, case: KindCase, fault: Fault | Wrong) -> None:
        """It is read again, and the plan is the same."""
        created(trial, case)
        trial.proxy.fail(fault, a_read)
        assert trial.plan().changes == ()
        assert [each for each in trial.proxy.seen if each.fault is fault]

    def test_a_listing_cut_short_is_no_absence(self, trial: Trial, case: KindCase) -> None:
        """What is recorded and missing there is read by its id, or the plan is refused; it is never made again."""
        created(trial, case)
        for number in range(3):
            trial.proxy.fail(shortened(number), a_read, times=None)
            with contextlib.suppress(DsopsError):
                assert [each for each in trial.plan().changes if each.action in MAKES_OR_UNMAKES] == []
            trial.proxy.heal()
        trial.settled()

    def test_a_write_that_is_refused_is_a_failure(self, trial: Trial, case: KindCase) -> None:
        """Refused for good: told, not recorded, and done by the next apply once the reason is gone."""
        trial.declare_case(case)
        trial.proxy.fail(REFUSED, a_write, times=None)
        assert not trial.apply().done
        assert trial.address(case) not in trial.state().records
        trial.proxy.heal()
        done(trial.apply())
        is_live(trial, case)
        trial.settled()
