"""The emulator's own routes, under /_emulator: request log, faults, held requests, clock, reset. They take no token."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dsops.emulator import checks
from dsops.emulator.clock import Clock
from dsops.emulator.exchange import Refusal, encode
from dsops.emulator.faults import Gate, Schedule
from dsops.emulator.requests import RequestLog

_RULES = checks.array(checks.any_object)
_CLOCK = checks.mapping({"now": checks.nullable(checks.instant), "advance": checks.number(lowest=0)})


def control_routes(
    requests: RequestLog, faults: Schedule, gate: Gate, clock: Clock, reset: Callable[[], None]
) -> list[Route]:
    """Routes of the control endpoint; specs/uipath.md describes them."""
    return [*_fault_routes(requests, faults, gate), *_time_routes(clock, reset)]


def _fault_routes(requests: RequestLog, faults: Schedule, gate: Gate) -> list[Route]:

    async def show_requests(_: Request) -> Response:
        return _answer({"requests": [entry.shown() for entry in requests]})

    async def clear_requests(_: Request) -> Response:
        requests.clear()
        return _answer({})

    async def add_faults(request: Request) -> Response:
        try:
            faults.add(checks.parse_body(await request.body(), _RULES))
        except Refusal as refusal:
            return _answer({"message": refusal.message}, refusal.status)
        return _answer({})

    async def clear_faults(_: Request) -> Response:
        faults.clear()
        return _answer({})

    async def show_held(_: Request) -> Response:
        held = gate.held()
        return _answer({"held": len(held), "requests": held})

    async def release(_: Request) -> Response:
        return _answer({"released": gate.release()})

    return [
        Route("/_emulator/requests", show_requests, methods=["GET"]),
        Route("/_emulator/requests", clear_requests, methods=["DELETE"]),
        Route("/_emulator/faults", add_faults, methods=["POST"]),
        Route("/_emulator/faults", clear_faults, methods=["DELETE"]),
        Route("/_emulator/held", show_held, methods=["GET"]),
        Route("/_emulator/release", release, methods=["POST"]),
    ]


def _time_routes(clock: Clock, reset: Callable[[], None]) -> list[Route]:
    async def show_clock(_: Request) -> Response:
        return _answer({"now": f"{clock().replace(tzinfo=None).isoformat()}Z", "running": clock.is_running})

    async def set_clock(request: Request) -> Response:
        try:
            _move(clock, checks.parse_body(await request.body(), _CLOCK))
        except Refusal as refusal:
            return _answer({"message": refusal.message}, refusal.status)
        return await show_clock(request)

    async def reset_data(_: Request) -> Response:
        reset()
        return _answer({})

    return [
        Route("/_emulator/clock", show_clock, methods=["GET"]),
        Route("/_emulator/clock", set_clock, methods=["POST"]),
        Route("/_emulator/reset", reset_data, methods=["POST"]),
    ]


def _move(clock: Clock, body: Mapping[str, Any]) -> None:
    if len(body) != 1:
        raise Refusal(400, "body: must have either now or advance")
    if "advance" in body:
        clock.advance(body["advance"])
    else:
        clock.set(None if body["now"] is None else checks.parse_instant(body["now"]))


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(encode(content), status, media_type="application/json")
