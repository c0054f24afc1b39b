"""Every file below ``tests/cases`` is a plan: what is declared, recorded and live, and what is to come of it.

A case names what it is about, and then only what matters for it:

=============== =======================================================================================
desired         manifest documents
recorded        address to record (``tests/support/planning.py``, ``tests/support/evaluations.py``)
live            connection to ``project/dataset`` to the document of the provider (of Vi: ``tests/support/shelves.py``)
connections     name to endpoint; default: cm, or for geai evals
traits          endpoint to what was learned of how its provider behaves
safety          limits of the stack file
settings        what the person asked for, by the names of the planner's ``Settings``
today           the day, for ignores that run out
expect          changes, guards, noop, diagnostics; or error: words of the refusal
=============== =======================================================================================

All changes are named, and all their calls, each with its number and those it follows (``after``, default none),
its connection (``on``, default the only one) and its body. ``fields`` may be left out where everything is made anew.
``notes`` names words that appear in the notes. ``rows`` of a change is what the document says of its rows: where a list
names keys alone, only those are compared, and of counts only those given. ``rows`` of ``expect`` is the summary's.
A call with rows names the inputs of those it ``sends``.
"""

import dataclasses
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest

from dsops.manifest import parse
from dsops.model import KNOWN_AFTER_APPLY, Action, Address, DsopsError, Plan, PlannedCall, Reason, digest
from dsops.planner import Inputs, SavedPlan, dump_plan, load_plan, make_plan, plan_document
from tests.support import evaluations, shelves
from tests.support.planning import CONNECTIONS, KINDS, TODAY, inputs_of, load_stack, state_of

CASES = Path(__file__).resolve().parents[2] / "cases"
FILES = sorted(CASES.rglob("*.yaml"))
_MADE_ANEW = {"create", "replace"}


def read(path: Path) -> dict[str, Any]:
    """Read a case as dsops reads manifests: dates and times stay text, ``no`` is a country."""
    parsed = parse(path.read_bytes(), path.name)
    assert parsed.diagnostics == (), parsed.diagnostics
    (document,) = parsed.documents
    case: dict[str, Any] = document.value
    return case


def inputs(case: dict[str, Any], folder: Path, provider: str) -> Inputs:
    connections = case.get("connections", CONNECTIONS[provider])
    stack, resources = load_stack(folder, case.get("desired", []), connections, case.get("safety", {}), provider)
    asked: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in case.get("settings", {}).items()
    }
    asked["today"] = dt.date.fromisoformat(case["today"]) if "today" in case else TODAY
    recorded, live = case.get("recorded", {}), case.get("live", {})
    if provider == "geai":
        return evaluations.inputs_of(stack, resources, recorded, live, case.get("traits", {}), **asked)
    if provider == "vi":
        return shelves.inputs_of(stack, resources, recorded, live, **asked)
    return inputs_of(stack, resources, state_of(recorded), live, **asked)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CASES).with_suffix("")))
def test_case(path: Path, tmp_path: Path) -> None:
    case = read(path)
    assert set(case) <= {
        "about", "desired", "recorded", "live", "connections", "traits", "safety", "settings", "today", "expect"
    }  # fmt: skip
    provider = path.relative_to(CASES).parts[0]
    expect = case["expect"]
    if "error" in expect:
        with pytest.raises(DsopsError) as refused:
            make_plan(inputs(case, tmp_path, provider))
        assert expect["error"] in str(refused.value)
        return
    made = inputs(case, tmp_path, provider)
    plan = make_plan(made)
    document = plan_document(plan)
    sent = {each.id: _inputs_sent(each, change.address, made) for change in plan.changes for each in change.calls}
    _check_changes(document["changes"], expect.get("changes", {}), next(iter(CONNECTIONS[provider])), sent)
    assert [each["name"] for each in document["guards"]] == expect.get("guards", [])
    assert document["summary"]["noop"] == expect.get("noop", 0)
    assert document["summary"]["rows"] == {"create": 0, "update": 0, "delete": 0, "noop": 0, **expect.get("rows", {})}
    said = [each["summary"] for each in document["diagnostics"]]
    assert len(said) == len(expect.get("diagnostics", []))
    for words in expect.get("diagnostics", []):
        assert any(words in each for each in said), said
    _check_calls(document, made)
    _check_saved(plan, made)


def _check_changes(
    changes: list[dict[str, Any]], expected: dict[str, Any], connection: str, sent: dict[int, list[str]]
) -> None:
    assert {each["address"]: (each["action"], each["reason"]) for each in changes} == {
        address: (each["action"], each["reason"]) for address, each in expected.items()
    }
    for change in changes:
        want = expected[change["address"]]
        fields = [[each["path"], each["before"], each["after"], each["cause"]] for each in change["fields"]]
        if "fields" in want or change["action"] not in _MADE_ANEW:
            assert fields == want.get("fields", []), change["address"]
        for words in want.get("notes", []):
            assert any(words in note for note in change["notes"]), (change["address"], change["notes"])
        calls = [_compact(each, sent) for each in change["calls"]]
        assert calls == [{"after": [], "on": connection, **each} for each in want.get("calls", [])], change["address"]
        _check_rows(change.get("rows"), want.get("rows"))


def _compact(call: dict[str, Any], sent: dict[int, list[str]]) -> dict[str, Any]:
    body = {"body": call["body"]} if "body" in call else {}
    rows = {"sends": sent[call["id"]]} if sent[call["id"]] else {}
    assert "rows" not in call or "body" in call or call["rows"] == (len(sent[call["id"]]) or 1)
    return {
        "id": call["id"],
        "after": call["after"],
        "on": call["connection"],
        "call": f"{call['method']} {call['path']}",
        **body,
        **rows,
    }


def _inputs_sent(planned: PlannedCall, address: Address, made: Inputs) -> list[str]:
    """Return the inputs of the rows that a call sends; check that the body is what the plan says it is."""
    rows = planned.call.rows
    if rows is None or rows.body is None:
        return []
    values = list(made.rows[address].declared.values(rows.body.numbers))
    body = rows.body.encode([evaluations.codec().document(each) for each in values])
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (planned.body_sha256, rows.body.size)
    return [each[0] for each in values]


def _check_rows(rows: dict[str, Any] | None, want: dict[str, Any] | None) -> None:
    assert (rows is None) == (want is None)
    if rows is None or want is None:
        return
    assert rows["counts"].items() >= want.get("counts", {}).items()
    for name in ("create", "update", "delete"):
        expected = want.get(name, [])
        assert [each["key"] for each in rows[name]] == [
            each if isinstance(each, str) else each["key"] for each in expected
        ]
        for row, each in zip(rows[name], expected, strict=True):
            assert isinstance(each, str) or row.items() >= each.items(), row
    assert rows["counts"].items() >= {name: len(want.get(name, [])) for name in ("create", "update", "delete")}.items()
    assert rows["fields"] == want.get("fields", {})


def _check_calls(document: dict[str, Any], made: Inputs) -> None:
    """What holds of every plan: numbers without gaps, each call after lower ones, digests of what is known."""
    calls = sorted((call for change in document["changes"] for call in change["calls"]), key=lambda each: each["id"])
    assert [call["id"] for call in calls] == list(range(1, len(calls) + 1))
    for call in calls:
        assert all(1 <= before < call["id"] for before in call["after"])
        if "rows" in call and "body" not in call:
            assert (call["bodySha256"] is None) == (call["method"] == "DELETE")
            continue
        late = "body" not in call or KNOWN_AFTER_APPLY in str(call["body"])
        assert call["bodySha256"] == (None if late else digest(call["body"]))
    ours = {str(address) for address in (*made.declared.resources, *made.state.records)}
    assert {change["address"] for change in document["changes"]} <= ours


def _check_saved(plan: Plan, made: Inputs) -> None:
    saved = SavedPlan(plan, made.stack, made.settings.destroy)
    data = dump_plan(saved, {address: side.declared for address, side in made.rows.items()})
    loaded = load_plan(data)
    assert dataclasses.replace(loaded, rows={}) == saved
    assert dump_plan(loaded) == data
    sending = {change.address: change for change in plan.changes if any(_needs_rows(each) for each in change.calls)}
    assert loaded.rows.keys() == sending.keys()
    for address, change in sending.items():
        rows, side = loaded.rows[address], made.rows[address]
        assert len(rows) == len(side.declared)
        for each in change.calls:
            numbers = _needs_rows(each)
            assert list(rows.values(numbers)) == list(side.declared.values(numbers))
            assert [rows.source(number) for number in numbers] == [side.declared.source(number) for number in numbers]


def _needs_rows(planned: PlannedCall) -> list[int]:
    rows = planned.call.rows
    if rows is None:
        return []
    return list(rows.body.numbers) if rows.body is not None else [rows.number] if rows.number is not None else []


def test_every_action_and_every_reason_has_a_case() -> None:
    changes = [change for path in FILES for change in read(path)["expect"].get("changes", {}).values()]
    assert {change["action"] for change in changes} == set(Action) - {Action.NOOP}
    assert {change["reason"] for change in changes} == set(Reason) - {Reason.UNCHANGED}


def test_every_guard_has_a_case() -> None:
    tripped = {name for path in FILES for name in read(path)["expect"].get("guards", [])}
    assert tripped == {
        "maxDeletes", "maxDeletePercent", "maxUpdatePercent", "nothingDeclared", "rowsEmptied", "endpointChanged"
    }  # fmt: skip


def test_cases_are_named_by_their_kind() -> None:
    for path in FILES:
        assert path.parent.relative_to(CASES).as_posix() in KINDS
        assert read(path)["about"]
    assert Address.parse("uipath/Dataset/x").type == "uipath/Dataset"
