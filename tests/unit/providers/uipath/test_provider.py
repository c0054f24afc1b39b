"""How requests are signed and refusals are read."""

import datetime as dt
from typing import Any

import pytest

from dsops.model import Connection, DsopsError, FailureKind, Request, Response
from dsops.providers import kinds, provider, provider_names

UIPATH = provider("uipath")
OK = {"status": "ok"}

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def failure(status: int, body: Any = None, text: str = "") -> tuple[FailureKind, str, str]:
    found = UIPATH.failure(Response(status, body=body, text=text))
    assert found is not None
    return found.kind, found.message, found.code


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success_is_a_status_and_a_word(status: int) -> None:
    assert UIPATH.failure(Response(status, body={**OK, "datasets": []})) is None


@pytest.mark.parametrize("body", [None, [], "ok", 5, {}, {"status": None}, {"status": ["ok"]}])
def test_a_success_without_the_word_is_not_an_answer(body: Any) -> None:
    assert failure(200, body)[0] is FailureKind.UNEXPECTED


def test_a_success_with_another_word_is_a_refusal() -> None:
    assert failure(200, {"status": "error"})[0] is FailureKind.INVALID


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, FailureKind.UNEXPECTED),
        (400, FailureKind.INVALID),
        (401, FailureKind.UNAUTHENTICATED),
        (403, FailureKind.FORBIDDEN),
        (404, FailureKind.NOT_FOUND),
        (405, FailureKind.UNEXPECTED),
        (409, FailureKind.CONFLICT),
        (422, FailureKind.INVALID),
        (429, FailureKind.RATE_LIMITED),
        (500, FailureKind.UNAVAILABLE),
        (503, FailureKind.UNAVAILABLE),
    ],
)
def test_each_status_has_its_meaning(status: int, kind: FailureKind) -> None:
    assert failure(status, {"status": "error", "message": "why"}) == (kind, "why", str(status))
    assert failure(status, OK) == (kind, f"HTTP {status}", str(status))
    assert failure(status, {"message": {"not": "text"}}, "<html>") == (kind, "<html>", str(status))


def test_a_long_page_of_an_intermediary_is_cut() -> None:
    assert len(failure(502, text="x" * 5000)[1]) == 200


def test_signing_adds_the_token_and_nothing_else() -> None:
    connection = Connection("cm", "uipath", "https://cm.example.com")
    request = Request("GET", "https://cm.example.com/x", {"accept": "application/json"}, b"{}")
    signed = UIPATH.authenticate(connection, {"token": "t0k3n"}, request, NOW)
    assert signed.headers == {"accept": "application/json", "authorization": "Bearer t0k3n"}
    assert (signed.method, signed.url, signed.body) == (request.method, request.url, request.body)
    assert request.headers == {"accept": "application/json"}
    assert "t0k3n" not in repr(signed)


def test_the_registry_knows_its_providers_and_names_them() -> None:
    assert "uipath" in provider_names()
    assert {"uipath/Dataset", "uipath/Stream"} <= set(kinds())
    assert all(kind.info.type == type_ for type_, kind in kinds().items())
    with pytest.raises(DsopsError, match="unknown provider 'nobody'"):
        provider("nobody")
