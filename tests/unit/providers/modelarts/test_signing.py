"""Signatures, held against those that the vendor's own SDK makes; and the other ways to say who asks."""

import datetime as dt

import pytest

from dsops.emulator.exchange import Incoming
from dsops.emulator.modelarts.signature import parse_signature, problem
from dsops.model import Connection, Request
from dsops.providers import provider
from dsops.providers.modelarts.signing import authorization
from tests.support.modelarts import Vector, vendor_vectors

NOW = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
MODELARTS = provider("modelarts")
KEYS = {"accessKey": "AKEXAMPLE", "secretKey": "s3cret/+key"}
ASKED = Request(
    "PUT",
    "https://modelarts.example.com/v2/p-17/datasets/d?b=2&a=x+y",
    {"host": "modelarts.example.com", "content-type": "application/json", "user-agent": "dsops"},
    b"{}",
)


@pytest.fixture(scope="module")
def vectors() -> list[Vector]:
    return vendor_vectors()


def test_signatures_are_those_of_the_vendors_sdk(vectors: list[Vector]) -> None:
    assert len(vectors) > 10
    for vector in vectors:
        asked = vector.request
        names = vector.authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        request = Request(
            asked.method, f"https://{asked.host}{vector.uri}", vector.headers, asked.body.encode() or None
        )
        assert authorization(request, names, asked.access_key, asked.secret_key) == vector.authorization


def test_the_security_token_is_among_the_vectors(vectors: list[Vector]) -> None:
    assert any("x-security-token" in vector.authorization for vector in vectors)


def connection(**settings: str) -> Connection:
    return Connection("ma", "modelarts", "https://modelarts.example.com", settings=settings)


def signed_names(request: Request) -> str:
    return request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]


def test_a_signed_request_has_its_date_and_what_tells_the_project() -> None:
    signed = MODELARTS.authenticate(connection(project="p-17"), KEYS, ASKED, NOW)
    assert signed.headers["x-sdk-date"] == "20240102T030405Z"
    assert signed.headers["x-project-id"] == "p-17"
    assert signed_names(signed) == "content-type;host;x-project-id;x-sdk-date"
    assert (signed.method, signed.url, signed.body) == (ASKED.method, ASKED.url, ASKED.body)
    assert "x-auth-token" not in signed.headers


def test_a_security_token_is_sent_and_signed() -> None:
    signed = MODELARTS.authenticate(connection(region="r"), {**KEYS, "securityToken": "t=="}, ASKED, NOW)
    assert signed.headers["x-security-token"] == "t=="
    assert signed_names(signed) == "content-type;host;x-sdk-date;x-security-token"


@pytest.mark.parametrize("more", [{}, {"securityToken": "tok+/=="}])
def test_a_server_finds_the_signature_right_and_any_change_wrong(more: dict[str, str]) -> None:
    signed = MODELARTS.authenticate(connection(project="p-17"), {**KEYS, **more}, ASKED, NOW)
    signature = parse_signature(signed.headers["authorization"])
    assert signature is not None
    arrived = Incoming("PUT", "/v2/p-17/datasets/d", "b=2&a=x+y", signed.headers, b"{}")
    assert problem(arrived, signature, KEYS["secretKey"], NOW) is None
    for changed in (
        Incoming("POST", "/v2/p-17/datasets/d", "b=2&a=x+y", signed.headers, b"{}"),
        Incoming("PUT", "/v2/p-18/datasets/d", "b=2&a=x+y", signed.headers, b"{}"),
        Incoming("PUT", "/v2/p-17/datasets/d", "b=2&a=x", signed.headers, b"{}"),
        Incoming("PUT", "/v2/p-17/datasets/d", "b=2&a=x+y", {**signed.headers, "x-project-id": "p-18"}, b"{}"),
        Incoming("PUT", "/v2/p-17/datasets/d", "b=2&a=x+y", signed.headers, b"[]"),
    ):
        assert problem(changed, signature, KEYS["secretKey"], NOW) is not None


def test_a_token_takes_the_place_of_a_signature() -> None:
    sent = MODELARTS.authenticate(connection(project="p-17"), {"token": "t0ken"}, ASKED, NOW)
    assert sent.headers == {**ASKED.headers, "x-auth-token": "t0ken"}


def test_a_signed_request_shows_no_secret() -> None:
    signed = MODELARTS.authenticate(connection(), {**KEYS, "securityToken": "t0ken"}, ASKED, NOW)
    assert not any(secret in repr(signed) for secret in ("AKEXAMPLE", "s3cret", "t0ken"))
