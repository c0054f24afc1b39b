"""Every file below ``tests/cases`` is a plan: what is declared, recorded and live, and what is to come of it.

A case names what it is about, and then only what matters for it:

=============== =======================================================================================
desired         manifest documents
recorded        address to record (``tests/support/planning.py``)
live            connection to ``project/dataset`` to the document of the provider
connections     name to endpoint; default: cm
safety          limits of the stack file
settings        what the person asked for, by the names of the planner's ``Settings``
today           the day, for ignores that run out
expect          changes, guards, noop, diagnostics; or error: words of the refusal
=============== =======================================================================================

All changes are named, and all their calls, each with its number and those it follows (``after``, default none),
its connection (``on``, default cm) and its body. ``fields`` may be left out where everything is made anew. ``notes``
names words that appear in the notes.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dsops.manifest import parse
from dsops.model import KNOWN_AFTER_APPLY, Action, Address, DsopsError, Plan, Reason, digest
from dsops.planner import Inputs, SavedPlan, dump_plan, load_plan, make_plan, plan_document
from tests.support.planning import ENDPOINT, TODAY, inputs_of, load_stack, state_of

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


def inputs(case: dict[str, Any], folder: Path) -> Inputs:
    connections = case.get("connections", {"cm": ENDPOINT})
    stack, resources = load_stack(folder, case.get("desired", []), connections, case.get("safety", {}))
    asked: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in case.get("settings", {}).items()
    }
    today = dt.date.fromisoformat(case["today"]) if "today" in case else TODAY
    return inputs_of(stack, resources, state_of(case.get("recorded", {})), case.get("live", {}), today=today, **asked)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CASES).with_suffix("")))
def test_case(path: Path, tmp_path: Path) -> None:
    case = read(path)
    assert set(case) <= {
        "about", "desired", "recorded", "live", "connections", "safety", "settings", "today", "expect"
    }  # fmt: skip
    expect = case["expect"]
    if "error" in expect:
        with pytest.raises(DsopsError) as refused:
            make_plan(inputs(case, tmp_path))
        assert expect["error"] in str(refused.value)
        return
    made = inputs(case, tmp_path)
    plan = make_plan(made)
    document = plan_document(plan)
    _check_changes(document["changes"], expect.get("changes", {}))
    assert [each["name"] for each in document["guards"]] == expect.get("guards", [])
    assert document["summary"]["noop"] == expect.get("noop", 0)
    said = [each["summary"] for each in document["diagnostics"]]
    assert len(said) == len(expect.get("diagnostics", []))
    for words in expect.get("diagnostics", []):
        assert any(words in each for each in said), said
    _check_calls(document, made)
    _check_saved(plan, made)


def _check_changes(changes: list[dict[str, Any]], expected: dict[str, Any]) -> None:
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
        calls = [_compact(each) for each in change["calls"]]
        assert calls == [{"after": [], "on": "cm", **each} for each in want.get("calls", [])], change["address"]


def _compact(call: dict[str, Any]) -> dict[str, Any]:
    body = {"body": call["body"]} if "body" in call else {}
    return {
        "id": call["id"],
        "after": call["after"],
        "on": call["connection"],
        "call": f"{call['method']} {call['path']}",
        **body,
    }


def _check_calls(document: dict[str, Any], made: Inputs) -> None:
    """What holds of every plan: numbers without gaps, each call after lower ones, digests of what is known."""
    calls = sorted((call for change in document["changes"] for call in change["calls"]), key=lambda each: each["id"])
    assert [call["id"] for call in calls] == list(range(1, len(calls) + 1))
    for call in calls:
        assert all(1 <= before < call["id"] for before in call["after"])
        late = "body" not in call or KNOWN_AFTER_APPLY in str(call["body"]) or KNOWN_AFTER_APPLY in call["path"]
        assert call["bodySha256"] == (None if late else digest(call["body"]))
    ours = {str(address) for address in (*made.declared.resources, *made.state.records)}
    assert {change["address"] for change in document["changes"]} <= ours


def _check_saved(plan: Plan, made: Inputs) -> None:
    saved = SavedPlan(plan, made.stack, made.settings.destroy)
    assert load_plan(dump_plan(saved)) == saved


def test_every_action_and_every_reason_has_a_case() -> None:
    changes = [change for path in FILES for change in read(path)["expect"].get("changes", {}).values()]
    assert {change["action"] for change in changes} == set(Action) - {Action.NOOP}
    assert {change["reason"] for change in changes} == set(Reason) - {Reason.UNCHANGED}


def test_every_guard_has_a_case() -> None:
    tripped = {name for path in FILES for name in read(path)["expect"].get("guards", [])}
    assert tripped == {"maxDeletes", "maxDeletePercent", "maxUpdatePercent", "nothingDeclared", "endpointChanged"}


def test_cases_are_named_by_their_kind() -> None:
    for path in FILES:
        assert path.parent.relative_to(CASES).as_posix() in {"uipath/Dataset", "uipath/Stream"}
        assert read(path)["about"]
    assert Address.parse("uipath/Dataset/x").type == "uipath/Dataset"
