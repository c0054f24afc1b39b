"""The provider: projects, refusals, and the form in which calls leave."""

from typing import Any

import pytest

from dsops.model import Call, Connection, Effect, Failure, FailureKind, RemoteError, Response
from dsops.providers import provider
from tests.support.planning import drive

MODELARTS = provider("modelarts")


def connection(endpoint: str = "https://modelarts.cn-north-4.example.com", **settings: str) -> Connection:
    return Connection("ma", "modelarts", endpoint, settings=settings)


def failure(status: int, code: str = "", words: str = "no", **more: Any) -> Failure | None:
    body = {"error_code": code, "error_msg": words} if code else {}
    return MODELARTS.failure(Response(status, body={**body, **more}))


# -- the project


def test_the_project_takes_its_place_in_the_path_and_a_second_time_nothing_changes() -> None:
    call = Call("GET", ("v2", "{project}", "datasets", "{projects}"))
    known = connection(project="p-17")
    prepared = MODELARTS.prepared(known, call)
    assert prepared.path == ("v2", "p-17", "datasets", "{projects}")
    assert MODELARTS.prepared(known, prepared) == prepared
    assert MODELARTS.prepared(connection(region="r"), call) is call


def test_a_version_is_named_in_a_body_without_its_dataset() -> None:
    call = Call("PUT", ("v2", "p", "datasets", "d"), body={"current_version_id": "d/v"}, effect=Effect.UPDATE)
    prepared = MODELARTS.prepared(connection(project="p"), call)
    assert prepared.body == {"current_version_id": "v"}
    assert MODELARTS.prepared(connection(project="p"), prepared) == prepared
    other = Call("PUT", ("v2", "p"), body={"description": "a/b"})
    assert MODELARTS.prepared(connection(project="p"), other) is other


def test_a_project_that_is_named_needs_no_handshake() -> None:
    assert MODELARTS.handshake(connection(project="p-17")) is None


def asked(given: Connection) -> Call:
    flow = MODELARTS.handshake(given)
    assert flow is not None
    return next(flow)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (connection(region="cn-north-4"), "https://iam.cn-north-4.example.com"),
        (connection("http://127.0.0.1:8321/x", region="r"), "http://127.0.0.1:8321"),
        (connection(region="r", iamEndpoint="https://iam.example.com/"), "https://iam.example.com"),
    ],
)
def test_the_project_of_a_region_is_asked_for_at_the_account_service(given: Connection, base: str) -> None:
    call = asked(given)
    assert (call.method, call.path, call.base) == ("GET", ("v3", "projects"), base)
    assert call.query == (("name", given.settings["region"]),)


def found(body: Any) -> Any:
    flow = MODELARTS.handshake(connection(region="cn-north-4"))
    assert flow is not None
    return drive(flow, Response(200, body=body))


def test_just_one_project_is_the_regions() -> None:
    assert found({"projects": [{"id": "p-17", "name": "cn-north-4"}]}) == {"project": "p-17"}
    with pytest.raises(RemoteError, match="has no project called cn-north-4"):
        found({"projects": []})
    with pytest.raises(RemoteError, match="has 2 projects called cn-north-4"):
        found({"projects": [{"id": "a"}, {"id": "b"}]})


@pytest.mark.parametrize("body", [None, [], {}, {"projects": None}, {"projects": [None]}, {"projects": [{"id": ""}]}])
def test_what_is_no_list_of_projects_is_refused(body: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        found(body)


# -- refusals


@pytest.mark.parametrize(
    ("status", "code", "kind", "pause"),
    [
        (400, "ModelArts.4352", FailureKind.NOT_FOUND, 0),
        (400, "ModelArts.4353", FailureKind.NOT_FOUND, 0),
        (400, "ModelArts.4351", FailureKind.CONFLICT, 0),
        (400, "ModelArts.4371", FailureKind.CONFLICT, 0),
        (400, "ModelArts.4343", FailureKind.BUSY, 2),
        (400, "ModelArts.4344", FailureKind.BUSY, 2),
        (400, "ModelArts.4349", FailureKind.BUSY, 2),
        (400, "ModelArts.4355", FailureKind.BUSY, 2),
        (400, "ModelArts.4356", FailureKind.BUSY, 2),
        (400, "ModelArts.4381", FailureKind.BUSY, 2),
        (400, "ModelArts.4370", FailureKind.BUSY, 60),
        (400, "ModelArts.4410", FailureKind.INVALID, 0),
        (400, "ModelArts.0104", FailureKind.INVALID, 0),
        (400, "ModelArts.9999", FailureKind.INVALID, 0),
        (401, "ModelArts.4201", FailureKind.UNAUTHENTICATED, 0),
        (401, "APIGW.0301", FailureKind.UNAUTHENTICATED, 0),
        (403, "APIGW.0302", FailureKind.FORBIDDEN, 0),
        (404, "ModelArts.4352", FailureKind.NOT_FOUND, 0),
        (404, "ModelArts.4204", FailureKind.UNEXPECTED, 0),
        (404, "APIGW.0101", FailureKind.UNEXPECTED, 0),
        (409, "X.1", FailureKind.CONFLICT, 0),
        (413, "ModelArts.4104", FailureKind.INVALID, 0),
        (429, "ModelArts.4206", FailureKind.RATE_LIMITED, 0),
        (500, "ModelArts.4352", FailureKind.UNAVAILABLE, 0),
        (503, "X.1", FailureKind.UNAVAILABLE, 0),
        (302, "X.1", FailureKind.UNEXPECTED, 0),
    ],
)
def test_status_and_code_together_say_what_is_meant(status: int, code: str, kind: FailureKind, pause: float) -> None:
    assert failure(status, code) == Failure(kind, "no", code, pause)


def test_a_number_counts_at_its_own_status_only() -> None:
    told = failure(403, "ModelArts.4343")
    assert told is not None
    assert told.kind is FailureKind.FORBIDDEN


@pytest.mark.parametrize("body", [None, {}, [], {"success": True}, {"dataset_id": "d", "error_code": None}])
def test_success(body: Any) -> None:
    assert MODELARTS.failure(Response(200, body=body)) is None


def test_a_success_that_says_it_is_none() -> None:
    assert failure(200, "ModelArts.4410", "no such label", success=False) == Failure(
        FailureKind.INVALID, "no such label", "ModelArts.4410"
    )
    told = failure(200, "ModelArts.4352", success=False)
    assert told is not None
    assert told.kind is FailureKind.NOT_FOUND
    bare = MODELARTS.failure(Response(200, body={"success": False}))
    assert bare == Failure(FailureKind.INVALID, "the answer says that it did not succeed", "400")


@pytest.mark.parametrize(
    "body",
    [
        {"error_code": "APIGW.0301", "error_msg": "no"},
        {"errorCode": "APIGW.0301", "errorMsg": "no"},
        {"code": "APIGW.0301", "message": "no"},
        {"error": {"code": "APIGW.0301", "message": "no", "title": "Unauthorized"}},
    ],
)
def test_errors_of_the_gateway_and_the_account_service_have_other_forms(body: Any) -> None:
    assert MODELARTS.failure(Response(401, body=body)) == Failure(FailureKind.UNAUTHENTICATED, "no", "APIGW.0301")


def test_a_refusal_without_words() -> None:
    assert MODELARTS.failure(Response(404)) == Failure(FailureKind.NOT_FOUND, "HTTP 404", "404")
    assert MODELARTS.failure(Response(502, text="<html>")) == Failure(FailureKind.UNAVAILABLE, "<html>", "502")
