"""One connection: sends calls at its pace, and repeats them where that is safe."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

from dsops import __version__
from dsops.http.answer import Answer
from dsops.http.clock import SYSTEM_CLOCK, Clock
from dsops.http.exchange import Exchange
from dsops.http.explain import garbled, lost, place, unsent
from dsops.http.lanes import Lanes, checked_endpoint
from dsops.http.limits import TIME_IS_UP, OutOfTime, Pace, PausedTooLong, Throttle, Verdict, time_limit
from dsops.http.retry import LONGEST_PAUSE, Setback, Stop, Trouble, Wait, decide, moment
from dsops.http.slim import httpx
from dsops.http.splitter import Stream
from dsops.http.wire import prepare
from dsops.model import AnswerLost, Call, Connection, Event, EventKind, NotSent, Provider, RemoteError, Request, RowSink

Deadline = Callable[[], float] | None
_REST = "Apply again: it does the rest."
_NOT_SENT = frozenset({Trouble.UNSENT, Trouble.HOPELESS})


class Client:
    """A connection at work. An async context manager; safe for many tasks of one loop."""

    def __init__(
        self,
        connection: Connection,
        provider: Provider,
        *,
        root: Path,
        gate: asyncio.Semaphore | None = None,
        emit: Callable[[Event], None],
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
        until: float = math.inf,
    ) -> None:
        """Prepare; no secret is resolved and no socket opened before the first call.

        Args:
            connection: The account.
            provider: Its codec, which signs requests and reads failures.
            root: The stack folder, from which relative secret files start.
            gate: Limit over all connections (``--parallelism``); held only while a request is in flight.
            emit: Told of each wait.
            transport: Used instead of sockets (the emulator in process).
            clock: Time and chance.
            until: The monotonic instant at which the run's time is up: no write leaves after it, and nothing waits
                beyond it. What only reads still goes, to see what became of writes.

        Raises:
            DsopsError: The endpoint is unusable, or would send credentials in the clear.
        """
        url = checked_endpoint(connection)
        self._connection = connection
        self._provider = provider
        self._gate = gate or contextlib.nullcontext()
        self._emit = emit
        self._clock = clock
        self._base = str(url).rstrip("/")
        self._headers = {
            "host": url.netloc.decode(),
            "user-agent": f"dsops/{__version__}",
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
        }
        self._lanes = Lanes(connection.name, url, transport)
        self._exchange = Exchange(connection, provider, root, self._lanes, clock)
        self._until = until
        self._throttle = Throttle(Pace(max(1, connection.max_concurrency)), clock, LONGEST_PAUSE, until)
        self._sent = {False: 0, True: 0}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._lanes.aclose()

    @property
    def reads(self) -> int:
        """Read requests that left, repeats included."""
        return self._sent[False]

    @property
    def writes(self) -> int:
        """Write requests that left, repeats included."""
        return self._sent[True]

    async def read(self, call: Call, sink: RowSink | None = None) -> Answer:
        """Send a call that changes nothing, or nothing more when repeated; tried again, within bounds, in any trouble.

        Args:
            call: The call. Where its ``stream`` names a member, the rows in that are left out of the answer, whose size
                doesn't matter then; and the connection's timeout counts from the last bytes that came.
            sink: Takes these rows as they arrive, hundreds at a time; None to drop them. It begins anew at each try.

        Raises:
            NotSent: It could not be sent.
            AnswerLost: It was sent and no answer came.
            RemoteError: The answer claims success and can't be read, or the sink says that a row is none.
            DsopsError: A secret is missing, or the sink can't keep the rows.
        """
        stream = Stream(call.stream, sink) if call.stream else None
        return await self._perform(call, None, stream, write=False)

    async def write(self, call: Call, *, deadline: Deadline = None) -> Answer:
        """Send a call that changes something; tried again only where it was certainly not carried out.

        Args:
            call: The call; nothing in it may be late.
            deadline: The ``time.monotonic()`` instant by which it must have ended (the lease's end); asked at each try.

        Raises:
            NotSent: It certainly was not carried out.
            AnswerLost: It may have been: no answer came, a 5xx one, or one that claims success and can't be read.
            DsopsError: A secret is missing.
        """
        return await self._perform(call, deadline, None, write=True)

    async def _perform(self, call: Call, deadline: Deadline, stream: Stream | None, *, write: bool) -> Answer:
        call = self._provider.prepared(self._connection, call)
        if write:
            call = replace(call, body=self._exchange.reveal(call.body))
        request = prepare(call, call.base.rstrip("/") or self._base, self._headers_for(call))
        elapsed = 0.0
        for attempt in count(1):
            result, took = await self._in_turn(call, request, deadline, stream, write=write)
            if isinstance(result, Answer):
                return result
            # Its own tries and waits only: the last of ten thousand calls may stand in the queue for an hour.
            elapsed += took
            match decide(
                attempt, result, self._clock.wall(), write=write, elapsed=elapsed, uniform=self._clock.uniform
            ):
                case Wait(seconds) if self._clock.monotonic() + seconds >= self._until:
                    return self._give_up(call, result, TIME_IS_UP, write=write)
                case Wait(seconds):
                    await self._wait(call, result, seconds)
                    elapsed += seconds
                case Stop(why):
                    return self._give_up(call, result, why, write=write)
        raise AssertionError("count() has no end")

    def _headers_for(self, call: Call) -> Mapping[str, str]:
        return {**self._headers, "host": httpx.URL(call.base).netloc.decode()} if call.base else self._headers

    async def _in_turn(
        self, call: Call, request: Request, deadline: Deadline, stream: Stream | None, *, write: bool
    ) -> tuple[Answer | Setback, float]:
        while True:
            try:
                slot = await self._throttle.enter()
            except PausedTooLong as paused:
                until = moment(self._clock.wall() + paused.seconds)
                reason = f"the provider asked for a pause that lasts {paused.seconds:.0f} s more, until {until}"
                raise NotSent(
                    unsent(call, self._connection, reason, hint="Run the command again after that.")
                ) from None
            except OutOfTime:
                raise NotSent(unsent(call, self._connection, TIME_IS_UP, hint=_REST)) from None
            verdict, pause = Verdict.UNSENT, 0.0
            try:
                async with self._gate:
                    # A pause may have begun while this one waited at the gate.
                    if self._throttle.pause <= 0:
                        limit = self._limit(call, deadline, write=write)
                        began = self._clock.monotonic()
                        verdict = Verdict.SILENT
                        result = await self._exchange.once(request, limit, stream)
                        verdict, pause = _verdict(result), (isinstance(result, Setback) and result.asked) or 0.0
                        if isinstance(result, Answer) or result.trouble not in _NOT_SENT:
                            self._sent[write] += 1
                        return result, self._clock.monotonic() - began
            finally:
                self._throttle.leave(slot, verdict, pause)

    def _limit(self, call: Call, deadline: Deadline, *, write: bool) -> float:
        """Return the seconds a request may take: its timeout, and never past the end of the lease."""
        if write and self._clock.monotonic() >= self._until:
            raise NotSent(unsent(call, self._connection, TIME_IS_UP, hint=_REST))
        if deadline is None:
            return self._connection.timeout
        left = deadline() - self._clock.monotonic()
        limit = time_limit(self._connection.timeout, left)
        if limit is None:
            reason = f"the lease runs out in {max(left, 0.0):.0f} s and could not be renewed"
            raise NotSent(unsent(call, self._connection, reason, hint=_REST))
        return limit

    async def _wait(self, call: Call, setback: Setback, seconds: float) -> None:
        asked = " as asked" if setback.asked is not None and setback.asked >= seconds else ""
        text = f"{place(call, self._connection)}: {setback.reason}, waiting {seconds:.2g} s{asked}"
        self._emit(Event(EventKind.RETRIED, text))
        await self._clock.sleep(seconds)

    def _give_up(self, call: Call, setback: Setback, why: str, *, write: bool) -> Answer:
        """Return the failure answer, where there is one that says that nothing was carried out; raise otherwise."""
        match setback.trouble:
            case Trouble.UNSENT | Trouble.HOPELESS:
                raise NotSent(unsent(call, self._connection, setback.reason))
            case Trouble.LOST:
                raise AnswerLost(lost(call, self._connection, setback.reason, write=write))
            case Trouble.GARBLED | Trouble.OVERSIZED:
                if write:
                    raise AnswerLost(lost(call, self._connection, setback.reason, write=write))
                raise RemoteError(garbled(call, self._connection, setback.reason))
            case Trouble.THROTTLED | Trouble.UNAVAILABLE:
                answer = setback.answer
                if answer is None or answer.failure is None:
                    raise AssertionError("such a setback comes from a failure answer")
                if write and setback.trouble is Trouble.UNAVAILABLE:
                    reason = f"{setback.reason}: {answer.failure.message}"
                    raise AnswerLost(lost(call, self._connection, reason, write=write))
                message = f"{answer.failure.message}; {why}" if why else answer.failure.message
                return replace(answer, failure=replace(answer.failure, message=message))
            case _:
                assert_never(setback.trouble)


def _verdict(result: Answer | Setback) -> Verdict:
    if isinstance(result, Answer):
        return Verdict.ANSWERED
    if result.trouble is Trouble.THROTTLED:
        return Verdict.REFUSED
    if result.trouble in _NOT_SENT:
        return Verdict.UNSENT
    overloaded = result.answer is not None and result.answer.response.status == 503
    return Verdict.OVERLOADED if overloaded else Verdict.SILENT
