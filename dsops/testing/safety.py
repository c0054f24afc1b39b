"""What must not happen by accident: verbs that are forbidden, objects that are protected."""

from dsops.model import Action, Reason, Verb
from dsops.testing.cases import needs
from dsops.testing.lifecycle import ALLOWED, created, done, is_live
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial


class Safety:
    """What a resource forbids."""

    def test_a_forbidden_create_is_blocked(self, trial: Trial, case: KindCase) -> None:
        """Nothing is made."""
        trial.declare_case(case, meta={"policy": ["update", "delete"]})
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason, change.calls) == (Action.BLOCKED, Reason.POLICY, ())
        assert not trial.apply().done
        assert case.look(trial.subject.url) is None

    @needs("update")
    def test_a_forbidden_update_is_blocked(self, trial: Trial, case: KindCase) -> None:
        """Nothing is changed."""
        created(trial, case)
        trial.declare_case(case, meta={"policy": ["create", "delete"]}, **case.update)
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason, change.calls) == (Action.BLOCKED, Reason.POLICY, ())
        before = len(trial.proxy.seen)
        assert not trial.apply().done
        assert trial.since(before) == []
        is_live(trial, case)

    def test_what_may_not_be_deleted_is_forgotten(self, trial: Trial, case: KindCase) -> None:
        """Its record goes, and it stays: the policy holds after its manifest is gone."""
        created(trial, case, policy=["create", "update"])
        trial.withdraw(case)
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.calls) == (Action.FORGET, ())
        before = len(trial.proxy.seen)
        done(trial.apply())
        assert trial.since(before) == []
        is_live(trial, case)
        assert trial.address(case) not in trial.state().records

    @needs(Verb.DELETE)
    def test_what_is_protected_is_not_deleted(self, trial: Trial, case: KindCase) -> None:
        """Not when its manifest is gone, and not by destroy; it takes an apply of ``protect: false`` first."""
        created(trial, case, protect=True)
        trial.withdraw(case)
        before = len(trial.proxy.seen)
        for destroy in (False, True):
            plan = trial.plan(destroy=destroy)
            (change,) = [each for each in plan.changes if each.address == trial.address(case)]
            assert (change.action, change.reason, change.calls) == (Action.BLOCKED, Reason.PROTECTED, ())
        assert not trial.apply().done
        assert trial.since(before) == []
        is_live(trial, case)
        trial.declare_case(case)
        done(trial.apply())
        trial.withdraw(case)
        done(trial.apply())
        assert case.look(trial.subject.url) is None

    @needs("replace", Verb.DELETE)
    def test_what_is_protected_is_not_replaced(self, trial: Trial, case: KindCase) -> None:
        """Whatever ``replace`` says."""
        meta = {**ALLOWED, "protect": True}
        created(trial, case, **meta)
        trial.declare_case(case, meta=meta, **case.replace)
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason, change.calls) == (Action.BLOCKED, Reason.PROTECTED, ())
        before = len(trial.proxy.seen)
        assert not trial.apply().done
        assert trial.since(before) == []
        is_live(trial, case)

    def test_what_others_made_is_never_touched(self, trial: Trial, case: KindCase) -> None:
        """An object that the state doesn't know is there after everything has been destroyed."""
        created(trial, case)
        trial.forget_everything()
        trial.withdraw(case)
        if case.parents:
            return
        before = len(trial.proxy.seen)
        assert trial.apply().outcomes == ()
        assert trial.apply(destroy=True).outcomes == ()
        assert trial.since(before) == []
        is_live(trial, case)
