"""Every call of the provider is one that the API description knows, and nearly every operation of it is among them."""

from collections.abc import Iterator
from typing import Any

import pytest

from dsops.model import PARENT_ID, Call, Effect, LiveObject, Response
from dsops.providers import kinds
from dsops.providers.vi import Vi
from dsops.providers.vi.operations import OPERATIONS
from tests.contract.openapi import VI
from tests.unit.providers.vi.samples import CONNECTION, dataset, page

DATASET, EXPORT = kinds()["vi/Dataset"], kinds()["vi/Export"]
KEY = ("shelves",)
LIVE = LiveObject("d1", KEY, {})
EXPORTED = LiveObject("d1/e1", (*KEY, "ViFull-normalized"), {})
FIELDS = {"type": "vqa", "content": "Image", "description": ""}
PLAIN = EXPORT.normalise({})


def asked(flow: Any, *bodies: Any) -> Iterator[Call]:
    yield next(flow)
    for body in bodies:
        yield flow.send(body if isinstance(body, Response) else Response(200, body=body))


def operation(name: str, *bodies: Any, **arguments: Any) -> Iterator[Call]:
    return asked(OPERATIONS[f"dataset {name}"].flow(KEY, {"id": "d1", **arguments}), *bodies)


def calls() -> Iterator[Call]:
    """Yield every call that the provider can describe."""
    yield from DATASET.create(KEY, FIELDS)
    yield from DATASET.create(KEY, {"name": "shelves", "type": "freeform"})
    yield from DATASET.update(LIVE, {"description": "x", "name": "racks"})
    yield from DATASET.delete(LIVE)
    yield from asked(DATASET.listing(()), page([], "token"))
    yield from asked(DATASET.reading(KEY, "d1"))
    yield from asked(DATASET.waiting(Effect.DELETE, LIVE))
    for ratio in (None, 0.8):
        yield from EXPORT.create(EXPORTED.key, {**PLAIN, "splitRatio": ratio, PARENT_ID: "d1"})
    yield from asked(EXPORT.listing(KEY), page([dataset()]), page([], "token"))
    yield from asked(EXPORT.reading(EXPORTED.key, "d1/e1"))
    yield from asked(EXPORT.waiting(Effect.CREATE, EXPORTED))
    yield from operation("list")
    yield from operation("get")
    yield from operation("exports")
    yield from operation("exports", export="e1")
    yield from operation("download", page([]))
    yield from operation("download", export="e1")
    yield from operation("prune", filter={"a": 1}, strict=True, metadataQuery="m", ruleQuery="r")
    yield from operation("prune", {"count": 1}, filter="x", strict=True, metadataQuery="m", ruleQuery="r", preview=True)
    yield from operation("prune", job="s1")


CALLS = [Vi().prepared(CONNECTION, call) for call in calls()]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.target}")
def test_each_call_is_described(call: Call) -> None:
    assert VI.request_problems(call.method, call.target, call.body) == []
    assert (call.effect is None) == (call.method == "GET")


def test_each_operation_but_one_is_a_call_of_the_provider() -> None:
    described = set(VI.operations)
    missing = described - {VI.find(call.method, call.target)[:2] for call in CALLS}
    # Sessions are asked for one by one: whoever began one knows its id.
    assert missing == {("GET", "/workspaces/{organizationId}/datasets/{datasetId}/deleteManyAssetsSessions")}
    assert len(described) == 14
