"""One try: sign, send, receive, and say what it was."""

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsops.http.answer import Answer, Garbled, decode, judge
from dsops.http.clock import Clock
from dsops.http.explain import cause, is_untrusted
from dsops.http.lanes import Lanes
from dsops.http.retry import Setback, Trouble, retry_after
from dsops.http.secret import Redactor, credentials, resolve_secret
from dsops.http.slim import httpx
from dsops.http.splitter import Broken, Splitter, Stream, TooLarge
from dsops.http.wire import outgoing
from dsops.model import Connection, FailureKind, Provider, Request, Response, SecretRef

LARGEST_ANSWER = 256 * 1024 * 1024
_ASKED_FOR = frozenset({"gzip", "deflate"})
_PACKINGS = _ASKED_FOR | {"br", "zstd"}
"""What httpx unpacks; of anything else an answer names it takes the bytes as they are."""
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# The request itself is unusable: a header that HTTP does not allow, a URL too long.
_UNUSABLE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL)


@dataclass(slots=True)
class _Departure:
    """Watches a request leave: of a time limit, or a proxy that breaks off, the exception's type can't tell.

    Attributes:
        seen: Whether the transport tells anything.
        left: Whether the request began to leave.
        arriving: Whether an answer that is handed on in pieces has begun.
    """

    seen: bool = False
    left: bool = False
    arriving: bool = False

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        self.seen = True
        if name == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            self.left = True


@dataclass(frozen=True, slots=True)
class _Arrival:
    """An answer with rows: it may take any time, but none of its pieces longer than ``limit`` seconds."""

    stream: Stream
    timeout: asyncio.Timeout
    limit: float

    async def split(self, response: httpx.Response) -> bytes:
        """Hand the rows on; return the rest."""
        now = asyncio.get_running_loop().time
        splitter = Splitter(self.stream, LARGEST_ANSWER)
        async for part in response.aiter_bytes():
            splitter.feed(part)
            # Only now: what the sink took is not the server's.
            self.timeout.reschedule(now() + self.limit)
        return splitter.finish()


class Exchange:
    """Sends requests of one connection, each once."""

    def __init__(self, connection: Connection, provider: Provider, root: Path, lanes: Lanes, clock: Clock) -> None:
        """Take what a try needs; secrets are found at the first one."""
        self._connection = connection
        self._provider = provider
        self._root = root
        self._lanes = lanes
        self._clock = clock
        self._secrets: dict[str, str] | None = None
        self._revealed: set[str] = set()

    async def once(self, request: Request, limit: float, stream: Stream | None = None) -> Answer | Setback:
        """Sign and send a request that may take ``limit`` seconds; with a stream, so long between any two pieces.

        Returns:
            The answer, a final one; or what stood in the way, in words free of secrets.

        Raises:
            DsopsError: A secret is missing, or the proxy unusable.
        """
        if stream is not None:
            stream.begin()
        now = dt.datetime.fromtimestamp(self._clock.wall(), dt.UTC)
        signed = self._provider.authenticate(self._connection, self._resolved(), request, now)
        departure = _Departure()
        lane = await self._lanes.take()
        broken = True
        try:
            async with asyncio.timeout(limit) as timeout:
                arrival = None if stream is None else _Arrival(stream, timeout, limit)
                response = await _converse(lane, signed, departure, arrival)
            broken = False
        except (httpx.HTTPError, httpx.InvalidURL, OSError, Broken, TooLarge) as exc:
            # Words only: the exception holds the signed request, and sometimes repeats a header.
            return self._unanswered(exc, departure, request, signed, limit)
        finally:
            self._lanes.give(lane, broken=broken)
        return self._answered(response, request, signed)

    def _answered(self, response: Response | Garbled, request: Request, signed: Request) -> Answer | Setback:
        if isinstance(response, Garbled):
            return Setback(Trouble.GARBLED, response.told(self._redactor(request, signed)))
        answer = judge(response, self._provider, lambda: self._redactor(request, signed))
        status = response.status
        kind = answer.failure.kind if answer.failure else None
        if answer.failure and kind is FailureKind.UNEXPECTED and 200 <= status < 300:
            # Somebody answered, and not as the provider does: that refuses nothing, and what was asked may be done.
            return Setback(Trouble.GARBLED, f"{status} with something else than an answer: {answer.failure.message}")
        if status == 429 or kind is FailureKind.RATE_LIMITED:
            trouble = Trouble.THROTTLED
        elif status >= 500 or status == 408:
            trouble = Trouble.UNAVAILABLE
        else:
            return answer
        asked = retry_after(response.headers.get("retry-after"), self._clock.wall())
        return Setback(trouble, str(status), asked, answer)

    def _unanswered(
        self, exc: Exception, departure: _Departure, request: Request, signed: Request, limit: float
    ) -> Setback:
        if isinstance(exc, TooLarge):
            return Setback(Trouble.OVERSIZED, str(exc))
        if isinstance(exc, Broken):
            return Setback(Trouble.GARBLED, self._redactor(request, signed).text(str(exc)))
        unsent = not departure.left and (departure.seen or isinstance(exc, _NEVER_LEFT))
        stalled = departure.arriving and isinstance(exc, TimeoutError)
        reason = f"nothing came for {limit:g} s" if stalled else cause(exc, limit, left=not unsent)
        reason = self._redactor(request, signed).text(reason)
        if isinstance(exc, _UNUSABLE) or (unsent and is_untrusted(exc)):
            return Setback(Trouble.HOPELESS, reason)
        if isinstance(exc, httpx.DecodingError):
            return Setback(Trouble.GARBLED, f"the answer's compression is broken: {reason}")
        return Setback(Trouble.UNSENT if unsent else Trouble.LOST, reason)

    def _redactor(self, request: Request, signed: Request) -> Redactor:
        known = (*self._resolved().values(), *self._revealed, *self._lanes.secrets)
        return Redactor((*known, *credentials(request.headers, signed.headers)))

    def reveal(self, body: Any) -> Any:
        """Return a body with its secrets in place of the references to them; answers won't repeat them either.

        Raises:
            DsopsError: A secret is missing.
        """
        match body:
            case SecretRef():
                value = resolve_secret(body, self._root)
                self._revealed.add(value)
                return value
            case dict():
                return {name: self.reveal(value) for name, value in body.items()}
            case list() | tuple():
                return [self.reveal(value) for value in body]
            case _:
                return body

    def _resolved(self) -> dict[str, str]:
        if self._secrets is None:
            self._secrets = {field: resolve_secret(ref, self._root) for field, ref in self._connection.secrets.items()}
        return self._secrets


async def _converse(
    lane: httpx.AsyncBaseTransport, signed: Request, departure: _Departure, arrival: _Arrival | None
) -> Response | Garbled:
    response = await lane.handle_async_request(outgoing(signed, {"trace": departure}))
    try:
        _check_packing(response.headers.get("content-encoding", ""))
        if arrival is None or not response.is_success:
            return decode(response.status_code, response.headers.raw, await _whole(response))
        departure.arriving = True
        rest = decode(response.status_code, response.headers.raw, await arrival.split(response))
    finally:
        await response.aclose()
    return rest if isinstance(rest, Garbled) else replace(rest, body=arrival.stream.without(rest.body))


def _check_packing(codings: str) -> None:
    """Refuse what is compressed twice: a few bytes of it may become more than any memory holds, in one step.

    Raises:
        Broken: It is, or in a way that nobody asked for.
    """
    packed = [each for each in (part.strip().lower() for part in codings.split(",")) if each in _PACKINGS]
    if len(packed) > 1 or not _ASKED_FOR.issuperset(packed):
        raise Broken(f"the answer is compressed in a way that nobody asked for ({', '.join(packed)})")


async def _whole(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    length = 0
    async for part in response.aiter_bytes():
        length += len(part)
        if length > LARGEST_ANSWER:
            raise TooLarge(f"the answer is larger than {LARGEST_ANSWER >> 20} MiB")
        parts.append(part)
    return b"".join(parts)
