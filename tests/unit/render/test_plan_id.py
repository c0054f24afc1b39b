"""What a plan's id covers, and what it doesn't."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dsops.model import Call, Cause, FieldDiff, Guard, Plan, PlannedCall, Source, canonical, digest, warning
from dsops.planner.document import BODY_LIMIT, plan_document, plan_id
from tests.unit.render.samples import CREATED, EVERYTHING, ONLY_CREATES, UPDATED

PLAN = EVERYTHING


def with_change(**new: Any) -> Plan:
    changes = tuple(replace(each, **new) if each is UPDATED else each for each in PLAN.changes)
    return replace(PLAN, changes=changes)


@pytest.mark.parametrize(
    "same",
    [
        replace(PLAN, reads=99),
        replace(PLAN, diagnostics=(warning("something else"),)),
        replace(PLAN, endpoints={}),
        with_change(source=Source("moved.yaml", 1)),
        with_change(source=None),
    ],
)
def test_does_not_cover(same: Plan) -> None:
    assert plan_id(same) == plan_id(PLAN)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, stack="x"),
        replace(PLAN, env=None),
        replace(PLAN, lineage=None),
        replace(PLAN, serial=5),
        replace(PLAN, complete=False),
        replace(PLAN, noop=13),
        replace(PLAN, guards=()),
        replace(PLAN, guards=(*PLAN.guards, Guard("other", "", ""))),
        replace(PLAN, changes=PLAN.changes[1:]),
        with_change(notes=()),
        with_change(fields=(FieldDiff("title", 1, 2, Cause.DRIFT),)),
        with_change(calls=(PlannedCall(3, (1,), "mail", UPDATED.calls[0].call),)),
        with_change(calls=(PlannedCall(3, (), "other", UPDATED.calls[0].call),)),
        with_change(calls=(PlannedCall(3, (), "mail", Call("PUT", ("x",), body={"title": "x"})),)),
    ],
)
def test_covers(other: Plan) -> None:
    assert plan_id(other) != plan_id(PLAN)


def test_is_the_hash_of_the_document_itself() -> None:
    document = json.loads(json.dumps(plan_document(PLAN)))
    for key in ("planId", "diagnostics"):
        del document[key]
    del document["summary"]["reads"]
    for change in document["changes"]:
        del change["source"]
    assert digest(document) == plan_id(PLAN)


def test_a_body_beyond_the_limit_stands_as_its_digest() -> None:
    small = {"x": "a" * (BODY_LIMIT - len(canonical({"x": ""})))}
    for body, shown in ((small, True), ({"x": small["x"] + "a"}, False)):
        call = PlannedCall(1, (), "mail", Call("PUT", ("x",), body=body))
        [document] = plan_document(replace(PLAN, changes=(replace(CREATED, calls=(call,)),)))["changes"][0]["calls"]
        assert ("body" in document) is shown
        assert document["bodySha256"] == digest(body)


def test_a_late_body_has_no_digest() -> None:
    for call in ONLY_CREATES.calls:
        [document] = [
            each
            for change in plan_document(ONLY_CREATES)["changes"]
            for each in change["calls"]
            if each["id"] == call.id
        ]
        assert document["bodySha256"] == call.body_sha256
    early, late = (each["calls"][0] for each in plan_document(ONLY_CREATES)["changes"])
    assert len(early["bodySha256"]) == 64
    assert late["bodySha256"] is None
    assert late["body"]["stream"]["dataset_id"] == "(known after apply)"


def test_a_call_without_a_body_has_neither() -> None:
    call = PlannedCall(1, (), "mail", Call("DELETE", ("x y", "z/w"), (("force", "a b"),)))
    [document] = plan_document(replace(PLAN, changes=(replace(CREATED, calls=(call,)),)))["changes"][0]["calls"]
    assert document == {
        "id": 1,
        "after": [],
        "connection": "mail",
        "method": "DELETE",
        "path": "/x%20y/z%2Fw?force=a+b",
        "bodySha256": None,
    }
