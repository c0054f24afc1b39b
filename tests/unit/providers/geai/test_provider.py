"""How requests are signed, and how refusals are read: in every shape, beside any status."""

import datetime as dt
from typing import Any

import pytest

from dsops.model import Call, Connection, Failure, FailureKind, Form, Request, Response
from dsops.providers import provider

GEAI = provider("geai")
SUMMARY = {"success": True, "totalRowsUploaded": 3, "errors": []}

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def failure(status: int, body: Any = None, text: str = "") -> Failure:
    found = GEAI.failure(Response(status, body=body, text=text))
    assert found is not None
    return found


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", [None, [], {}, {"message": "Dataset deleted successfully"}, SUMMARY, {"errors": None}])
def test_a_success_is_one_whatever_it_holds(status: int, body: Any) -> None:
    assert GEAI.failure(Response(status, body=body)) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"id": 4000, "description": "dataSetName is required"}]}, FailureKind.INVALID),
        ({"errors": [{"id": 4002, "description": "taken"}]}, FailureKind.CONFLICT),
        ({"errors": [{"description": "A dataset with the same name already exists."}]}, FailureKind.CONFLICT),
        ({"errors": [{"description": "Dataset 7 not found."}]}, FailureKind.NOT_FOUND),
        ({"errors": ["it does not exist"]}, FailureKind.NOT_FOUND),
        ({"errors": {"odd": 1}}, FailureKind.INVALID),
        ({"success": False}, FailureKind.INVALID),
        ({"success": False, "errors": [], "message": "no"}, FailureKind.INVALID),
    ],
)
def test_errors_inside_of_a_success_are_failures(body: Any, kind: FailureKind) -> None:
    found = failure(200, body)
    assert found.kind is kind
    assert found.message


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
        (413, FailureKind.INVALID),
        (429, FailureKind.RATE_LIMITED),
        (500, FailureKind.UNAVAILABLE),
        (503, FailureKind.UNAVAILABLE),
    ],
)
def test_each_status_has_its_meaning(status: int, kind: FailureKind) -> None:
    assert failure(status) == Failure(kind, f"HTTP {status}", str(status))
    assert failure(status, text="<html>") == Failure(kind, "<html>", str(status))


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"errors": [{"id": 4000, "description": "a"}, {"id": 4001, "description": "b"}]}, "a; b", "4000"),
        ({"error": {"code": "E7", "message": "why"}}, "why", "E7"),
        ({"error": "why"}, "why", "400"),
        ({"message": "why"}, "why", "400"),
        ({"message": ["not", "text"]}, "HTTP 400", "400"),
        ({"errors": [None, True, {"id": [], "description": {}}]}, "HTTP 400", "400"),
        (["no", "object"], "HTTP 400", "400"),
    ],
)
def test_an_error_has_three_shapes(body: Any, message: str, code: str) -> None:
    assert failure(400, body) == Failure(FailureKind.INVALID, message, code)


def test_a_name_that_is_taken_is_a_conflict_beside_400_too_and_nothing_else_is_read_into_words_there() -> None:
    assert failure(400, {"errors": [{"id": 4002, "description": "taken"}]}).kind is FailureKind.CONFLICT
    # A required field that was not found is no object that isn't there.
    assert failure(400, {"message": "field not found"}).kind is FailureKind.INVALID
    assert failure(500, {"errors": [{"id": 4002, "description": "already exists"}]}).kind is FailureKind.UNAVAILABLE


def test_many_errors_and_long_pages_are_cut() -> None:
    many = {"errors": [{"id": 4000, "description": f"row {number}"} for number in range(100)]}
    assert failure(400, many).message.endswith("row 9; and 90 more")
    assert len(failure(502, text="x" * 5000).message) == 200


def test_a_failed_upload_says_how_many_rows_it_took() -> None:
    body = {"success": False, "totalRowsUploaded": 2, "errors": [{"description": "row 3 is broken"}]}
    assert failure(200, body).message == "row 3 is broken; rows taken nevertheless: 2"


def test_signing_adds_the_token_and_the_project_and_nothing_else() -> None:
    request = Request("GET", "https://api.example.com/x", {"accept": "application/json"}, b"{}")
    plain = Connection("evals", "geai", "https://api.example.com")
    signed = GEAI.authenticate(plain, {"token": "t0k3n"}, request, NOW)
    assert signed.headers == {"accept": "application/json", "authorization": "Bearer t0k3n"}
    assert "t0k3n" not in repr(signed)
    scoped = Connection("evals", "geai", "https://api.example.com", {"project": "p-17"})
    assert GEAI.authenticate(scoped, {"token": "t"}, request, NOW).headers["projectid"] == "p-17"
    assert request.headers == {"accept": "application/json"}


def test_a_file_leaves_as_a_form_unless_the_connection_wants_it_raw() -> None:
    upload, read = Call("POST", ("x",), form=Form.FILE), Call("GET", ("x",))
    for setting, form in (({}, Form.FILE), ({"upload": "multipart"}, Form.FILE), ({"upload": "raw"}, Form.JSON)):
        connection = Connection("evals", "geai", "https://api.example.com", setting)
        assert GEAI.prepared(connection, upload).form is form
        assert GEAI.prepared(connection, read) == read
