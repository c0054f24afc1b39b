"""How each recorded object stands: drifted, gone, pending, unverifiable, or in sync."""

from typing import Any

import pytest

from dsops.model import (
    Address,
    Cause,
    Connection,
    DriftItem,
    Meta,
    Resource,
    RowItem,
    RowMode,
    RowSet,
    Source,
    Stack,
)
from dsops.planner import find_drift
from tests.support import evaluations
from tests.support.planning import ENDPOINT, inputs_of, state_of

STACK = Stack("mail", None, "/stack", "sqlite:s.db", {"cm": Connection("cm", "uipath", ENDPOINT)})


def dataset(name: str, meta: Meta | None = None, **spec: Any) -> Resource:
    return Resource(Address("uipath", "Dataset", name), "cm", {"project": "p", **spec}, meta or Meta())


def stream(name: str, parent: str, **spec: Any) -> Resource:
    above = Address("uipath", "Dataset", parent)
    address = Address("uipath", "Stream", name)
    return Resource(address, "cm", {"dataset": parent, **spec}, parent=above, depends_on=(above,))


def recorded(**attributes: Any) -> dict[str, Any]:
    return {"uipath/Dataset/a": {"id": "d1", "key": "p/a", "attributes": attributes}}


def states(*resources: Resource, records: dict[str, Any], live: dict[str, Any]) -> dict[str, str]:
    drift = find_drift(inputs_of(STACK, resources, state_of(records), {"cm": live}))
    return {str(item.address): item.state for item in drift.items}


def test_in_sync_is_counted_and_the_rest_is_named() -> None:
    live: dict[str, Any] = {"p/a": {"id": "d1", "title": "T"}, "p/z": {"id": "d9", "streams": {}}}
    drift = find_drift(inputs_of(STACK, [dataset("a", title="T")], state_of(recorded(title="T")), {"cm": live}))
    assert (drift.items, drift.in_sync, drift.found, drift.complete) == ((), 1, False, True)
    assert drift.unmanaged == ("uipath/Dataset p/z",)


def test_the_live_side_moved() -> None:
    live = {"p/a": {"id": "d1", "title": "X"}}
    assert states(dataset("a", title="T"), records=recorded(title="T"), live=live) == {"uipath/Dataset/a": "drifted"}
    assert states(dataset("a", title="N"), records=recorded(title="T"), live=live) == {"uipath/Dataset/a": "drifted"}


def test_only_the_manifest_moved() -> None:
    live = {"p/a": {"id": "d1", "title": "T"}}
    assert states(dataset("a", title="N"), records=recorded(title="T"), live=live) == {"uipath/Dataset/a": "pending"}
    switched = dataset("a", Meta(protect=True), title="T")
    assert states(switched, records=recorded(title="T"), live=live) == {"uipath/Dataset/a": "pending"}
    assert states(dataset("a"), records={}, live=live) == {"uipath/Dataset/a": "pending"}


def test_nobody_can_tell() -> None:
    live = {"p/a": {"id": "d1"}}
    declared = dataset("a", title="T")
    drift = find_drift(inputs_of(STACK, [declared], state_of(recorded(title="T")), {"cm": live}))
    (item,) = drift.items
    assert (item.state, [each.cause for each in item.fields]) == ("unverifiable", [Cause.UNVERIFIABLE])
    assert not drift.found


def test_gone_whether_declared_or_not_and_whoever_took_its_name() -> None:
    for live in ({}, {"p/a": {"id": "d9", "title": "T"}}):
        for resources in ((), (dataset("a", title="T"),)):
            assert states(*resources, records=recorded(title="T"), live=live) == {"uipath/Dataset/a": "gone"}


def test_what_is_declared_no_longer_is_held_against_its_record() -> None:
    assert states(records=recorded(title="T"), live={"p/a": {"id": "d1", "title": "X"}}) == {
        "uipath/Dataset/a": "drifted"
    }
    assert states(records=recorded(title="T"), live={"p/a": {"id": "d1", "title": "T"}}) == {
        "uipath/Dataset/a": "pending"
    }


def test_a_failed_lookup_hides_no_drift() -> None:
    attributes = {"title": "T", "model.version": 8, "model.labelThresholds": {"A": 0.5}}
    records = {
        **recorded(),
        "uipath/Stream/s": {"id": "s1", "key": "p/a/s", "parent": "uipath/Dataset/a", "attributes": attributes},
    }
    declared = (dataset("a"), stream("s", "a", title="T", model={"tag": "live", "labelThresholds": {"A": 0.5}}))
    model = {"version": 8, "label_thresholds": [{"name": ["A"], "threshold": 0.1}]}
    live = {"p/a": {"id": "d1", "tags": "forbidden", "streams": {"s": {"id": "s1", "title": "T", "model": model}}}}
    drift = find_drift(inputs_of(STACK, declared, state_of(records), {"cm": live}))
    (item,) = drift.items
    assert (item.state, [each.path for each in item.fields]) == ("drifted", ["model.labelThresholds.A"])
    assert (drift.found, drift.complete) == (True, False)


def test_a_replaced_parent_hides_no_drift() -> None:
    records = {
        "uipath/Dataset/a": {"id": "d1", "key": "p/a", "attributes": {"hasSentiment": True}, "replace": True},
        "uipath/Stream/s": {"id": "s1", "key": "p/a/s", "parent": "uipath/Dataset/a", "attributes": {"title": "T"}},
    }
    declared = (dataset("a", Meta(replace=True), hasSentiment=False), stream("s", "a", title="T"))
    live = {"p/a": {"id": "d1", "has_sentiment": True, "streams": {"s": {"id": "s1", "title": "X"}}}}
    assert states(*declared, records=records, live=live) == {
        "uipath/Dataset/a": "pending",
        "uipath/Stream/s": "drifted",
    }


def test_what_is_ignored_does_not_drift() -> None:
    from dsops.model import Ignore

    ignoring = dataset("a", Meta(ignore=(Ignore("title", "by hand"),)), title="T")
    assert states(ignoring, records=recorded(title="T"), live={"p/a": {"id": "d1", "title": "X"}}) == {}


EVALS = Stack(
    "evals", None, "/stack", "sqlite:s.db", {"evals": Connection("evals", "geai", "https://evals.example.com")}
)


def evaluation(mode: RowMode, *rows: str) -> Resource:
    """Return a dataset whose rows have an answer of their own each."""
    items = tuple(RowItem(answered(each), Source("faq.yaml", 9)) for each in rows)
    return Resource(Address("geai", "Dataset", "faq"), "evals", {}, rows=RowSet(mode, ("input",), items=items))


def answered(text: str) -> dict[str, str]:
    key, _, answer = text.partition("=")
    return {"input": key, "expectedAnswer": answer}


def rows_item(resource: Resource, applied: list[str], live: list[str]) -> DriftItem | None:
    mode = resource.rows.mode if resource.rows else RowMode.SYNC
    rows = {"mode": mode.value, "applied": [answered(each) for each in applied]}
    records = {"geai/Dataset/faq": {"id": "d1", "key": "faq", "attributes": {"name": "faq"}, "rows": rows}}
    there = {"id": "d1", "rows": [{"id": f"r{number}", **answered(each)} for number, each in enumerate(live)]}
    drift = find_drift(evaluations.inputs_of(EVALS, [resource], records, {"evals": {"faq": there}}, {}))
    assert len(drift.items) + drift.in_sync == 1
    return drift.items[0] if drift.items else None


@pytest.mark.parametrize(
    ("live", "counts"),
    [
        (["a=1", "b=theirs"], (0, 1, 0)),
        (["a=1"], (1, 0, 0)),
        (["a=1", "b=2", "c=3"], (0, 0, 1)),
        (["a=1", "renamed=2"], (0, 1, 0)),
        (["a=1", "b=2", "b=2"], (0, 0, 1)),
    ],
)
def test_rows_changed_behind_us(live: list[str], counts: tuple[int, int, int]) -> None:
    item = rows_item(evaluation(RowMode.SYNC, "a=1", "b=2"), ["a=1", "b=2"], live)
    assert item is not None
    assert item.rows is not None
    assert (item.state, item.rows.drifted) == ("drifted", 1)
    assert (item.rows.create, item.rows.update, item.rows.delete) == counts


def test_rows_that_the_sources_changed_are_pending() -> None:
    item = rows_item(evaluation(RowMode.SYNC, "a=1", "b=new", "n=3"), ["a=1", "b=2", "r=4"], ["a=1", "b=2", "r=4"])
    assert item is not None
    assert item.rows is not None
    assert (item.state, item.rows.drifted, item.rows.count) == ("pending", 0, 3)


def test_rows_that_the_mode_leaves_alone_have_not_drifted() -> None:
    assert rows_item(evaluation(RowMode.UPSERT, "a=1"), ["a=1"], ["a=1", "theirs=x", "a=theirs"]) is None
    assert rows_item(evaluation(RowMode.INSERT, "a=1"), ["a=1"], ["a=theirs"]) is None
    changed = rows_item(evaluation(RowMode.UPSERT, "a=1"), ["a=1"], ["a=theirs"])
    assert changed is not None
    assert changed.state == "drifted"
