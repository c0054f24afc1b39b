"""The emulator against specs/vi.openapi.yaml: a tour through all operations, both readings of what is valid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import ViSwitches
from dsops.emulator.vi import OPERATIONS
from tests.contract.openapi import VI, check_soundness, count_valid_examples, variants
from tests.unit.emulator.shelving import DATASET, DATASETS, ERRORS, EXPORTS, FULL, NEW, NOWHERE, PRUNES, Shelving

PLACES = {
    "organizationId": "acme",
    "datasetId": "acme_nowhere",
    "datasetExportId": "nothing",
    "sessionId": "nothing",
}
EVERY_FILTER = (
    "s=1&sortBy=metadata.fileSize&o=desc&filter=%7B%22metadata.annotations.total%22%3A%200%7D&contents=y&pageAfter=n"
    "&metadataQuery=camera%3Dtop&ruleQuery=metadata.status%3Derror&strictQuery=y"
)
RENAMED = {"name": "racks", "description": "", "preference": {"dark": True, "zoom": "150%"}}
SPLIT = {"spec": {"format": "ViJsonl", "options": {"normalized": False, "splitRatio": 0.5}}}
BY_CAMERA = {"spec": {"metadataQuery": "camera=top", "strictQuery": True}}


def tour(client: Shelving) -> Iterator[tuple[str, str, Any]]:
    """Every operation, well done."""
    yield "GET", DATASETS, None
    yield "GET", f"{DATASETS}?s=1", None
    yield "POST", DATASETS, {**NEW, "datasetId": "shop-1"}
    yield "POST", DATASETS, {"name": "plain", "owner": "acme", "type": "freeform", "content": "Image"}
    yield "GET", f"{DATASETS}?s=1&p={client.good('GET', f'{DATASETS}?s=1')['nextPage']}", None
    yield "GET", DATASET, None
    yield "PATCH", DATASET, RENAMED
    yield "PATCH", DATASET, {}
    yield "POST", EXPORTS, FULL
    yield "POST", EXPORTS, SPLIT
    yield "POST", EXPORTS, {"spec": {"format": "Coco", "options": {"normalized": True}}}
    yield "GET", f"{EXPORTS}?s=2", None
    for export in client.good("GET", EXPORTS)["items"]:
        yield "GET", f"{EXPORTS}/{export['datasetExportId']}", None
    yield "GET", f"{DATASET}/assets", None
    yield "GET", f"{DATASET}/assets?{EVERY_FILTER}", None
    yield "GET", f"{DATASET}/assets:count?strictQuery=n", None
    yield "POST", PRUNES, ERRORS
    yield "POST", PRUNES, {"spec": {**ERRORS["spec"], "filter": {"filename": "none.png"}}}
    yield "GET", f"{PRUNES}?s=1", None
    for session in client.good("GET", PRUNES)["items"]:
        yield "GET", f"{PRUNES}/{session['deleteManyAssetsSessionId']}", None
    yield "DELETE", DATASET, None
    yield "GET", f"{DATASET}/deleteOperation", None


def hold(client: Shelving, method: str, path: str, body: Any, **options: Any) -> int:
    """Make a call, hold its answer against the description, and return its status."""
    response = client.call(method, path, body, **options)
    assert response.headers.get("content-type") == "application/json"
    assert VI.answer_problems(method, path, response.status_code, response.json()) == []
    return response.status_code


def test_the_description_is_sound() -> None:
    check_soundness(VI)


def test_every_example_in_the_description_is_valid(tmp_path: Path) -> None:
    assert count_valid_examples(VI, PLACES) == 4
    client = Shelving(tmp_path)
    for (method, path), operation in VI.operations.items():
        if "requestBody" in operation:
            example = operation["requestBody"]["content"]["application/json"]["example"]
            place = path.format(**PLACES).replace("acme_nowhere", "acme_shelves01")
            assert hold(client, method, place, example) < 300


def test_the_emulator_serves_what_is_described_and_nothing_else() -> None:
    served = {(operation.method, operation.path): operation for operation in OPERATIONS}
    assert set(served) == set(VI.operations)
    for key, operation in VI.operations.items():
        assert tuple(operation["x-permissions"]) == served[key].permissions


@pytest.mark.parametrize(
    "switches", [ViSwitches(delay=0), ViSwitches(delay=600), ViSwitches(delay=0, renew_urls=False, url_lifetime=0)]
)
def test_a_tour_through_every_operation_keeps_to_the_description(tmp_path: Path, switches: ViSwitches) -> None:
    client = Shelving(tmp_path, switches)
    seen = set()
    for method, path, body in tour(client):
        assert VI.request_problems(method, path, body) == [], (method, path)
        assert hold(client, method, path, body) < 300, (method, path)
        seen.add(VI.find(method, path)[:2])
    assert seen == set(VI.operations)


def undescribed(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """Where an answer holds keys that the description doesn't know."""
    if isinstance(value, list):
        return [found for each in value for found in undescribed(each, schema.get("items", {}), f"{where}[]")]
    known = properties(schema)
    if not isinstance(value, dict) or not known:
        return []
    nested = [found for key in value if key in known for found in undescribed(value[key], known[key], f"{where}.{key}")]
    return [f"{where}.{key}" for key in value if key not in known] + nested


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of an object, with those of what it is made of."""
    found: dict[str, Any] = {}
    parts = [*schema.get("allOf", []), *([{"$ref": schema["$ref"]}] if "$ref" in schema else [])]
    for part in parts:
        found |= properties(VI.document["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    for name, described in schema.get("properties", {}).items():
        found[name] = {"allOf": [found[name]], **described} if "$ref" in found.get(name, {}) else described
    return found


def test_answers_hold_nothing_that_is_not_described(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=600))
    for method, path, body in tour(client):
        client.advance(300)  # half of what is begun is done by the second call that follows
        operation = VI.operations[VI.find(method, path)[:2]]
        response = client.call(method, path, body)
        schema = operation["responses"][str(response.status_code)]["content"]["application/json"]["schema"]
        assert undescribed(response.json(), schema) == [], (method, path)


def test_every_refusal_keeps_to_the_description(tmp_path: Path) -> None:
    client = Shelving(tmp_path)
    for method, path in VI.operations:
        concrete = path.format(**PLACES)
        assert hold(client, method, concrete, None, sent={}) == 401
        assert hold(client, method, concrete, None, token="emulator") == 401
        assert hold(client, method, concrete.replace("acme/", "other/"), None) == 403
        if "requestBody" in VI.operations[method, path]:
            assert hold(client, method, concrete, "text") == 400
            assert hold(client, method, concrete, None, content=b"{") == 400
    for method, path, body in list(tour(client)):
        missing = path.replace(DATASET, NOWHERE)
        if missing != path:
            assert hold(client, method, missing, body) == 404, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", DATASETS, {**NEW, "datasetId": "shop-1"}),
        ("POST", DATASETS, {**NEW, "tags": {"box": 1}}),
        ("PATCH", DATASET, RENAMED),
        ("POST", EXPORTS, SPLIT),
        ("POST", PRUNES, ERRORS),
        ("POST", PRUNES, BY_CAMERA),
    ],
)
def test_the_emulator_and_the_description_agree_on_what_is_valid(
    tmp_path: Path, method: str, path: str, body: Any
) -> None:
    client = Shelving(tmp_path)
    told = {True: 0, False: 0}
    for variant in (body, *variants(body)):
        client.call("POST", "/_emulator/reset")
        described = VI.request_problems(method, path, variant) == []
        response = client.call(method, path, variant)
        assert VI.answer_problems(method, path, response.status_code, response.json()) == []
        assert (response.status_code == 400) != described, (variant, response.text)
        told[described] += 1
    assert told[True]
    assert told[False]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (DATASETS, "s=0"),
        (DATASETS, "s=1001"),
        (DATASETS, "s=x"),
        (DATASETS, "s="),
        (EXPORTS, "s=-1"),
        (PRUNES, "s=1.5"),
        (f"{DATASET}/assets", "sortBy=size"),
        (f"{DATASET}/assets", "o=up"),
        (f"{DATASET}/assets", "contents=true"),
        (f"{DATASET}/assets", "pageAfter=1"),
        (f"{DATASET}/assets:count", "strictQuery="),
    ],
)
def test_both_refuse_a_wrong_query(tmp_path: Path, path: str, query: str) -> None:
    assert VI.request_problems("GET", f"{path}?{query}", None) != []
    assert "query." in Shelving(tmp_path).refused(400, "GET", f"{path}?{query}")
