"""The vendor's own core SDK, unmodified, against the emulator: it signs, calls, and reads the answers."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsops.emulator.exchange import Incoming
from dsops.emulator.modelarts.signature import parse_signature, problem
from tests.support import RunningEmulator, start_emulator
from tests.support.modelarts import CASES, SDK_DRIVER, Unsigned, add_dataset, held_datasets, vendor_vectors

PAIRS = {
    "AKTEMPORARY": {"secretKey": "s3cret", "securityToken": "tok+/==", "permissions": ["modelarts:dataset:list"]},
}
NAME = "K\u00f6nig \u732b"
NEW = {
    "dataset_name": "\u732b_and_dogs",
    "data_sources": [{"data_type": 0, "data_path": "/obs/in/"}],
    "work_path": "/obs/out/",
    "work_path_type": 0,
    "description": "\u732b\u3068\u72ac, \u00e4\u00f6\u00fc \U0001f600",
    "labels": [{"name": NAME, "property": {}}],
}


class Core:
    """Makes calls with the SDK, each with a client of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: tuple[tuple[str, Any], ...] = (),
        headers: dict[str, str] | None = None,
        account: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        own = {"access_key": "emulator", "secret_key": "emulator", "project": "emulator-project"}
        asked = {
            "method": method,
            "path": f"/v2/{{project_id}}{path}",
            "body": body,
            "query": query,
            "headers": headers or {},
            "account": own | (account or {}),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the SDK's process ended; its stderr says why"
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    tokens.write_text(json.dumps(PAIRS))
    with start_emulator("--modelarts-delay", "0", "--version-interval", "0", "--tokens", tokens) as running:
        yield running


@pytest.fixture
def emulator(shared: RunningEmulator) -> RunningEmulator:
    shared.start_over()
    return shared


@pytest.fixture(scope="module")
def core(shared: RunningEmulator) -> Iterator[Core]:
    # It writes into its home, and must not meet proxies and accounts that the environment names.
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-P", str(SDK_DRIVER), "call", shared.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "HOME": home},
        )
        with process:
            try:
                yield Core(process)
            finally:
                process.kill()


def test_its_calls_work_with_every_verb(core: Core, emulator: RunningEmulator) -> None:
    created = core("POST", "/datasets", NEW)
    assert created["status"] == 201
    path = f"/datasets/{created['body']['dataset_id']}"
    query = (("with_labels", True), ("limit", 100), ("search_content", "\u732b_"), ("offset", 0), ("order", "asc"))
    listed = core("GET", "/datasets", query=query)["body"]["datasets"]
    assert [each["dataset_name"] for each in listed] == [NEW["dataset_name"]]
    assert listed[0]["labels"][0]["name"] == NAME
    assert core("PUT", path, {"description": "\u00e4"}) == {"status": 200, "body": created["body"]}
    assert core("GET", path)["body"]["description"] == "\u00e4"
    assert core("POST", f"{path}/versions", {})["status"] == 201
    assert core("DELETE", path) == {"status": 204, "body": None}
    assert held_datasets(emulator.url) == {}


def test_a_label_with_letters_of_any_kind_stands_in_a_signed_path(core: Core, emulator: RunningEmulator) -> None:
    dataset_id = add_dataset(emulator.url, "animals", labels=[{"name": NAME}, {"name": "a~(b)*"}])
    for encoded in ("K%C3%B6nig%20%E7%8C%AB", "a~(b)*"):
        path = f"/datasets/{dataset_id}/data-annotations/labels/{encoded}"
        assert core("DELETE", path, query=(("label_type", 0),))["status"] == 204
    assert held_datasets(emulator.url)["animals"]["labels"] == []


def test_it_looks_a_project_up_by_its_region(core: Core, emulator: RunningEmulator) -> None:
    add_dataset(emulator.url, "animals")
    assert core("GET", "/datasets", account={"region": "cn-north-4"})["body"]["total_number"] == 1
    assert [entry["path"] for entry in emulator.requests()][-2:] == [
        "/v3/projects",
        "/v2/emulator-project/datasets",
    ]


def test_temporary_keys_carry_their_token(core: Core, emulator: RunningEmulator) -> None:
    keys = {"access_key": "AKTEMPORARY", "secret_key": "s3cret"}
    whole = {**keys, "security_token": "tok+/=="}
    assert core("GET", "/datasets", account=whole)["status"] == 200
    assert core("GET", "/datasets", account=keys)["status"] == 401
    assert core("GET", "/datasets", account={**keys, "security_token": "another"})["status"] == 401
    refused = core("POST", "/datasets", NEW, account=whole)
    assert (refused["status"], refused["code"]) == (403, "APIGW.0302")
    assert core("GET", "/datasets", account={"security_token": "any"})["status"] == 200


def test_it_understands_refusals(core: Core, emulator: RunningEmulator) -> None:
    wrong = core("GET", "/datasets", account={"secret_key": "wrong"})
    assert (wrong["status"], wrong["code"]) == (401, "APIGW.0301")
    unknown = core("GET", "/datasets", account={"access_key": "nobody"})
    assert (unknown["status"], unknown["code"]) == (401, "APIGW.0301")
    gone = core("GET", "/datasets/gfghHSokody6AJigS5A")
    assert (gone["status"], gone["code"]) == (400, "ModelArts.4352")
    assert "does not exist" in gone["error"]


def test_a_body_that_is_no_json_goes_unsigned(core: Core, emulator: RunningEmulator) -> None:
    answer = core("POST", "/datasets", "plain", headers={"Content-Type": "text/plain"})
    assert (answer["status"], answer["code"]) == (400, "ModelArts.4105")


def test_the_vectors_are_what_it_signs() -> None:
    vectors = vendor_vectors()
    assert [vector.request for vector in vectors] == list(CASES)
    for vector in vectors:
        shown = re.fullmatch(
            "SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            vector.authorization,
        )
        assert shown is not None
        assert shown[1] == vector.request.access_key
        assert {"host", "x-sdk-date"} <= set(shown[2].split(";"))
        assert vector.headers["host"] == vector.request.host
    of = {vector.request: vector.authorization for vector in vectors}
    # A slash at the end changes nothing: the path that is signed always ends in one.
    assert of[Unsigned("GET", path="/v2/p-17/datasets/")] == of[Unsigned("GET")]
    assert len(set(of.values())) == len(CASES) - 1


def test_the_sdk_writes_into_its_own_home_only(core: Core, emulator: RunningEmulator) -> None:
    home = Path.home() / ".huaweicloud"
    before = sorted(home.glob("*")) if home.exists() else []
    core("GET", "/datasets")
    assert (sorted(home.glob("*")) if home.exists() else []) == before


def test_the_emulator_accepts_every_vector_and_nothing_near_it() -> None:
    for vector in vendor_vectors():
        path, _, query = vector.uri.partition("?")
        request = vector.request
        headers = {name: value for name, value in vector.headers.items() if name != "authorization"}
        incoming = Incoming(request.method, path, query, headers, request.body.encode())
        signature = parse_signature(vector.authorization)
        assert signature is not None
        now = datetime.strptime(request.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert problem(incoming, signature, request.secret_key, now) is None, vector
        others = (
            replace(incoming, method="PATCH"),
            replace(incoming, path=f"{path}x"),
            replace(incoming, query=f"{query}&x=1".lstrip("&")),
            replace(incoming, body=b"another"),
            replace(incoming, headers={**headers, "host": "elsewhere"}),
        )
        assert all(problem(other, signature, request.secret_key, now) for other in others), vector
        assert problem(incoming, signature, "another key", now) is not None
        late = problem(incoming, signature, request.secret_key, now + timedelta(minutes=15, seconds=1))
        assert late is not None
        assert "15 minutes" in late
