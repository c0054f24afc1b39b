"""Operations of GEAI: what is asked, what is relied on, what a row looks like as cells."""

from typing import Any

import pytest

from dsops.model import THE_ANSWER, Call, Entry, Flow, Page, RemoteError, Response
from dsops.providers import provider
from dsops.providers.geai.operations import OPERATIONS, row_cells
from tests.support.planning import FORBIDDEN, drive
from tests.unit.providers.geai.samples import PLAIN, WHOLE, answered, answered_source, answered_variable

KEY = ("faq-eval",)
DATASET = {"dataSetId": "d1", "dataSetName": "faq-eval"}


def asked(flow: Flow, *bodies: Any) -> tuple[list[Call], Any]:
    """Drive a flow; return its calls and what it found."""
    calls = [next(flow)]
    for body in bodies:
        try:
            calls.append(flow.send(Response(200, body=body)))
        except StopIteration as done:
            return calls, done.value
    raise AssertionError("the flow asks more than it was to")


def get(**arguments: str) -> Flow:
    return OPERATIONS["dataset get"].flow(KEY, {"id": "d1", **arguments})


def test_the_provider_offers_them_under_the_words_of_the_commands() -> None:
    assert provider("geai").operations is OPERATIONS
    assert sorted(OPERATIONS) == ["dataset export", "dataset get", "dataset list"]


def test_datasets_are_listed_without_their_rows() -> None:
    (call,), page = asked(OPERATIONS["dataset list"].flow((), {}), [DATASET])
    assert (call.method, call.target, call.stream) == ("GET", "/dataSetApi/dataSets", "rows")
    assert page == Page((Entry(KEY, DATASET),))


def test_a_dataset_is_what_the_provider_says_of_it() -> None:
    (call,), entry = asked(get(), {**DATASET, "unknown": 1})
    assert (call.target, call.stream) == ("/dataSetApi/dataSet/d1", "rows")
    assert entry == Entry(KEY, {**DATASET, "unknown": 1})


def test_a_row_comes_with_its_lists_of_sources_and_variables() -> None:
    sources, variables = [answered_source("s1", "atlas")], [answered_variable("v1", "region", "eu")]
    calls, entry = asked(get(row="r1"), answered(expectedSources=[]), sources, variables)
    row = "/dataSetApi/dataSet/d1/dataSetRow/r1"
    assert [(call.method, call.target) for call in calls] == [
        ("GET", row),
        ("GET", f"{row}/dataSetRowExpectedSources"),
        ("GET", f"{row}/dataSetRowFilterVariables"),
    ]
    assert entry.key == ("faq-eval", "r1")
    assert entry.document == {**answered(), "expectedSources": sources, "filterVariables": variables}


def test_one_source_and_one_variable_of_a_row() -> None:
    source, variable = answered_source("s1", "atlas"), answered_variable("v1", "region", "eu")
    row = "/dataSetApi/dataSet/d1/dataSetRow/r1"
    (call,), entry = asked(get(row="r1", source="s1"), source)
    assert (call.target, entry) == (f"{row}/dataSetRowExpectedSource/s1", Entry(("faq-eval", "r1", "s1"), source))
    (call,), entry = asked(get(row="r1", variable="v1"), variable)
    assert (call.target, entry) == (f"{row}/dataSetRowFilterVariable/v1", Entry(("faq-eval", "r1", "v1"), variable))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"source": "s1"}, "the source of which row"),
        ({"variable": "v1"}, "the variable of which row"),
        ({"row": "r1", "source": "s1", "variable": "v1"}, "not both at once"),
    ],
)
def test_what_names_nothing_is_refused_before_any_call(arguments: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        get(**arguments)


def test_an_export_streams_the_rows_as_a_manifest_has_them() -> None:
    operation = OPERATIONS["dataset export"]
    (call,), _ = asked(operation.flow(KEY, {"id": "d1"}), [])
    assert (call.method, call.target, call.stream) == ("GET", "/dataSetApi/dataSet/d1/dataSetRows", THE_ANSWER)
    assert operation.row is not None
    assert operation.row(answered()) == WHOLE
    with pytest.raises(ValueError, match="r1"):
        operation.row(answered(dataSetRowInput=5))


@pytest.mark.parametrize("body", [None, {}, "x", 5, [5], DATASET | {"dataSetId": "d2"}, {"dataSetId": "d1", "x": []}])
def test_another_answer_is_no_answer(body: Any) -> None:
    asks = [OPERATIONS["dataset list"].flow((), {}), get(row="r1"), get(row="r1", source="s1")]
    for flow in (*asks, OPERATIONS["dataset export"].flow(KEY, {"id": "d1"})):
        with pytest.raises(RemoteError, match="can't be relied on"):
            drive(flow, Response(200, body=body))
    if body != {"dataSetId": "d1", "x": []}:
        with pytest.raises(RemoteError, match="can't be relied on"):
            drive(get(), Response(200, body=body))


def test_a_refusal_is_passed_on() -> None:
    for operation in OPERATIONS.values():
        with pytest.raises(Exception, match="lacks"):
            drive(operation.flow(KEY, {"id": "d1"}), FORBIDDEN)


def test_cells_are_named_as_row_files_name_columns_and_come_in_order() -> None:
    cells = row_cells(WHOLE)
    assert {name: value for (_, name), value in cells.items()} == {
        "input": "What is the capital of France?",
        "expectedAnswer": "Paris",
        "contextDocument": "Atlas, page 7",
        "expectedSources.0.name": "atlas",
        "expectedSources.0.value": "France: Paris",
        "expectedSources.0.extension": "txt",
        "filterVariables.0.metadataType": "V",
        "filterVariables.0.key": "region",
        "filterVariables.0.operator": "=",
        "filterVariables.0.value": "eu",
    }
    assert list(cells) == sorted(cells)
    many = row_cells({**PLAIN, "expectedSources": [{"name": str(at), "value": ""} for at in range(11)]})
    assert [name for _, name in sorted(many)][-3:] == [
        f"expectedSources.10.{each}" for each in ("name", "value", "extension")
    ]
