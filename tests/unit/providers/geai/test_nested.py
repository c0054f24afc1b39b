"""The finer calls: the fewest that bring sources and variables to what they are to be."""

from typing import Any

import pytest

from dsops.model import Call, Effect, RemoteError, Repeat, RowAction
from dsops.providers import kinds
from tests.unit.providers.geai.samples import WHOLE_VALUES, answered, answered_source, answered_variable

SOURCES = "/dataSetApi/dataSet/d1/dataSetRow/r1/dataSetRowExpectedSource"
VARIABLES = "/dataSetApi/dataSet/d1/dataSetRow/r1/dataSetRowFilterVariable"


def finer(live: dict[str, Any], sources: Any = (), variables: Any = ()) -> tuple[Call, ...]:
    codec = kinds()["geai/Dataset"].rows
    assert codec is not None
    return codec.finer("d1", live, ("", "", "", list(map(list, sources)), list(map(list, variables))))


def places(calls: tuple[Call, ...]) -> list[tuple[str, str]]:
    return [(call.method, call.target) for call in calls]


def test_what_is_equal_needs_nothing() -> None:
    assert finer(answered(), WHOLE_VALUES[3], WHOLE_VALUES[4]) == ()
    assert finer(answered(expectedSources=None, filterVariables=[])) == ()


def test_a_changed_entry_is_one_put_of_all_its_fields() -> None:
    (call,) = finer(answered(filterVariables=[]), [("atlas", "Gallia", "pdf")])
    assert places((call,)) == [("PUT", f"{SOURCES}/s1")]
    assert call.body == {
        "dataSetExpectedSourceName": "atlas",
        "dataSetExpectedSourceValue": "Gallia",
        "dataSetexpectedSourceExtention": "pdf",
        "dataSetExpectedSourceExtension": "pdf",
    }
    assert (call.effect, call.repeat) == (Effect.UPDATE, Repeat.SAFE)
    (call,) = finer(answered(expectedSources=[]), [], [("V", "region", "!=", "eu")])
    assert places((call,)) == [("PUT", f"{VARIABLES}/v1")]
    assert call.body == {
        "dataSetMetadataType": "V",
        "dataSetRowFilterKey": "region",
        "dataSetRowFilterOperator": "!=",
        "dataSetRowFilterValue": "eu",
    }


def test_what_is_missing_is_posted_and_what_is_extra_deleted() -> None:
    added = finer(answered(expectedSources=[], filterVariables=[]), WHOLE_VALUES[3], WHOLE_VALUES[4])
    assert places(added) == [("POST", SOURCES), ("POST", VARIABLES)]
    assert {call.repeat for call in added} == {Repeat.APPEND}
    gone = finer(answered())
    assert places(gone) == [("DELETE", f"{SOURCES}/s1"), ("DELETE", f"{VARIABLES}/v1")]
    assert {(call.body, call.repeat) for call in gone} == {(None, Repeat.SAFE)}


def test_entries_of_one_name_become_one_another() -> None:
    live = answered(
        expectedSources=[answered_source("s1", "a", "1"), answered_source("s2", "b", "1")], filterVariables=[]
    )
    calls = finer(live, [("a", "2", "txt"), ("b", "2", "txt")])
    assert places(calls) == [("PUT", f"{SOURCES}/s1"), ("PUT", f"{SOURCES}/s2")]
    assert [call.body["dataSetExpectedSourceName"] for call in calls] == ["a", "b"]
    # The one whose name stays keeps its id, though the other one stands before it.
    (call, other) = finer(live, [("b", "2", "txt"), ("c", "2", "txt")])
    assert [(call.target[-2:], call.body["dataSetExpectedSourceName"])] == [("s2", "b")]
    assert [(other.target[-2:], other.body["dataSetExpectedSourceName"])] == [("s1", "c")]


def test_equal_entries_are_counted() -> None:
    twice = [answered_source("s1", "a"), answered_source("s2", "a")]
    live = answered(expectedSources=twice, filterVariables=[])
    assert places(finer(live, [("a", "", "txt")])) == [("DELETE", f"{SOURCES}/s2")]
    assert places(finer(live, [("a", "", "txt")] * 3)) == [("POST", SOURCES)]


def test_only_the_last_call_settles_the_row() -> None:
    live = answered(expectedSources=[answered_source("s1", "a"), answered_source("s2", "b")])
    calls = finer(live, [("a", "2", "txt")], [("V", "x", "=", "y"), ("V", "z", "=", "y")])
    writes = [call.rows for call in calls]
    assert all(each is not None and each.action is RowAction.UPDATE and each.remote_id == "r1" for each in writes)
    assert [each.settles for each in writes if each is not None] == [False] * (len(calls) - 1) + [True]
    assert [each.body for each in writes if each is not None] == [None] * len(calls)


@pytest.mark.parametrize(
    "live",
    [
        {},
        answered(dataSetRowId=5),
        answered(expectedSources=[{"dataSetExpectedSourceName": "a"}]),
        answered(expectedSources=[answered_source("", "a")]),
        answered(filterVariables=[{**answered_variable("v", "k", "v"), "dataSetRowFilterVarId": 5}]),
        answered(expectedSources="x"),
        answered(filterVariables=[5]),
    ],
)
def test_an_answer_without_ids_can_not_be_repaired(live: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        finer(live)
