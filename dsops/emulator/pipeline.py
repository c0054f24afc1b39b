"""The way of one request: read, note in the log, meet its faults, run in a transaction, answer."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from starlette.types import Receive, Scope, Send

from dsops.emulator.exchange import Answer, Api, Incoming, Refusal, encode
from dsops.emulator.faults import Fault, Gate, Phase, Rule, Schedule
from dsops.emulator.requests import RequestLog
from dsops.emulator.store import Store

_log = logging.getLogger(__name__)

CONTROL = "/_emulator"
DROP = "dsops.drop"


@dataclass(frozen=True, slots=True)
class Dropped:
    """In place of an answer: the connection is closed without a byte."""


@dataclass(slots=True)
class Pipeline:
    """An ASGI application that serves every path of every provider."""

    apis: Sequence[Api]
    store: Store
    requests: RequestLog
    faults: Schedule
    gate: Gate
    clock: Callable[[], datetime]
    drop_error: Callable[[str], Exception]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request.

        The work is a task of its own: once the request is read to its end, a client that goes away doesn't stop it.
        """
        incoming = await _read(scope, receive)
        if incoming is None:
            return
        outcome = await asyncio.shield(asyncio.create_task(self._serve(incoming)))
        match outcome:
            case Answer():
                await _send(outcome, receive, send)
            case Dropped():
                await self._drop(scope, receive)
            case _:
                assert_never(outcome)

    async def _serve(self, incoming: Incoming) -> Answer | Dropped:
        api = api_for(self.apis, incoming.path)
        if incoming.path.startswith(CONTROL):
            return _error(api, Refusal(404, f"The emulator has no control {incoming.path}."))
        entry = self.requests.arrived(incoming)
        due = self.faults.due(incoming.method, incoming.path)
        outcome = await self._meet(due, "before", api, incoming)
        if outcome is None:
            answer, entry.committed = run(api, self.store, incoming)
            outcome = await self._meet(due, "after", api, incoming) or answer
        if isinstance(outcome, Dropped):
            entry.dropped = True
        else:
            entry.status = outcome.status
        return outcome

    async def _meet(
        self, due: list[Rule], phase: Phase, api: Api | None, incoming: Incoming
    ) -> Answer | Dropped | None:
        for rule in due:
            if rule.phase != phase:
                continue
            match rule.fault:
                case Fault.LATENCY | Fault.LATENCY_AFTER:
                    await asyncio.sleep(rule.seconds)
                case Fault.HOLD:
                    await self.gate.wait(incoming.method, incoming.path, phase)
                case Fault.RATE_LIMIT:
                    return _error(api, Refusal(rule.status, "Too many requests.", rule.retry_headers(self.clock())))
                case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                    return _error(api, Refusal(rule.status, f"Fault on request: {rule.fault}."))
                case Fault.DROP_BEFORE | Fault.DROP_AFTER:
                    return Dropped()
                case Fault.STALE:
                    if rule.past is not None:
                        return rule.past(incoming)
                case _:
                    assert_never(rule.fault)
        return None

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        """Close the connection. Returning before the server has noticed would make it answer 500."""
        drop = scope.get("state", {}).get(DROP)
        if drop is None:
            raise self.drop_error("connection closed without an answer, as a fault rule asked")
        drop()
        await _disconnected(receive)


def api_for(apis: Sequence[Api], path: str) -> Api | None:
    """The API that serves a path; None where none does."""
    for api in apis:
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in api.prefixes):
            return api
    return None


def run(api: Api | None, store: Store, incoming: Incoming) -> tuple[Answer, bool]:
    """Serve one request in a transaction of its own; also says whether that wrote something."""
    if api is None:
        return _error(None, Refusal(404, f"No API of the emulator is at {incoming.path}.")), False
    try:
        with store.transaction():
            api.catch_up()
        before = store.changes
        with store.transaction():
            answer = api.answer(incoming)
    except Refusal as refusal:
        return _error(api, refusal), False
    except Exception:  # noqa: BLE001 — as any web server: a bug is a 500, and the next request is served
        _log.exception("bug in the emulator while serving %s %s", incoming.method, incoming.path)
        return _error(api, Refusal(500, "The emulator failed; its stderr has the traceback.")), False
    return answer, store.changes > before


def _error(api: Api | None, refusal: Refusal) -> Answer:
    if api is None:
        return Answer(refusal.status, encode({"status": "error", "message": refusal.message}), refusal.headers)
    answer = api.error(refusal.status, refusal.message)
    return Answer(answer.status, answer.body, (*answer.headers, *refusal.headers))


async def _read(scope: Scope, receive: Receive) -> Incoming | None:
    """The request, or None when the client went away before its end: such a request was never made."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return Incoming(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"".join(parts),
    )


async def _send(answer: Answer, receive: Receive, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.body or answer.parts is not None or answer.length is not None:
        headers.append((b"content-type", answer.media_type.encode("latin-1")))
    if answer.parts is None or answer.length is not None:
        length = len(answer.body) if answer.length is None else answer.length
        headers.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.parts is not None:
        await _send_parts(answer.parts, receive, send)
    await send({"type": "http.response.body", "body": answer.body})


async def _send_parts(parts: Iterator[bytes], receive: Receive, send: Send) -> None:
    """Send piece by piece, for as long as somebody listens; others are served in between."""
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(0)
            if gone.done():
                return
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
