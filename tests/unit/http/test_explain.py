import pytest

from dsops.http import Answer, explain
from dsops.model import Call, Connection, Failure, FailureKind, Response, SecretRef

CONNECTION = Connection("cm", "uipath", "https://cloud.test/acme", secrets={"token": SecretRef("env", "REINFER_TOKEN")})
CALL = Call("PUT", ("api", "v1", "datasets", "p 1", "a"), permission="Datasets admin")


def told(kind: FailureKind, status: int, code: str = "") -> tuple[str, str, str]:
    answer = Answer(Response(status), Failure(kind, "the provider's words", code))
    diagnostic = explain(CALL, CONNECTION, answer)
    return diagnostic.summary, diagnostic.detail, diagnostic.hint


@pytest.mark.parametrize(
    ("kind", "status", "hint"),
    [
        (FailureKind.INVALID, 400, "Correct the field"),
        (FailureKind.UNAUTHENTICATED, 401, "Check ${env:REINFER_TOKEN}"),
        (FailureKind.FORBIDDEN, 403, "Give the account behind ${env:REINFER_TOKEN} the permission Datasets admin."),
        (FailureKind.NOT_FOUND, 404, "https://cloud.test/acme"),
        (FailureKind.CONFLICT, 409, "Plan again"),
        (FailureKind.RATE_LIMITED, 429, "lower maxConcurrency of connection cm (now 8)"),
        (FailureKind.UNAVAILABLE, 503, "Try again later"),
        (FailureKind.UNEXPECTED, 302, "Check the endpoint https://cloud.test/acme"),
    ],
)
def test_says_what_where_why_and_what_to_do(kind: FailureKind, status: int, hint: str) -> None:
    summary, detail, advice = told(kind, status)
    assert summary.startswith(f"cm: PUT /api/v1/datasets/p%201/a was answered {status} ")
    assert detail == "the provider's words"
    assert hint in advice


def test_every_kind_of_failure_has_a_hint_of_its_own() -> None:
    assert len({told(kind, 400)[2] for kind in FailureKind}) == len(FailureKind)


@pytest.mark.parametrize(("code", "detail"), [("", ""), ("400", ""), ("ModelArts.4364", " (ModelArts.4364)")])
def test_a_code_of_the_provider_is_kept(code: str, detail: str) -> None:
    assert told(FailureKind.INVALID, 400, code)[1] == f"the provider's words{detail}"


def test_a_status_without_a_name() -> None:
    assert told(FailureKind.UNEXPECTED, 299)[0].endswith("was answered 299")


def test_a_success_is_no_failure() -> None:
    with pytest.raises(ValueError, match="did not fail"):
        explain(CALL, CONNECTION, Answer(Response(200), None))
