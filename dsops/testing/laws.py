"""Laws of a provider's pure functions, without any server."""

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

from dsops.model import (
    Connection,
    DsopsError,
    FailureKind,
    FlowFailure,
    LiveObject,
    Provider,
    Request,
    Response,
    SecretRef,
)
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial

ODD: tuple[Any, ...] = (None, {}, [], "ok", 5, True, [None], {"id": 5}, {"items": None}, {"error": []}, {"errors": "x"})


class Laws:
    """What must hold whatever a server says."""

    def test_no_answer_is_too_odd_to_be_judged(self, provider: Provider) -> None:
        """Every answer is a failure or none, and anything but a success is one."""
        for status, body in itertools.product((200, 202, 204, 302, 400, 401, 403, 404, 409, 418, 429, 500, 503), ODD):
            failure = provider.failure(Response(status, body=body, text="text"))
            assert failure is not None or 200 <= status < 300
            if failure is not None:
                assert failure.message
            if status == 429:
                assert failure is not None
                assert failure.kind is FailureKind.RATE_LIMITED

    def test_odd_answers_make_errors_and_no_tracebacks(self, provider: Provider, case: KindCase) -> None:
        """Reading and listing refuse what isn't an answer; they never say that nothing is there.

        An empty object may be a list in an API that leaves empty ones out.
        """
        kind = provider.kinds[case.kind]
        key = ("a",) * (len(kind.info.own_key) + (1 if kind.info.parent else 0))
        parent = kind.info.parent_key(key)
        for body in (None, "ok", [None], {"id": 5}):
            for flow in (kind.reading(key, "id"), kind.listing(parent)):
                try:
                    call = next(flow)
                    assert call.effect is None
                    flow.send(Response(200, body=body))
                except DsopsError:
                    continue
                except StopIteration as ended:
                    raise AssertionError(f"{body!r} was taken for an answer: {ended.value}") from None
                finally:
                    flow.close()

    def test_a_failure_of_a_read_is_no_absence(self, provider: Provider, case: KindCase) -> None:
        """Only NOT_FOUND says that something is not there."""
        kind = provider.kinds[case.kind]
        key = ("a",) * (len(kind.info.own_key) + (1 if kind.info.parent else 0))
        for make in (lambda: kind.reading(key, "id"), lambda: kind.listing(kind.info.parent_key(key))):
            for status in (400, 401, 403, 500, 503):
                _raises_its_failure(provider, make, status)

    def test_normalising_twice_changes_nothing(self, provider: Provider, case: KindCase) -> None:
        """A spec and the attributes it becomes are the same attributes."""
        kind = provider.kinds[case.kind]
        once = kind.normalise(case.spec)
        assert kind.normalise(case.spec) == once
        assert set(once) <= {*kind.info.fields} or any(path.split(".")[0] in kind.info.fields for path in once)

    def test_signing_is_pure_and_changes_only_headers_and_query(self, trial: Trial, provider: Provider) -> None:
        """The same request at the same time is signed the same way; secrets are only in the headers."""
        trial.declare()
        connection = connection_of(trial)
        request = Request("PUT", f"{connection.endpoint}/a/b?c=d", {"host": "127.0.0.1", "accept": "*/*"}, b"{}")
        now = dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
        secrets = {name: trial.subject.secrets[each.name] for name, each in connection.secrets.items()}
        signed = provider.authenticate(connection, secrets, request, now)
        assert signed == provider.authenticate(connection, secrets, request, now)
        assert (signed.method, signed.body) == (request.method, request.body)
        assert signed.headers != request.headers
        assert not [each for each in secrets.values() if each in signed.url or each in repr(signed)]

    def test_preparing_twice_changes_nothing(self, trial: Trial, provider: Provider, case: KindCase) -> None:
        """Calls of a plan are prepared when it is made and when they are sent."""
        trial.declare_case(case)
        plan = trial.plan()
        connection = connection_of(trial)
        for planned in plan.calls:
            assert provider.prepared(connection, planned.call) == planned.call


def connection_of(trial: Trial) -> Connection:
    """Return the trial's connection; its handshake is not made."""
    (connection,) = trial.workspace().stack.connections.values()
    assert all(isinstance(each, SecretRef) for each in connection.secrets.values())
    return connection


def _raises_its_failure(provider: Provider, make: Callable[[], Any], status: int) -> None:
    failure = provider.failure(Response(status, body={"message": "no"}))
    assert failure is not None
    flow = make()
    call = next(flow)
    try:
        flow.throw(FlowFailure(call, failure, status))
    except (FlowFailure, DsopsError):
        return
    except StopIteration as ended:
        found: LiveObject | None = ended.value
        raise AssertionError(f"HTTP {status} was taken for {found}") from None
    finally:
        flow.close()
