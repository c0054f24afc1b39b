"""Whether what was sent is what a plan showed."""

from collections.abc import Sequence
from typing import Any

from dsops.model import FailureKind, Plan, PlannedCall, Provider, Report, Response, Status, digest
from dsops.model.values import KNOWN_AFTER_APPLY
from dsops.testing.proxy import Seen, json_of

_NOT_TAKEN = frozenset({FailureKind.RATE_LIMITED, FailureKind.BUSY})


def check_writes(plan: Plan, report: Report, seen: Sequence[Seen], provider: Provider, base: str = "") -> None:
    """Check that the writes which arrived are the plan's, each once, and the repeats and repairs that are reported.

    Of a change that is not said to have succeeded, calls may be missing.

    What the provider was too busy for it did not take, so that doesn't count.

    Args:
        plan: What was shown.
        report: What is said to have come of it.
        seen: Every request since the apply began, in order.
        provider: Reads refusals.
        base: What the endpoint has after the server's address.

    Raises:
        AssertionError: They aren't.
    """
    arrived = [each for each in seen if each.is_write and not _not_taken(each, provider)]
    # Paths that were known when it was planned first: one known later may look like any.
    waiting = sorted(plan.calls, key=lambda each: KNOWN_AFTER_APPLY in each.call.target)
    others = []
    for request in arrived:
        planned = next((each for each in waiting if _is(each, request, base)), None)
        if planned is None:
            others.append(request)
        else:
            waiting.remove(planned)
    finished = {each.address for each in report.outcomes if each.status is Status.SUCCEEDED}
    due = {call.id for change in plan.changes if change.address in finished for call in change.calls}
    missing = [f"{each.call.method} {each.call.target}" for each in waiting if each.id in due]
    assert not missing, f"in the plan, said to be done, and not sent: {missing}"
    repeats = sum(each.repeats for each in report.outcomes)
    repairs = sum(each.repairs for each in report.outcomes)
    told = [f"{each.method} {each.target}" for each in others]
    assert len(others) == repeats + repairs, f"sent besides the plan: {told}, and reported: {repeats} + {repairs}"
    unplanned = [each for each in others if not any(_is(planned, each, base) for planned in plan.calls)]
    assert len(unplanned) <= repairs, f"sent, and neither planned nor a repair: {told}"
    assert sum(each.sent for each in report.outcomes) == len(arrived), "the report counts other writes than arrived"


def _not_taken(request: Seen, provider: Provider) -> bool:
    if request.fault is not None and request.status in {0, 503}:
        return False
    failure = provider.failure(Response(request.status, body=_body(request)))
    return failure is not None and failure.kind in _NOT_TAKEN


def _body(request: Seen) -> Any:
    return json_of(request.answer)


def _is(planned: PlannedCall, request: Seen, base: str) -> bool:
    if planned.call.method != request.method:
        return False
    target = base + planned.call.target
    if KNOWN_AFTER_APPLY in target:
        before, _, after = target.partition(KNOWN_AFTER_APPLY)
        if not (request.target.startswith(before) and request.target.endswith(after)):
            return False
    elif target != request.target:
        return False
    wanted = planned.body_sha256
    return wanted is None or wanted == digest(json_of(request.body))
