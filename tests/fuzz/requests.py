"""What the emulator is asked, made worse: it refuses in words, and never fails itself."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette

from dsops.emulator import Options, create_app, parse_generate
from tests.fuzz.hostile import VALUES, Chance, bytes_of, worsened
from tests.support.vi import SECRET

_D, _S = "/api/v1/datasets/generated/mail-00000", "/api/v1/datasets/generated/mail-00000/streams/stream-00000"
_G, _M, _V = "/dataSetApi/dataSet", "/v2/emulator-project/datasets", "/workspaces/emulator/datasets"
_ROW = {
    "dataSetRowInput": "q",
    "dataSetRowExpectedAnswer": "a",
    "dataSetRowContextDocument": "",
    "expectedSources": [
        {"dataSetExpectedSourceName": "n", "dataSetExpectedSourceValue": "v", "dataSetExpectedSourceExtention": "txt"}
    ],
    "filterVariables": [
        {
            "dataSetMetadataType": "V",
            "dataSetRowFilterKey": "k",
            "dataSetRowFilterOperator": "=",
            "dataSetRowFilterValue": "v",
        }
    ],
}
_FILTER = {"user_properties": {"string:Country": {"one_of": ["uk"]}}, "timestamp": {"minimum": "2020-01-01T00:00:00Z"}}
_MODEL = {"version": 8, "label_thresholds": [{"name": ["A", "B"], "threshold": 0.4}]}
_SOURCE = {"type": "obs", "data_path": "/obs/in/", "data_type": 0}
_LABEL = {"name": "cat", "property": {"@modelarts:color": "#FFFFF0"}, "attributes": [{"name": "a", "type": "text"}]}
REQUESTS: tuple[tuple[str, str, Any], ...] = (
    (
        "POST",
        "/_emulator/faults",
        [
            {
                "fault": "rate_limit",
                "match": {"method": "GET", "path": "/x"},
                "retry_after": 1,
                "retry_after_as": "date",
                "times": 1,
                "skip": 0,
            }
        ],
    ),
    (
        "POST",
        "/_emulator/faults",
        [{"fault": "hold", "match": {"path": "/never"}, "at": "after", "times": None, "seconds": 0.5}],
    ),
    ("POST", "/_emulator/clock", {"now": "2024-01-01T00:00:00Z"}),
    ("POST", "/_emulator/clock", {"advance": 3.5}),
    (
        "PUT",
        "/api/v1/datasets/generated/new",
        {
            "dataset": {
                "title": "t",
                "description": "d",
                "source_ids": ["18ba5ce699f8da1f"],
                "model_family": "english",
                "has_sentiment": True,
            }
        },
    ),
    ("POST", _D, {"dataset": {"title": "t", "source_ids": []}}),
    (
        "POST",
        f"{_D}/export",
        {
            "limit": 3,
            "order_by": "created_at",
            "from": "2020-01-01T00:00:00Z",
            "to": "2030-01-01T00:00:00Z",
            "source_ids": ["18ba5ce699f8da1f"],
        },
    ),
    ("POST", f"{_D}/export", {"comment_uids": ["18ba5ce699f8da1f.0123456789abcdef"], "continuation": "x"}),
    ("PUT", f"{_D}/model-tags/live", {"version": 3}),
    (
        "PUT",
        f"{_D}/streams",
        {"stream": {"name": "s", "title": "t", "description": "d", "model": _MODEL, "comment_filter": _FILTER}},
    ),
    ("POST", _S, {"stream": {"title": "t", "model": _MODEL, "comment_filter": _FILTER}}),
    ("POST", f"{_S}/fetch", {"size": 2, "max_filtered": 5}),
    ("POST", f"{_S}/advance", {"sequence_id": "ABC"}),
    ("POST", f"{_S}/reset", {"to_comment_created_at": "2020-01-01T00:00:00Z"}),
    (
        "PUT",
        f"{_S}/exceptions",
        {"exceptions": [{"uid": "18ba5ce699f8da1f.0123456789abcdef", "metadata": {"type": "No Prediction"}}]},
    ),
    ("DELETE", f"{_S}/exceptions?uid=18ba5ce699f8da1f.0123456789abcdef", None),
    ("PUT", "/api/v1/sources/generated/new", {"source": {"title": "t", "description": "d", "language": "en"}}),
    (
        "POST",
        "/api/v1/sources/generated/mailbox-00000-inbox/sync",
        {
            "comments": [
                {
                    "id": "0123456789abcdef",
                    "timestamp": "2020-01-01T00:00:00Z",
                    "messages": [{"from": "a@b", "to": ["c@d"], "subject": {"text": "s"}, "body": {"text": "b"}}],
                    "user_properties": {"string:C": "d", "number:N": 4},
                }
            ]
        },
    ),
    (
        "POST",
        _G,
        {"dataSetName": "x", "dataSetDescription": "d", "dataSetType": "T", "dataSetActive": True, "rows": [_ROW]},
    ),
    ("POST", f"{_G}/FileUpload", {"dataSetName": "y", "rows": [_ROW]}),
    ("PUT", f"{_G}/ID", {"dataSetDescription": "z"}),
    ("POST", f"{_G}/ID/dataSetRow", _ROW),
    ("POST", f"{_G}/ID/dataSetRow/FileUpload", [_ROW, _ROW]),
    ("PUT", f"{_G}/ID/dataSetRow/ROW", _ROW),
    ("POST", f"{_G}/ID/dataSetRow/ROW/dataSetRowExpectedSource", _ROW["expectedSources"][0]),
    ("POST", f"{_G}/ID/dataSetRow/ROW/dataSetRowFilterVariable", _ROW["filterVariables"][0]),
    (
        "POST",
        _M,
        {
            "dataset_name": "x",
            "dataset_type": 0,
            "data_sources": [_SOURCE],
            "work_path": "/obs/out/",
            "work_path_type": 0,
            "description": "d",
            "labels": [_LABEL],
            "import_annotations": False,
            "schema": [{"schema_id": 1, "name": "a", "type": "STRING"}],
        },
    ),
    (
        "PUT",
        f"{_M}/ID",
        {
            "dataset_name": "y",
            "description": "d",
            "add_labels": [_LABEL],
            "update_labels": [_LABEL],
            "delete_labels": [{"name": "dog"}],
            "current_version_id": "x",
        },
    ),
    ("POST", f"{_M}/ID/data-annotations/labels", {"labels": [_LABEL]}),
    ("PUT", f"{_M}/ID/data-annotations/labels", {"labels": [_LABEL]}),
    ("POST", f"{_M}/ID/data-annotations/labels/delete", {"labels": [{"name": "cat"}]}),
    (
        "POST",
        f"{_M}/ID/versions",
        {
            "version_name": "V009",
            "version_format": "Default",
            "train_evaluate_sample_ratio": "0.80",
            "description": "d",
            "clear_hard_property": True,
        },
    ),
    ("GET", f"{_M}?limit=10&offset=0&dataset_type=0&sort_by=create_time&train_evaluate_ratio=0.0,0.8", None),
    (
        "POST",
        _V,
        {
            "name": "x",
            "owner": "emulator",
            "type": "phrase-grounding",
            "content": "Image",
            "description": "d",
            "localization": "Datature/Multi",
            "dataLocalization": "Datature/Multi",
            "status": 0,
            "tags": {"a": 1},
        },
    ),
    ("PATCH", f"{_V}/ID", {"description": "z", "name": "y"}),
    (
        "POST",
        f"{_V}/ID/datasetExports",
        {"spec": {"format": "ViFull", "options": {"normalized": True, "splitRatio": 0.8}}},
    ),
    (
        "POST",
        f"{_V}/ID/deleteManyAssetsSessions",
        {
            "spec": {
                "filter": '{"kind": {"$eq": "Image"}}',
                "metadataQuery": None,
                "ruleQuery": None,
                "strictQuery": True,
            }
        },
    ),
    ("GET", f"{_V}/ID/assets?s=5&filter=%7B%22kind%22%3A%22Image%22%7D&strictQuery=y", None),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    target: str
    body: bytes


def asked(chance: Chance, ids: Mapping[str, str]) -> Asked:
    """Return a request that a client might make, made worse: its body, or now and then its path."""
    method, target, body = chance.choice(REQUESTS)
    for provider, found in ids.items():
        target = target.replace(provider, found)
    if chance.random() < 0.15:
        head, _, query = target.partition("?")
        parts = head.split("/")
        odd = str(chance.choice(VALUES)).encode(errors="replace").decode()
        if query and chance.random() < 0.7:
            name, _, _ = chance.choice(query.split("&")).partition("=")
            target = f"{head}?{name}={quote(odd)}&{query}"
        else:
            parts[chance.randrange(1, len(parts))] = quote(odd, safe="")
            target = "/".join(parts)
    return Asked(method, target, b"" if body is None else bytes_of(worsened(body, chance), chance))


def headers_for(target: str) -> dict[str, str]:
    """Return what a client of a provider sends along."""
    if target.startswith("/v2/"):
        return {"X-Auth-Token": "emulator"}
    if target.startswith("/workspaces/"):
        return {"Authorization": f"Bearer {SECRET}", "Organization-Id": "emulator"}
    return {"Authorization": "Bearer emulator"}


def app() -> Starlette:
    """Return an emulator of its own."""
    made = "comments=4,datasets=1,streams=1,geai-rows=2,modelarts-datasets=1,vi-assets=2"
    return create_app(Options(generate=parse_generate(made)))


async def ask(emulator: Starlette, requests: int, seed: str) -> list[tuple[Asked, int]]:
    """Ask so often; return the requests that made the emulator fail.

    Raises:
        Exception: It let something out.
    """
    transport = httpx.ASGITransport(emulator)
    failed = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
        ids = await _ids(client)
        for number in range(requests):
            chance = random.Random(f"{seed} {number}")
            one = asked(chance, ids)
            try:
                answer = await client.request(
                    one.method, one.target, content=one.body or None, headers=headers_for(one.target)
                )
            except httpx.InvalidURL:
                continue
            except Exception as crash:
                crash.add_note(f"{seed} {number}: {one}"[:3000])
                raise
            if answer.status_code == 500:
                failed.append((one, answer.status_code))
            if one.target.startswith("/_emulator/"):  # no fault meets the next request
                await client.delete("/_emulator/faults")
                await client.post("/_emulator/clock", json={"now": None})
    return failed


async def _ids(client: httpx.AsyncClient) -> dict[str, str]:
    """Return what stands for ``ID`` and ``ROW`` in paths, by what goes before it."""
    geai = (await client.get("/dataSetApi/dataSets", headers=headers_for("/"))).json()[0]
    images = (await client.get(f"{_M}?limit=1", headers=headers_for(_M))).json()["datasets"][0]
    shelves = (await client.get(_V, headers=headers_for(_V))).json()["items"][0]
    return {
        f"{_G}/ID": f"{_G}/{geai['dataSetId']}",
        "/dataSetRow/ROW": f"/dataSetRow/{geai['rows'][0]['dataSetRowId']}",
        f"{_M}/ID": f"{_M}/{images['dataset_id']}",
        f"{_V}/ID": f"{_V}/{shelves['datasetId']}",
    }
