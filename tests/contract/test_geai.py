"""The emulator against specs/geai.openapi.yaml: a tour through every operation, and both readings of what is valid."""

from collections.abc import Iterator
from typing import Any

import pytest

from dsops.emulator import DeleteAnswer, ExtensionField, GeaiSwitches, Options, RowPut, Upload, UploadAnswer
from dsops.emulator.geai import ALIASES, DOCUMENTED, OPERATIONS
from tests.contract.openapi import GEAI, check_soundness, count_valid_examples, variants
from tests.unit.emulator.evaluation import API, NOWHERE, PLAIN, ROW, Evaluation

SOURCE = {
    "dataSetExpectedSourceName": "n",
    "dataSetExpectedSourceValue": "v",
    "dataSetexpectedSourceExtention": "pdf",
    "dataSetExpectedSourceExtension": "pdf",
}
VARIABLE = ROW["filterVariables"][0]
DATASET = {"dataSetName": "other", "dataSetDescription": "D", "dataSetType": "E", "dataSetActive": False}
PLACES = dict.fromkeys(("dataSetId", "dataSetRowId", "dataSetExpectedSourceId", "dataSetRowFilterVarId"), NOWHERE)
MOST_SWITCHED = GeaiSwitches(
    extension_field=ExtensionField.BOTH,
    row_put=RowPut.MERGE,
    upload=Upload.ASYNC,
    upload_answer=UploadAnswer.SUMMARY,
    delete_answer=DeleteAnswer.EMPTY,
)


def tour(client: Evaluation) -> Iterator[tuple[str, str, Any]]:
    """Every operation, well done."""
    yield "GET", f"{API}/dataSets", None
    yield "POST", f"{API}/dataSet", DATASET
    yield "POST", f"{API}/dataSets", {"dataSetName": "third", "rows": None, "dataSetType": None}
    yield "POST", f"{API}/dataSet/FileUpload", {"dataSetName": "fourth", "rows": [ROW, PLAIN]}
    yield "GET", client.dataset, None
    yield "PUT", client.dataset, {"dataSetName": "renamed", "dataSetActive": False}
    yield "PUT", client.dataset, {"rows": [{"dataSetRowId": client.row[-36:]}, PLAIN]}
    yield "POST", f"{client.dataset}/dataSetRow", ROW
    yield "POST", f"{client.dataset}/dataSetRow/FileUpload", [ROW, PLAIN]
    yield "POST", f"{client.dataset}/dataSetRow/FileUpload", []
    yield "GET", f"{client.dataset}/dataSetRows", None
    yield "GET", client.row, None
    yield "PUT", client.row, {"dataSetRowInput": "q", "expectedSources": None}
    for nested, one, body in (
        ("dataSetRowExpectedSource", client.source, SOURCE),
        ("dataSetRowFilterVariable", client.variable, VARIABLE),
    ):
        yield "POST", f"{client.row}/{nested}", body
        yield "GET", f"{client.row}/{nested}s", None
        yield "GET", f"{client.row}/{nested}", None
        yield "GET", one, None
        yield "PUT", one, dict.fromkeys(body)
        yield "DELETE", one, None
    yield "PUT", client.row, ROW
    yield "DELETE", client.row, None
    yield "DELETE", client.dataset, None


def hold(client: Evaluation, method: str, path: str, body: Any, **options: Any) -> int:
    """Make a call, hold its answer against the description, and return its status."""
    response = client.call(method, path, body, **options)
    answered = response.json() if response.content else None
    assert response.headers.get("content-type") == ("application/json" if response.content else None)
    assert GEAI.answer_problems(method, path, response.status_code, answered) == []
    return response.status_code


def test_the_description_is_sound() -> None:
    check_soundness(GEAI)


def test_every_example_in_the_description_is_valid() -> None:
    assert count_valid_examples(GEAI, PLACES) >= 5


def test_the_emulator_serves_what_is_described_and_nothing_else() -> None:
    assert {(operation.method, operation.path) for operation in OPERATIONS} == set(GEAI.operations)
    assert len(DOCUMENTED) == 22
    twice = {key for key, operation in GEAI.operations.items() if operation.get("deprecated")}
    assert twice == {(operation.method, operation.path) for operation in ALIASES}
    names = {operation["operationId"] for operation in GEAI.operations.values()}
    assert {GEAI.operations[key]["x-alias-of"] for key in twice} <= names


@pytest.mark.parametrize(
    "switches",
    [
        GeaiSwitches(),
        GeaiSwitches(extension_field=ExtensionField.VENDOR, upload_answer=UploadAnswer.SUMMARY),
        GeaiSwitches(extension_field=ExtensionField.SDK, row_put=RowPut.IGNORE_NESTED, error_in_200=True),
        MOST_SWITCHED,
    ],
)
def test_a_tour_through_every_operation_keeps_to_the_description(switches: GeaiSwitches) -> None:
    client = Evaluation(Options(geai=switches))
    seen = set()
    for method, path, body in tour(client):
        assert GEAI.request_problems(method, path, body) == []
        later = switches.upload is Upload.ASYNC and path.endswith("FileUpload")
        assert hold(client, method, path, body) == (202 if later else 200), (method, path)
        seen.add(GEAI.find(method, path)[:2])
    assert seen == set(GEAI.operations)


def test_every_refusal_keeps_to_the_description() -> None:
    client = Evaluation()
    for method, path in GEAI.operations:
        concrete = path.format(**PLACES)
        assert hold(client, method, concrete, None, token=None) == 401
        assert hold(client, method, concrete, None, token="stranger") == 401
        if "requestBody" in GEAI.operations[method, path]:
            assert hold(client, method, concrete, "text") == 400
        if "404" in GEAI.operations[method, path]["responses"] and "requestBody" not in GEAI.operations[method, path]:
            assert hold(client, method, concrete, None) == 404
    for method, path, body in tour(client):
        missing = path.replace(client.faq, NOWHERE)
        if missing != path:
            assert hold(client, method, missing, body) == 404, (method, path)
    taken = {"dataSetName": "faq"}
    for method, path in (("POST", "/dataSet"), ("POST", "/dataSets"), ("POST", "/dataSet/FileUpload")):
        assert hold(client, method, f"{API}{path}", taken) == 409
    assert hold(client, "PUT", f"{API}/dataSet/{client.make('second')}", taken) == 409


def test_errors_in_a_200_have_the_form_of_any_error() -> None:
    client = Evaluation(Options(geai=GeaiSwitches(error_in_200=True)))
    response = client.call("POST", f"{API}/dataSet", {})
    assert response.status_code == 200
    assert GEAI.answer_problems("POST", f"{API}/dataSet", 400, response.json()) == []
    assert hold(client, "GET", f"{API}/dataSet/{NOWHERE}", None) == 404
    assert hold(client, "POST", f"{API}/dataSet", {"dataSetName": "faq"}) == 409


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{API}/dataSet", {**DATASET, "rows": [ROW]}),
        ("POST", f"{API}/dataSet/FileUpload", {**DATASET, "rows": [ROW]}),
        ("PUT", "{dataset}", {**DATASET, "rows": [{**PLAIN, "dataSetRowId": NOWHERE}]}),
        ("PUT", "{dataset}", {**DATASET, "rows": [PLAIN]}),
        ("POST", "{dataset}/dataSetRow", ROW),
        ("POST", "{dataset}/dataSetRow/FileUpload", [ROW, PLAIN]),
        ("PUT", "{row}", ROW),
        ("POST", "{row}/dataSetRowExpectedSource", SOURCE),
        ("PUT", "{source}", SOURCE),
        ("POST", "{row}/dataSetRowFilterVariable", VARIABLE),
        ("PUT", "{variable}", VARIABLE),
    ],
)
def test_the_emulator_and_the_description_agree_on_what_is_valid(method: str, path: str, body: Any) -> None:
    client = Evaluation()
    path = path.format(dataset=client.dataset, row=client.row, source=client.source, variable=client.variable)
    told = {True: 0, False: 0}
    for variant in (body, *variants(body)):
        described = GEAI.request_problems(method, path, variant) == []
        status = hold(client, method, path, variant)
        assert (status != 400) == described, (variant, status)
        told[described] += 1
    assert told[True]
    assert told[False]
