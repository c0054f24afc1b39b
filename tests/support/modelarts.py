"""ModelArts past dsops: calls as a stranger makes them, what the emulator holds, and the vendor's signatures."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

TOKEN = "emulator"
PROJECT = "emulator-project"
SDK_DRIVER = Path(__file__).resolve().parents[1] / "clients" / "modelarts_driver.py"


def ask(
    url: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    project: str = PROJECT,
    params: Mapping[str, Any] | None = None,
) -> Any:
    """Make one call below ``/v2/PROJECT``; return the JSON of the answer, or None for an empty one.

    Raises:
        httpx.HTTPStatusError: The answer is not a success.
    """
    # No certificates are needed on loopback, and loading them takes longer than the request.
    with httpx.Client(verify=False, trust_env=False, timeout=60) as client:
        answer = client.request(
            method, f"{url}/v2/{project}{path}", json=body, params=params, headers={"X-Auth-Token": TOKEN}
        ).raise_for_status()
        return answer.json() if answer.content else None


def add_dataset(url: str, name: str, *, project: str = PROJECT, **fields: Any) -> str:
    """Create a dataset with fields in the API's names; return its id."""
    body = {
        "dataset_name": name,
        "data_sources": [{"data_type": 0, "data_path": f"/obs/input/{name}/"}],
        "work_path": f"/obs/output/{name}/",
        "work_path_type": 0,
        **fields,
    }
    return str(ask(url, "POST", "/datasets", body, project=project)["dataset_id"])


def held_datasets(url: str, *, project: str = PROJECT) -> dict[str, dict[str, Any]]:
    """Every dataset of a project, by name, with labels, as the API answers it."""
    found: dict[str, dict[str, Any]] = {}
    for page in range(1000):
        params = {
            "dataset_version": "all",
            "with_labels": "true",
            "limit": 100,
            "offset": page,
            "sort_by": "create_time",
            "order": "asc",
        }
        items = ask(url, "GET", "/datasets", project=project, params=params)["datasets"]
        found |= {item["dataset_name"]: item for item in items}
        if len(items) < 100:
            break
    return found


def held_versions(url: str, name: str, *, project: str = PROJECT) -> dict[str, dict[str, Any]]:
    """The versions of a dataset by name."""
    dataset_id = held_datasets(url, project=project)[name]["dataset_id"]
    found = ask(url, "GET", f"/datasets/{dataset_id}/versions", project=project)["versions"]
    return {version["version_name"]: version for version in found}


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request to be signed.

    Attributes:
        method: HTTP method.
        host: Host, with a port where there is one.
        path: Path, percent-encoded as it is sent.
        query: Parameters, decoded, in the order in which they stand in the URL.
        headers: Headers, all of which are signed; ``Host`` and ``X-Sdk-Date`` come by themselves.
        body: Body, as text; empty for none.
        date: The time of signing, as in ``X-Sdk-Date``.
        access_key: Access key.
        secret_key: Its secret.
    """

    method: str
    host: str = "modelarts.cn-north-4.example.com"
    path: str = "/v2/p-17/datasets"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    date: str = "20240102T030405Z"
    access_key: str = "AKEXAMPLE"
    secret_key: str = "s3cret/+key"


@dataclass(frozen=True, slots=True)
class Vector:
    """A request, and what the vendor's SDK made of it.

    Attributes:
        request: What was signed.
        authorization: The header it made.
        headers: All headers that it would send, names in lower case.
        uri: Path and query that it would send.
    """

    request: Unsigned
    authorization: str
    headers: Mapping[str, str]
    uri: str


_JSON = (("Content-Type", "application/json"),)
CASES: tuple[Unsigned, ...] = (
    Unsigned("GET"),
    Unsigned("GET", query=(("offset", "0"), ("limit", "100"), ("dataset_version", "all"), ("with_labels", "true"))),
    Unsigned("GET", path="/v3/projects", query=(("name", "cn-north-4"),)),
    Unsigned("GET", query=(("search_content", "K\u00f6nig & S\u00f6hne/~*'+ x"), ("empty", ""))),
    Unsigned("GET", query=(("b", "2"), ("a", "2"), ("a", "1"), ("B", "0"))),
    Unsigned("POST", headers=_JSON, body=json.dumps({"dataset_name": "animals"})),
    Unsigned("POST", headers=_JSON, body='{"description": "\u732b\u3068\u72ac, \u00e4\u00f6\u00fc \U0001f600"}'),
    Unsigned("PUT", path="/v2/p-17/datasets/gfghHSokody6AJigS5A", headers=_JSON, body="{}\n"),
    Unsigned("DELETE", path="/v2/p-17/datasets/gfghHSokody6AJigS5A", headers=_JSON),
    Unsigned(
        "DELETE",
        path="/v2/p-17/datasets/d/data-annotations/labels/%E7%8C%AB%20%26%20x~(1)",
        query=(("label_type", "0"),),
    ),
    Unsigned("GET", path="/v2/p-17/datasets/"),
    Unsigned("GET", host="127.0.0.1:8321", headers=(("X-Project-Id", "p-17"), ("Accept", "application/json"))),
    Unsigned("POST", headers=(*_JSON, ("X-Security-Token", "token==/+")), body="{}"),
    Unsigned("GET", headers=(("X-Note", "  spaces around  "),), date="20301231T235959Z", secret_key="\u00e4 secret"),
)


def vendor_vectors(cases: Iterable[Unsigned] = CASES) -> list[Vector]:
    """What the vendor's core SDK signs, in a process and a home of its own: it writes files into its home."""
    cases = tuple(cases)
    asked = "".join(json.dumps(asdict(case)) + "\n" for case in cases)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(
            [sys.executable, "-P", str(SDK_DRIVER), "sign"],
            input=asked,
            capture_output=True,
            text=True,
            check=True,
            env={**kept, "HOME": home, "PYTHONIOENCODING": "utf-8"},
        )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    return [
        Vector(case, answer["headers"]["authorization"], answer["headers"], answer["uri"])
        for case, answer in zip(cases, answers, strict=True)
    ]
