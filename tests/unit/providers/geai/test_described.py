"""Every call of the provider is one that the API description knows, and every operation of the API is among them."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pytest

from dsops.model import Call, Effect, Form, LiveObject, LiveRow, Response
from dsops.providers import kinds
from dsops.providers.geai.operations import OPERATIONS
from tests.contract.openapi import GEAI
from tests.unit.providers.geai.samples import WHOLE_VALUES, answered, answered_source

DATASET = kinds()["geai/Dataset"]
KEY = ("faq-eval",)
LIVE = LiveObject("d1", KEY, {})
FIELDS = {"description": "", "type": "E", "active": False}


def asked(operation: str, *bodies: Any, **arguments: str) -> Iterator[Call]:
    """Yield the calls of an operation."""
    flow = OPERATIONS[operation].flow(KEY, {"id": "d1", **arguments})
    yield next(flow)
    for body in bodies:
        yield flow.send(Response(200, body=body))


def calls() -> Iterator[tuple[Call, Any]]:
    """Yield every call that the provider can describe, with its body's content."""
    for call in (*DATASET.create(KEY, FIELDS), *DATASET.update(LIVE, FIELDS | {"name": "x"}), *DATASET.delete(LIVE)):
        yield call, call.body
    for read in (next(DATASET.listing(())), next(DATASET.reading(KEY, "d1"))):
        yield read, None
    yield from row_calls()
    for read in (
        *asked("dataset list"),
        *asked("dataset get"),
        *asked("dataset get", answered(), [answered_source("s1", "a")], row="r1"),
        *asked("dataset get", row="r1", source="s1"),
        *asked("dataset get", row="r1", variable="v1"),
        *asked("dataset export"),
    ):
        yield read, None


def row_calls() -> Iterator[tuple[Call, Any]]:
    rows = DATASET.rows
    assert rows is not None
    row = LiveRow("r1", WHOLE_VALUES)
    yield next(rows.reading("d1", "r1")), None
    for call, count in (
        (rows.create(KEY, FIELDS, [0, 1]), 2),
        (rows.upload("d1", [0, 1]), 2),
        (rows.upload("d1", [0]), 1),
        (rows.update("d1", row, [0], nested=True), 1),
        (rows.update("d1", row, [0], nested=False), 1),
    ):
        assert call.rows is not None
        assert call.rows.body is not None
        yield call, orjson.loads(call.rows.body.encode([rows.document(WHOLE_VALUES)] * count))
    yield rows.delete("d1", row), None
    for wanted in (("", "", "", [], []), ("", "", "", [["a", "", ""]], [["V", "k", "", ""]])):
        for live in (answered(), answered(expectedSources=[], filterVariables=[])):
            for call in rows.finer("d1", live, wanted):
                yield call, call.body


CALLS = list(calls())


@pytest.mark.parametrize(
    ("call", "body"), CALLS, ids=lambda each: f"{each.method} {each.target}" if isinstance(each, Call) else ""
)
def test_each_call_is_described(call: Call, body: Any) -> None:
    assert GEAI.request_problems(call.method, call.target, body) == []
    template = GEAI.find(call.method, call.target)[:2]
    operation = GEAI.operations[template]
    assert not operation.get("deprecated")
    content: Sequence[str] = list(operation.get("requestBody", {}).get("content", {}))
    assert ("multipart/form-data" in content) == (call.form is Form.FILE)
    assert (call.effect is None) == (call.method == "GET")
    assert call.effect is not Effect.DELETE or template == ("DELETE", "/dataSetApi/dataSet/{dataSetId}")


def test_each_operation_of_the_api_is_a_call_of_the_provider() -> None:
    described = {place for place, operation in GEAI.operations.items() if not operation.get("deprecated")}
    assert len(described) == 22
    assert {GEAI.find(call.method, call.target)[:2] for call, _ in CALLS} == described
