"""ModelArts: tokens, key pairs, permissions. What the vendor's SDK signs is tested in tests/clients."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsops.emulator import Options, SetupError
from dsops.emulator.modelarts import OPERATIONS, Operation
from tests.unit.emulator.client import Client
from tests.unit.emulator.imaging import DATASETS, NOWHERE, Imaging

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
EVERY = sorted({permission for operation in OPERATIONS for permission in operation.permissions})


def client_with(path: Path, content: Any) -> Imaging:
    path.write_text(json.dumps(content))
    return Imaging(Options(tokens=path, clock=lambda: NOW))


def signed(key: str = "emulator", secret: str = "emulator", date: datetime = NOW, **more: str) -> dict[str, str]:
    """Headers of a signed `GET /v2/emulator-project/datasets`, which sign the date and what is added."""
    headers = {
        "x-sdk-date": f"{date:%Y%m%dT%H%M%SZ}",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"GET\n{DATASETS}/\n\n{lines}\n{names}\n{hashlib.sha256(b'').hexdigest()}"
    text = f"SDK-HMAC-SHA256\n{headers['x-sdk-date']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    value = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    authorization = f"SDK-HMAC-SHA256 Access={key}, SignedHeaders={names}, Signature={value}"
    return {**headers, "Authorization": authorization}


def ask(client: Imaging, headers: dict[str, str]) -> httpx.Response:
    return client.call("GET", DATASETS, token=None, headers=headers)


@pytest.fixture
def client() -> Imaging:
    return Imaging(Options(clock=lambda: NOW))


def test_few_headers_need_to_be_signed(client: Imaging) -> None:
    assert ask(client, signed()).status_code == 200
    assert ask(client, {**signed(), "X-Project-Id": "unsigned"}).status_code == 200


def test_a_signature_counts_before_a_token(client: Imaging) -> None:
    assert ask(client, {**signed(), "X-Auth-Token": "unknown"}).status_code == 200
    assert ask(client, {**signed(secret="wrong"), "X-Auth-Token": "emulator"}).status_code == 401


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_signature_holds_for_fifteen_minutes(client: Imaging, minutes: int) -> None:
    edge = NOW + timedelta(minutes=minutes)
    assert ask(client, signed(date=edge)).status_code == 200
    refused = ask(client, signed(date=edge + timedelta(seconds=minutes / 15)))
    assert refused.status_code == 401
    assert "15 minutes" in refused.json()["error_msg"]


def test_a_moved_clock_makes_no_signature_old(client: Imaging) -> None:
    assert Client.call(client, "POST", "/_emulator/clock", {"now": "2030-01-01T00:00:00Z"}).status_code == 200
    assert ask(client, signed()).status_code == 200


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "x-auth-token not found"),
        ({"Authorization": "Bearer emulator"}, "x-auth-token not found"),
        ({"X-Auth-Token": "stranger"}, "token is invalid"),
        ({"Authorization": "SDK-HMAC-SHA256 Access=a"}, "Access=..."),
        ({"Authorization": signed()["Authorization"].replace("SHA256", "SM3")}, "Access=..."),
        ({"Authorization": signed()["Authorization"]}, "X-Sdk-Date"),
        (signed(key="nobody"), "ak not exist"),
        (signed(secret="wrong"), "isn't that of this request"),
        ({**signed(), "Authorization": signed(host="h")["Authorization"]}, "isn't that of this request"),
        ({**signed(), "Authorization": signed(x_more="1")["Authorization"]}, "x-more"),
        ({**signed(), "x-security-token": "t"}, "X-Security-Token must be among"),
    ],
)
def test_what_is_wrong_is_told(client: Imaging, headers: dict[str, str], words: str) -> None:
    refused = ask(client, headers)
    assert refused.status_code == 401
    assert refused.json()["error_code"] in {"APIGW.0301", "ModelArts.4201"}
    assert words in refused.json()["error_msg"]


def test_the_date_must_be_signed(client: Imaging) -> None:
    headers = signed(accept="x")
    headers["Authorization"] = headers["Authorization"].replace("accept;x-sdk-date", "accept")
    assert "x-sdk-date must be among" in ask(client, headers).json()["error_msg"]


def test_a_wrong_hash_of_the_body_is_found(client: Imaging) -> None:
    headers = {**signed(), "X-Sdk-Content-Sha256": "0" * 64}
    answer = client.call("POST", DATASETS, token=None, headers=headers, content=b"{}")
    assert "X-Sdk-Content-Sha256" in answer.json()["error_msg"]


def test_other_pairs_come_from_the_tokens_file(tmp_path: Path) -> None:
    pairs = {
        "AK1": {"secretKey": "s1", "permissions": ["modelarts:dataset:list"]},
        "AK2": {"secretKey": "s2", "securityToken": "t2", "permissions": []},
        "reader": {"permissions": ["modelarts:dataset:list"]},
    }
    client = client_with(tmp_path / "tokens.json", pairs)
    assert ask(client, signed("AK1", "s1")).status_code == 200
    assert ask(client, signed("AK1", "s1", x_security_token="any")).status_code == 200
    assert ask(client, signed("AK1", "s2")).status_code == 401
    assert ask(client, signed("AK2", "s2")).status_code == 401
    assert ask(client, signed("AK2", "s2", x_security_token="t1")).status_code == 401
    assert ask(client, signed("AK2", "s2", x_security_token="t2")).status_code == 403
    assert ask(client, {"X-Auth-Token": "reader"}).status_code == 200
    assert ask(client, {"X-Auth-Token": "AK1"}).status_code == 401
    assert ask(client, signed("reader", "reader")).status_code == 401


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.permissions], ids=lambda each: f"{each.method} {each.path}"
)
def test_the_permission_of_each_operation_is_needed_and_named(tmp_path: Path, operation: Operation) -> None:
    (needed,) = operation.permissions
    others = [each for each in EVERY if each != needed]
    client = client_with(tmp_path / "tokens.json", {"almost": {"permissions": others}, "all": {"permissions": EVERY}})
    values = {"project_id": "p", "dataset_id": NOWHERE, "version_id": NOWHERE, "label_name": "x"}
    path = operation.path.format_map(values)
    assert needed in client.refused(403, operation.method, path, token="almost")
    assert client.call(operation.method, path, token="all").status_code in {200, 400}


@pytest.mark.parametrize(
    "entry",
    [
        {"secretKey": 1, "permissions": []},
        {"secretKey": "h1dden"},
        {"secretKey": "h1dden", "permissions": "all"},
        {"secretKey": "h1dden", "securityToken": 1, "permissions": []},
        {"secretKey": "h1dden", "permissions": [], "colour": "red"},
    ],
)
def test_a_wrong_pair_stops_the_start_without_telling_it(tmp_path: Path, entry: dict[str, Any]) -> None:
    with pytest.raises(SetupError) as caught:
        client_with(tmp_path / "tokens.json", {"AKs3cret": entry})
    assert "secretKey" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "h1dden" not in str(caught.value)
