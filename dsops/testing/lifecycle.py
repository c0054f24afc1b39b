"""From nothing to an object and back: create, no-op, update, replace, delete, import, adopt, drift, saved plans."""

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest

from dsops.model import Action, Cause, DsopsError, Reason, Report, Verb
from dsops.testing.cases import needs
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial

ALLOWED = {"replace": "allowed"}


def done(report: Report) -> None:
    """Check that everything was done."""
    assert report.done, [(str(each.address), each.status, each.reason) for each in report.outcomes]


def created(trial: Trial, case: KindCase, **meta: Any) -> None:
    """Declare a case's object, and apply."""
    trial.declare_case(case, meta=meta)
    done(trial.apply())


def is_live(trial: Trial, case: KindCase, **spec: Any) -> None:
    """Check that the server has a case's object with these values, and those of the case for the rest."""
    found = case.look(trial.subject.url)
    assert found is not None, f"there is no {case.kind}"
    wanted = {**case.spec, **spec}
    lacking = ({*case.update} | {*case.replace} | {*case.theirs}) - found.keys()
    assert not lacking, f"look returns no {', '.join(sorted(lacking))}"
    assert {name: found[name] for name in wanted if name in found} == {
        name: value for name, value in wanted.items() if name in found
    }


def fields_of(change: Any) -> set[str]:
    """Return the fields of the spec that differ in a change."""
    return {each.path.partition(".")[0] for each in change.fields}


class Lifecycle:
    """What becomes of one object."""

    def test_it_is_created_and_recorded(self, trial: Trial, case: KindCase) -> None:
        """A create makes the object as declared; the record knows its id."""
        trial.declare_case(case)
        plan = trial.plan()
        assert {(each.action, each.reason) for each in plan.changes} == {(Action.CREATE, Reason.NOT_RECORDED)}
        assert len(plan.changes) == 1 + len(case.parents)
        assert trial.proxy.writes == []
        assert case.look(trial.subject.url) is None
        done(trial.apply())
        is_live(trial, case)
        record = trial.state().records[trial.address(case)]
        assert record.remote_id

    def test_a_second_apply_writes_nothing(self, trial: Trial, case: KindCase) -> None:
        """What is as declared plans to nothing, and is no drift."""
        created(trial, case)
        before = len(trial.proxy.seen)
        assert trial.apply().outcomes == ()
        assert trial.since(before) == []
        trial.settled()
        trial.in_sync()

    @needs("update")
    def test_an_update_sends_what_differs(self, trial: Trial, case: KindCase) -> None:
        """Each changed field alone, then all: the plan shows just these, and the others stay as they are."""
        created(trial, case)
        so_far: dict[str, Any] = {}
        for step in (*({name: value} for name, value in case.update.items()), dict(case.spec)):
            changed = {name: step[name] for name in step if name in case.update}
            so_far |= changed
            trial.declare_case(case, **so_far)
            change = trial.change(case)
            assert change is not None
            assert (change.action, change.reason) == (Action.UPDATE, Reason.FIELDS_CHANGED)
            assert fields_of(change) == changed.keys()
            assert {each.cause for each in change.fields} == {Cause.PENDING}
            info = trial.provider.kinds[case.kind].info
            groups = {field.group for path, field in info.fields.items() if path.partition(".")[0] in changed} - {None}
            for call in change.calls:
                for path in call.call.settles:
                    assert path.partition(".")[0] in changed or info.fields[path].group in groups
            done(trial.apply())
            is_live(trial, case, **so_far)
            trial.settled()

    @needs("replace")
    def test_what_is_given_at_creation_only_is_not_changed(self, trial: Trial, case: KindCase) -> None:
        """Unless replacing is allowed such a change is blocked, and says so."""
        created(trial, case)
        before = len(trial.proxy.seen)
        for name, value in case.replace.items():
            trial.declare_case(case, **{name: value})
            change = trial.change(case)
            assert change is not None
            assert (change.action, change.reason, change.calls) == (Action.BLOCKED, Reason.CREATE_ONLY, ())
            assert not trial.apply().done
        assert trial.since(before) == []
        is_live(trial, case)

    @needs("replace", Verb.DELETE)
    def test_it_is_replaced_where_that_is_allowed(self, trial: Trial, case: KindCase) -> None:
        """The old object goes, another comes, and the record is that one's."""
        created(trial, case, **ALLOWED)
        old = trial.state().records[trial.address(case)].remote_id
        trial.declare_case(case, meta=ALLOWED, **case.replace)
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason) == (Action.REPLACE, Reason.CREATE_ONLY)
        done(trial.apply())
        is_live(trial, case, **case.replace)
        assert trial.state().records[trial.address(case)].remote_id != old
        trial.settled()

    @needs(Verb.DELETE)
    def test_it_is_deleted_when_it_is_declared_no_longer(self, trial: Trial, case: KindCase) -> None:
        """It goes, its record too, and what it needs stays."""
        created(trial, case)
        trial.withdraw(case)
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason) == (Action.DELETE, Reason.UNDECLARED)
        done(trial.apply())
        assert case.look(trial.subject.url) is None
        assert len(trial.state().records) == len(case.parents)
        trial.settled()

    def test_destroy_leaves_no_record(self, trial: Trial, case: KindCase) -> None:
        """Everything recorded goes, children first; what can't be deleted is forgotten."""
        created(trial, case)
        done(trial.apply(destroy=True))
        assert trial.state().records == {}
        if Verb.DELETE in trial.provider.kinds[case.kind].info.verbs:
            assert case.look(trial.subject.url) is None

    def test_what_was_imported_plans_to_nothing(self, trial: Trial, case: KindCase) -> None:
        """A lost state: the manifest is written anew from what is there, and it is as it was."""
        created(trial, case)
        record = trial.state().records[trial.address(case)]
        trial.forget_everything()
        trial.withdraw(case)
        if case.parents:
            done(trial.apply())
        before = len(trial.proxy.seen)
        trial.import_case(case)
        assert trial.state().records[trial.address(case)].remote_id == record.remote_id
        plan = trial.plan()
        assert [(str(each.address), each.action, each.fields) for each in plan.changes] == []
        assert trial.since(before) == []
        is_live(trial, case)

    def test_what_exists_is_adopted(self, trial: Trial, case: KindCase) -> None:
        """A lost state: what is declared and there is recorded, without a call."""
        created(trial, case)
        records = trial.state().records
        trial.forget_everything()
        assert {(each.action, each.reason) for each in trial.plan().changes} == {(Action.ADOPT, Reason.EXISTS)}
        before = len(trial.proxy.seen)
        done(trial.apply())
        assert trial.since(before) == []
        found = trial.state().records
        assert {each: found[each].remote_id for each in found} == {each: records[each].remote_id for each in records}
        trial.settled()

    @needs("theirs")
    def test_drift_is_found_and_repaired(self, trial: Trial, case: KindCase) -> None:
        """What somebody else changed is named with who moved, and put right; nothing else is."""
        created(trial, case)
        _meddled(trial, case)
        (item,) = trial.drift().items
        assert (item.address, item.state) == (trial.address(case), "drifted")
        assert {each.path.partition(".")[0] for each in item.fields} == case.theirs.keys()
        assert {each.cause for each in item.fields} == {Cause.DRIFT}
        change = trial.change(case)
        assert change is not None
        assert change.action is Action.UPDATE
        done(trial.apply())
        is_live(trial, case)
        trial.settled()

    @needs("theirs")
    def test_what_is_not_declared_is_left_alone(self, trial: Trial, case: KindCase) -> None:
        """A field that was declared and no longer is keeps what somebody else gives it."""
        created(trial, case)
        spec = {name: value for name, value in case.spec.items() if name not in case.theirs}
        _declare_only(trial, case, spec)
        done(trial.apply())
        _meddled(trial, case)
        before = len(trial.proxy.seen)
        assert trial.drift().items == ()
        assert trial.apply().outcomes == ()
        assert trial.since(before) == []
        is_live(trial, case, **case.theirs)

    @needs("remove")
    def test_what_is_gone_is_drift_and_made_again(self, trial: Trial, case: KindCase) -> None:
        """What somebody else deleted is gone, and comes back."""
        created(trial, case)
        assert case.remove is not None
        case.remove(trial.subject.url)
        (item,) = trial.drift().items
        assert (item.address, item.state) == (trial.address(case), "gone")
        change = trial.change(case)
        assert change is not None
        assert (change.action, change.reason) == (Action.CREATE, Reason.GONE)
        done(trial.apply())
        is_live(trial, case)
        trial.settled()

    def test_a_saved_plan_is_carried_out_once(self, trial: Trial, case: KindCase) -> None:
        """It makes the calls it shows, needs no manifest for that, and is refused the second time."""
        trial.declare_case(case)
        saved = trial.save()
        trial.declare()
        done(trial.apply_saved(saved))
        is_live(trial, case)
        before = len(trial.proxy.seen)
        with pytest.raises(DsopsError):
            trial.apply_saved(saved)
        assert trial.since(before) == []

    @needs("update", "theirs")
    def test_a_saved_plan_is_not_carried_out_on_what_has_changed(self, trial: Trial, case: KindCase) -> None:
        """What it touches must be as it was read."""
        created(trial, case)
        trial.declare_case(case, **case.update)
        saved = trial.save()
        _meddled(trial, case)
        before = len(trial.proxy.seen)
        with contextlib.suppress(DsopsError):
            assert not trial.apply_saved(saved).done
        assert trial.since(before) == []
        is_live(trial, case, **case.theirs)


def _meddled(trial: Trial, case: KindCase) -> None:
    assert case.meddle is not None
    case.meddle(trial.subject.url)
    is_live(trial, case, **case.theirs)


def _declare_only(trial: Trial, case: KindCase, spec: Mapping[str, Any]) -> None:
    document = {"kind": case.kind, "metadata": {"name": case.name}, "spec": dict(spec)}
    trial.declare(*case.parents, document, files=case.files)
