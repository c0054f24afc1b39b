"""Fields that one object below a parent can have at a time, and hints: planned without a provider's server."""

import datetime as dt
from typing import Any

import pytest

from dsops.model import (
    Action,
    Address,
    Connection,
    DsopsError,
    Listing,
    LiveObject,
    Meta,
    Plan,
    Record,
    Reference,
    Resource,
    Stack,
    State,
)
from dsops.planner import Inputs, Observation, Scope, declare, make_plan
from dsops.providers import kinds

KINDS = kinds("modelarts")
STACK = Stack("zoo", None, "/", "sqlite:x", {"ma": Connection("ma", "modelarts", "https://ma.example.com")})
ANIMALS = Address("modelarts", "Dataset", "animals")
SPEC: dict[str, Any] = {
    "type": "image-classification",
    "dataSource": {"type": "obs", "path": "/b/in/"},
    "workPath": "/b/out/",
}
PUT = "/v2/%7Bproject%7D/datasets/d1"


def dataset(name: str = "animals", **spec: Any) -> Resource:
    return Resource(Address("modelarts", "Dataset", name), "ma", SPEC | spec, late=False)


def version(name: str, dataset: str = "animals", **spec: Any) -> Resource:
    meta, more = spec.pop("meta", Meta()), spec.pop("depends_on", ())
    parent = Address("modelarts", "Dataset", dataset)
    address = Address("modelarts", "DatasetVersion", name)
    return Resource(address, "ma", spec, meta, parent=parent, depends_on=(parent, *more), late=bool(more))


def live_dataset(name: str = "animals", remote_id: str = "d1", **attributes: Any) -> LiveObject:
    return LiveObject(remote_id, (name,), {"name": name, **KINDS["modelarts/Dataset"].normalise(SPEC), **attributes})


def live_version(name: str, *, current: bool) -> LiveObject:
    return LiveObject(f"d1/{name}-id", ("animals", name), {"current": current})


def recorded(resource: Resource, live: LiveObject) -> Record:
    return Record(
        resource.address,
        "ma",
        "https://ma.example.com",
        live.remote_id,
        live.key,
        parent=resource.parent if isinstance(resource.parent, Address) else None,
        depends_on=resource.depends_on,
        attributes=live.attributes,
    )


def plan(resources: list[Resource], *live: LiveObject) -> Plan:
    """Plan with a recorded dataset d1, and with those of the live versions recorded that are declared."""
    here = live_dataset()
    scopes = {
        Scope("ma", "modelarts/Dataset", ()): Listing((here,)),
        Scope("ma", "modelarts/DatasetVersion", ("animals",)): Listing(live, parent_id="d1"),
    }
    objects = {("modelarts/Dataset", here.key[-1]): here} | {("modelarts/DatasetVersion", x.key[-1]): x for x in live}
    records = {
        each.address: recorded(each, objects[each.address.type, each.address.name])
        for each in resources
        if (each.address.type, each.address.name) in objects
    }
    declared = declare(resources, KINDS)
    state = State("lineage", 1, "zoo", None, records)
    return make_plan(Inputs(STACK, declared, state, Observation(scopes, {}, {}, {}, 0), KINDS, dt.date(2026, 1, 1)))


def writes(made: Plan) -> dict[str, list[tuple[int, tuple[int, ...], str, Any]]]:
    """Name of each changed resource to its calls: number, those before it, method, body."""
    return {
        each.address.name: [(call.id, call.after, call.call.method, call.call.body) for call in each.calls]
        for each in made.changes
    }


def test_what_is_made_beside_a_holder_gives_the_field_back() -> None:
    made = plan([dataset(), version("v1", current=True), version("v2")], live_version("v1", current=True))
    assert writes(made) == {
        "v2": [
            (1, (), "POST", {"version_name": "v2"}),
            (2, (1,), "PUT", {"current_version_id": "d1/v1-id"}),
        ]
    }
    (change,) = made.changes
    assert change.after is not None
    assert change.after.attributes == {}
    assert change.calls[1].call.settles == ()
    assert change.calls[1].call.target == PUT


def test_a_holder_that_is_written_itself_is_written_last_and_nothing_gives_back() -> None:
    made = plan([dataset(), version("v1", current=True), version("v2")], live_version("v1", current=False))
    assert writes(made) == {
        "v1": [(2, (1,), "PUT", {"current_version_id": "d1/v1-id"})],
        "v2": [(1, (), "POST", {"version_name": "v2"})],
    }


def test_a_holder_that_is_made_too_comes_after_the_others_and_is_switched_to_by_its_own_id() -> None:
    made = plan([dataset(), version("a", current=True), version("b"), version("c")])
    calls = writes(made)
    assert [each[0] for each in calls["b"] + calls["c"]] == [1, 2]
    (publish, switch) = calls["a"]
    assert publish[:3] == (3, (1, 2), "POST")
    own = Reference(Address("modelarts", "DatasetVersion", "a"))
    assert switch == (4, (3,), "PUT", {"current_version_id": own})


def test_without_a_holder_nothing_is_given_back() -> None:
    made = plan([dataset(), version("v1"), version("v2")], live_version("v1", current=True))
    assert writes(made) == {"v1": [], "v2": [(1, (), "POST", {"version_name": "v2"})]}


def test_what_is_made_below_another_parent_concerns_nobody() -> None:
    made = plan(
        [dataset(), dataset("b"), version("v1", current=True), version("v2", "b")], live_version("v1", current=True)
    )
    assert [each[2] for each in writes(made)["v2"]] == ["POST"]


def test_a_holder_that_is_blocked_gets_nothing_back() -> None:
    fixed = version("v1", current=True, format="CSV", meta=Meta())
    live = LiveObject("d1/v1-id", ("animals", "v1"), {"current": True, "format": "Default"})
    made = plan([dataset(), fixed, version("v2")], live)
    assert {each.address.name: each.action for each in made.changes} == {
        "v1": Action.BLOCKED,
        "v2": Action.CREATE,
    }
    assert [each[2] for each in writes(made)["v2"]] == ["POST"]


def test_where_the_order_contradicts_what_refers_to_what_that_counts() -> None:
    holder = Address("modelarts", "DatasetVersion", "a")
    made = plan([dataset(), version("a", current=True), version("b", depends_on=(holder,))])
    assert [each[0] for each in writes(made)["a"]] == [1, 2]
    assert [each[:2] for each in writes(made)["b"]] == [(3, (2,))]


def test_two_holders_below_one_parent_are_refused_and_below_two_are_not() -> None:
    with pytest.raises(DsopsError, match=r"v2 and modelarts/DatasetVersion/v1 both have current, and only one of anim"):
        declare([dataset(), version("v1", current=True), version("v2", current=True)], KINDS)
    both = [dataset(), dataset("b"), version("v1", current=True), version("v2", "b", current=True)]
    assert len(declare(both, KINDS).keys) == 4


def test_a_hint_is_neither_compared_nor_recorded_and_goes_along_with_what_differs() -> None:
    renamed = dataset(labels=[{"name": "hound", "renamedFrom": "dog"}])
    declared = declare([renamed], KINDS)
    assert "labels.renamedFrom" not in declared.attributes[ANIMALS]
    assert declared.hints == {ANIMALS: {"labels.renamedFrom": {"dog": "hound"}}}

    def planned(*names: str) -> Plan:
        live = live_dataset(labels=[{"name": name} for name in names])
        state = State("l", 1, "zoo", None, {ANIMALS: recorded(renamed, live)})
        seen = Observation({Scope("ma", "modelarts/Dataset", ()): Listing((live,))}, {}, {}, {}, 0)
        return make_plan(Inputs(STACK, declared, state, seen, KINDS, dt.date(2026, 1, 1)))

    (change,) = planned("dog").changes
    (call,) = change.calls
    assert call.call.body == {
        "update_labels": [{"name": "dog", "property": {"@modelarts:rename_to": "hound"}}],
    }
    assert change.after is not None
    assert "labels.renamedFrom" not in change.after.attributes
    assert [each.path for each in change.fields] == ["labels"]
    assert planned("hound").changes == ()
