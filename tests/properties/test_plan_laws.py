"""Laws of plans, on stacks and providers made by chance."""

import copy
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsops.model import (
    EMPTY_STATE,
    PLAIN_META,
    Action,
    Address,
    Call,
    Connection,
    DsopsError,
    Effect,
    Meta,
    Plan,
    Record,
    Reference,
    Resource,
    SecretRef,
    Stack,
    State,
    Template,
    canonical,
    digest,
)
from dsops.planner import (
    Inputs,
    SavedPlan,
    dump_plan,
    find_drift,
    load_plan,
    make_plan,
    plan_document,
    plan_id,
)
from tests.support.planning import ENDPOINT, inputs_of
from tests.support.uipath import OUTSIDE, Model, carry_out, metas, stacks

ACCOUNT = Connection("cm", "uipath", ENDPOINT, secrets={"token": SecretRef("env", "T")})
STACK = Stack("mail", None, "/stack", "sqlite:s.db", {"cm": ACCOUNT})
ANYTHING = st.just(PLAIN_META) | metas
REPLACEABLE = st.just(Meta(replace=True))
_BLOCKED = Action.BLOCKED


def a_server(*, echoes: bool) -> Model:
    """A provider with a stranger's dataset, which holds a stranger's stream."""
    stranger: dict[str, Any] = {"id": "x1", "title": "theirs", "streams": {"theirs": {"id": "x2", "title": "theirs"}}}
    return Model({OUTSIDE: stranger}, echoes)


def planned(resources: Sequence[Resource], state: State, server: Model, **asked: Any) -> tuple[Inputs, Plan]:
    inputs = inputs_of(STACK, resources, state, server.live, **asked)
    return inputs, make_plan(inputs)


def applied(resources: Sequence[Resource], state: State, server: Model) -> State:
    inputs, plan = planned(resources, state, server)
    check(inputs, plan, server)
    return carry_out(plan, state, server)


def check(inputs: Inputs, plan: Plan, server: Model) -> None:
    """What holds of every plan."""
    calls = plan.calls
    assert [each.id for each in calls] == list(range(1, len(calls) + 1))
    assert all(0 < before < each.id for each in calls for before in each.after)
    ours = {"/".join(key) for key in inputs.declared.keys.values()}
    recorded = {record.remote_id: record for record in inputs.state.records.values()}
    stands = {remote_id: key for key, remote_id in server.ids().items()}
    ours |= {stands[remote_id] for remote_id in recorded if remote_id in stands}
    for each in calls:
        assert _key(each.call) in ours
        if each.call.effect is Effect.DELETE:
            record = recorded[server.ids()[_key(each.call)]]
            resource = inputs.declared.resources.get(record.address)
            assert not (resource.meta.protect if resource else record.protect)
    _check_what_goes_along(inputs, plan, server)
    assert all(change.fields for change in plan.changes if change.action is Action.UPDATE)


def _check_what_goes_along(inputs: Inputs, plan: Plan, server: Model) -> None:
    """No dataset is deleted with a recorded stream still below it; that stream's own call comes first."""
    deletes = {_key(each.call): each for each in plan.calls if each.call.effect is Effect.DELETE}
    ids = {record.remote_id for record in inputs.state.records.values()}
    for key, each in deletes.items():
        for name, stream in server.datasets.get(key, {"streams": {}})["streams"].items():
            if stream["id"] in ids:
                assert deletes[f"{key}/{name}"].id in each.after


def _key(call: Call) -> str:
    names = [str(part) for part in call.path][3:]
    own = [call.body["stream"]["name"]] if names[2:] == ["streams"] else names[3:4]
    return "/".join([*names[:2], *own])


@given(stacks(REPLACEABLE), st.booleans())
def test_what_was_applied_plans_to_nothing(resources: tuple[Resource, ...], echoes: bool) -> None:
    server = a_server(echoes=echoes)
    state = applied(resources, EMPTY_STATE, server)
    _, again = planned(resources, state, server)
    assert (again.changes, again.refresh, again.calls) == ((), (), ())
    inputs, _ = planned(resources, state, server)
    assert not find_drift(inputs).found


@settings(max_examples=80)
@given(stacks(REPLACEABLE), stacks(REPLACEABLE), st.booleans())
def test_one_stack_turns_into_another(first: tuple[Resource, ...], second: tuple[Resource, ...], echoes: bool) -> None:
    server = a_server(echoes=echoes)
    state = applied(first, EMPTY_STATE, server)
    inputs, plan = planned(second, state, server)
    check(inputs, plan, server)
    stopped = {change.address for change in plan.changes if change.action is _BLOCKED}
    state = carry_out(plan, state, server)
    _, again = planned(second, state, server)
    assert {change.address for change in again.changes} <= stopped
    assert "x1" in server.ids().values()
    assert "x2" in server.ids().values()


@settings(max_examples=60)
@given(st.lists(stacks(ANYTHING), min_size=2, max_size=3), st.booleans())
def test_switches_hold_and_what_is_not_blocked_is_settled(histories: list[tuple[Resource, ...]], echoes: bool) -> None:
    server = a_server(echoes=echoes)
    state = EMPTY_STATE
    for resources in histories:
        inputs, plan = planned(resources, state, server)
        check(inputs, plan, server)
        stopped = {change.address for change in plan.changes if change.action is _BLOCKED}
        state = carry_out(plan, state, server)
        _, again = planned(resources, state, server)
        moving = {change.address for change in again.changes if change.action is not _BLOCKED}
        assert moving <= stopped


@given(stacks(REPLACEABLE), st.data())
def test_drift_is_found_and_repaired(resources: tuple[Resource, ...], data: st.DataObject) -> None:
    server = a_server(echoes=True)
    state = applied(resources, EMPTY_STATE, server)
    documents = [each for key, each in server.datasets.items() if key != OUTSIDE]
    documents += [stream for each in server.datasets.values() for stream in each["streams"].values()]
    ours = {record.remote_id: address for address, record in state.records.items()}
    drifted = {
        ours[each["id"]] for each in documents if each["id"] in ours and data.draw(st.booleans()) and _meddle(each)
    }
    inputs, plan = planned(resources, state, server)
    found = {item.address for item in find_drift(inputs).items if item.state == "drifted"}
    declared = {address for address in drifted if "title" in state.records[address].attributes}
    assert found == declared
    assert {change.address for change in plan.changes} == declared
    state = carry_out(plan, state, server)
    _, again = planned(resources, state, server)
    assert again.changes == ()


def _meddle(document: dict[str, Any]) -> bool:
    document["title"] += "!"
    return True


@settings(max_examples=40)
@given(stacks(REPLACEABLE), stacks(REPLACEABLE))
def test_destroy_leaves_nothing_of_ours(first: tuple[Resource, ...], second: tuple[Resource, ...]) -> None:
    server = a_server(echoes=True)
    state = applied(second, applied(first, EMPTY_STATE, server), server)
    inputs, plan = planned((), state, server, destroy=True, confirmed=True)
    check(inputs, plan, server)
    state = carry_out(plan, state, server)
    assert state.records == {}
    assert plan.guards == ()
    assert set(server.ids().values()) & {"x1", "x2"} == {"x1", "x2"}


@settings(max_examples=50)
@given(stacks(ANYTHING), stacks(ANYTHING), st.randoms(use_true_random=False))
def test_the_order_of_resources_means_nothing(
    first: tuple[Resource, ...], second: tuple[Resource, ...], random: Any
) -> None:
    server = a_server(echoes=True)
    state = applied(first, EMPTY_STATE, server)
    inputs, plan = planned(second, state, server)
    shuffled = list(second)
    random.shuffle(shuffled)
    records = list(state.records.items())
    random.shuffle(records)
    other_state = State(state.lineage, state.serial, state.stack, state.env, dict(records))
    upside_down = copy.deepcopy(server)
    upside_down.datasets = dict(reversed(upside_down.datasets.items()))
    _, other = planned(shuffled, other_state, upside_down)
    assert plan_id(other) == plan_id(plan)
    assert canonical(plan_document(other)) == canonical(plan_document(plan))
    assert dump_plan(SavedPlan(other, inputs.stack)) == dump_plan(SavedPlan(plan, inputs.stack))


@settings(max_examples=30)
@given(stacks(ANYTHING), stacks(ANYTHING))
def test_a_target_takes_no_less_than_it_needs_and_never_more_than_the_whole(
    first: tuple[Resource, ...], second: tuple[Resource, ...]
) -> None:
    server = a_server(echoes=True)
    state = applied(first, EMPTY_STATE, server)
    for address in [*(each.address for each in second), *state.records]:
        try:
            inputs, plan = planned(second, state, server, targets=(str(address),))
        except DsopsError:
            continue  # the record moved to another address: nothing is called that any more
        check(inputs, plan, server)
        carry_out(plan, state, copy.deepcopy(server))


@settings(max_examples=30)
@given(stacks(ANYTHING), stacks(ANYTHING))
def test_a_saved_plan_is_read_as_it_was_written(first: tuple[Resource, ...], second: tuple[Resource, ...]) -> None:
    server = a_server(echoes=True)
    state = applied(first, EMPTY_STATE, server)
    _, plan = planned(second, state, server)
    saved = SavedPlan(plan, STACK, destroy=False)
    assert load_plan(dump_plan(saved)) == saved


def a_saved_plan() -> bytes:
    reference = Reference(Address("uipath", "Dataset", "a"))
    spec = {"project": "p", "title": "é\x1b\x00", "description": Template(("see ", reference))}
    model = {"version": 1, "labelThresholds": {"A": 1e-7}}
    stream = {"dataset": "a", "model": model, "commentFilter": {"triggerExceptions": {"$map": 1e21}}}
    below = (reference.address,)
    resources = (
        Resource(reference.address, "cm", {"project": "p", "name": "b"}),
        Resource(Address("uipath", "Dataset", "c"), "cm", spec, depends_on=below),
        Resource(Address("uipath", "Stream", "s"), "cm", stream, parent=reference.address, depends_on=below),
    )
    old = Record(Address("uipath", "Dataset", "o"), "cm", ENDPOINT, "x9", ("p", "old"), attributes={"title": "Old"})
    state = State("lineage", 3, "mail", None, {old.address: old})
    inputs = inputs_of(STACK, resources, state, {"cm": {"p/old": {"id": "x9", "title": "Old"}}})
    return dump_plan(SavedPlan(make_plan(inputs), STACK, destroy=True))


SAVED = a_saved_plan()


def test_maps_that_look_like_references_stay_maps() -> None:
    assert dump_plan(load_plan(SAVED)) == SAVED
    body = load_plan(SAVED).plan.calls[-1].call.body
    assert body["stream"]["comment_filter"] == {"trigger_exceptions": {"$map": 1e21}}


@settings(max_examples=150)
@given(st.integers(0, len(SAVED) - 1), st.integers(1, 255))
def test_a_byte_altered_is_refused(at: int, by: int) -> None:
    altered = bytearray(SAVED)
    altered[at] ^= by
    with pytest.raises(DsopsError):
        load_plan(bytes(altered))


@settings(max_examples=100)
@given(st.integers(0, len(SAVED) - 1), st.binary(max_size=3))
def test_a_plan_cut_short_or_followed_by_something_is_refused(at: int, more: bytes) -> None:
    for altered in (SAVED[:at], SAVED[:at] + more, SAVED + more + b" "):
        with pytest.raises(DsopsError):
            load_plan(altered)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DEEP = b"[" * 900 + b"]" * 900


@settings(max_examples=60)
@given(JSON)
def test_what_is_no_plan_is_refused(content: Any) -> None:
    head = {"format": "dsops-plan/1", "saved": content, "document": content}
    signed = {**head, "sha256": digest(head)}
    for each in (canonical(content), canonical(head), orjson.dumps(signed, option=orjson.OPT_INDENT_2)):
        with pytest.raises(DsopsError):
            load_plan(each)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", DEEP, b'{"format":"dsops-plan/1","x":' + DEEP + b"}", b'{"format":"dsops-plan/9"}']
)
def test_what_can_not_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(DsopsError):
        load_plan(data)
