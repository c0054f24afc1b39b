"""How requests are signed, and what refusals mean."""

import datetime as dt
from typing import Any

import pytest

from dsops.model import FailureKind, Provider, Request, Response
from dsops.providers.vi import Vi
from tests.unit.providers.vi.samples import CONNECTION

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_request_carries_the_key_and_the_organization() -> None:
    signed = Vi().authenticate(CONNECTION, {"token": "dtvi_x"}, Request("GET", "https://x", {"accept": "y"}, None), NOW)
    assert signed.headers == {"accept": "y", "authorization": "Bearer dtvi_x", "organization-id": "acme"}


def test_nothing_must_be_known_first() -> None:
    provider: Provider = Vi()
    assert provider.handshake(CONNECTION) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.INVALID),
        (401, FailureKind.UNAUTHENTICATED),
        (402, FailureKind.INVALID),
        (403, FailureKind.FORBIDDEN),
        (404, FailureKind.NOT_FOUND),
        (409, FailureKind.CONFLICT),
        (422, FailureKind.INVALID),
        (429, FailureKind.RATE_LIMITED),
        (418, FailureKind.UNEXPECTED),
        (500, FailureKind.UNAVAILABLE),
        (503, FailureKind.UNAVAILABLE),
    ],
)
def test_the_status_says_what_a_refusal_means(status: int, kind: FailureKind) -> None:
    failure = Vi().failure(Response(status, body={"message": "no"}))
    assert failure is not None
    assert (failure.kind, failure.message, failure.code) == (kind, "no", str(status))


@pytest.mark.parametrize(
    ("body", "text", "words"),
    [
        ({"error": "no"}, "", "no"),
        ({"error": {"message": "no"}}, "", "no"),
        ({"message": {"x": 1}}, "", "HTTP 400"),
        (None, "<html>no</html>", "<html>no</html>"),
        ([1], "", "HTTP 400"),
    ],
)
def test_its_words_stand_in_several_places(body: Any, text: str, words: str) -> None:
    failure = Vi().failure(Response(400, body=body, text=text))
    assert failure is not None
    assert failure.message == words


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_none(status: int) -> None:
    assert Vi().failure(Response(status)) is None
