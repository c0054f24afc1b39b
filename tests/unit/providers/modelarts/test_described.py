"""Every call of the provider is one that the API description knows."""

from collections.abc import Iterator
from typing import Any

import pytest

from dsops.model import OWN_ID, PARENT_ID, Call, Connection, Effect, Flow, LiveObject, Response, masked
from dsops.providers import kind_of, provider
from tests.contract.openapi import MODELARTS
from tests.unit.providers.modelarts.samples import SPEC, dataset, version

PROVIDER = provider("modelarts")
DATASET, VERSION = kind_of("modelarts/Dataset"), kind_of("modelarts/DatasetVersion")
KNOWN = Connection("ma", "modelarts", "https://modelarts.example.com", settings={"project": "p-17"})
D, V = "gfghHSokody6AJigS5A", "54IXbeJhfttGpL46lbv"
LABELS = [
    {
        "name": "a",
        "color": "#000000",
        "shape": "point",
        "shortcut": "a",
        "attributes": [
            {"name": "style", "type": "select", "values": ["jazz"]},
            {"name": "age", "type": "text", "defaultValue": "1"},
        ],
    },
    {"name": "hound", "renamedFrom": "dog"},
]
TABLE = {
    "type": "table",
    "dataSource": {
        "type": "dws",
        "userName": "u",
        "userPassword": "p",
        "clusterMode": "normal",
        "withColumnHeader": True,
        "schemaMaps": [{"source": "a", "destination": "b"}],
    },
    "workPath": "/b/out/",
    "dataFormat": "Default",
    "importData": True,
    "importAnnotations": False,
    "managed": False,
    "schema": [{"name": "a", "type": "STRING", "description": "b"}],
    "labelFormat": {"labelType": "0", "labelSeparator": ",", "sampleSeparator": ";"},
}
RELATION = {"name": "eats", "from": "animal", "to": "plant"}
TRIPLETS = {**SPEC, "type": "text-triplet", "labels": [{"name": "animal"}, {"name": "plant"}, RELATION]}
VERSION_SPEC = {
    "format": "CSV",
    "description": "First",
    "trainEvaluateRatio": "0.8",
    "clearHardProperty": False,
    "removeSampleUsage": True,
    "exportImages": True,
    "withColumnHeader": False,
    "current": True,
}


def asked(flow: Flow | None, *bodies: Any) -> Iterator[Call]:
    """Yield the calls of a flow, each answered with one of the bodies."""
    assert flow is not None
    yield next(flow)
    for body in bodies:
        yield flow.send(Response(200, body=body))


def calls() -> Iterator[Call]:
    """Yield every call that the provider can describe."""
    live = LiveObject(D, ("animals",), {"type": "image-classification", "labels": [{"name": "dog"}, {"name": "x"}]})
    released = LiveObject(f"{D}/{V}", ("animals", "V003"), {})
    declared = DATASET.normalise({**SPEC, "name": "animals", "labels": LABELS})
    for spec in (SPEC, TABLE, TRIPLETS, {**SPEC, "labels": LABELS}):
        yield from DATASET.create(("animals",), DATASET.normalise(spec))
    changed = {path: declared[path] for path in ("name", "description", "labels", "labels.renamedFrom")}
    yield from DATASET.update(live, changed)
    yield from DATASET.delete(live)
    yield from asked(DATASET.listing(()))
    yield from asked(DATASET.reading(("animals",)), {"datasets": []})
    yield from asked(DATASET.reading(("animals",), D))
    for effect in (Effect.CREATE, Effect.DELETE):
        yield from asked(DATASET.waiting(effect, live))
        yield from asked(VERSION.waiting(effect, released))
    attributes = VERSION.normalise(VERSION_SPEC)
    yield from VERSION.create(("animals", "V003"), {**attributes, PARENT_ID: D, OWN_ID: f"{D}/{V}"})
    yield from VERSION.update(released, {"current": True})
    yield from VERSION.delete(released)
    yield from asked(VERSION.listing(("animals",)), {"datasets": [dataset()]})
    yield from asked(VERSION.waiting(Effect.UPDATE, released), version())
    operations = PROVIDER.operations
    yield from asked(operations["dataset get"].flow(("animals",), {"id": D}))
    yield from asked(
        operations["dataset list"].flow((), {"type": "video", "preview": True, "version_ratio": "0.0,1.0"})
    )
    unknown = Connection("ma", "modelarts", "https://modelarts.example.com", settings={"region": "r"})
    yield from asked(PROVIDER.handshake(unknown))


CALLS = [PROVIDER.prepared(KNOWN, call) for call in calls()]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.target}")
def test_each_call_is_described(call: Call) -> None:
    assert MODELARTS.request_problems(call.method, call.target, masked(call.body)) == []
    operation = MODELARTS.operations[MODELARTS.find(call.method, call.target)[:2]]
    assert (call.effect is None) == (call.method == "GET")
    assert operation["x-permissions"] == ([call.permission] if call.permission else [])


def test_what_the_provider_leaves_aside_are_the_calls_for_labels_alone() -> None:
    made = {MODELARTS.find(call.method, call.target)[:2] for call in CALLS}
    assert all("labels" in path for _, path in MODELARTS.operations.keys() - made)
    assert len(made) == 10
