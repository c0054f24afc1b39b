"""Plain downloads from an address that is a secret: whoever has it may fetch what is there.

No credentials are sent, and the address appears in no text. A part that breaks off is gone on with where it stopped.
What an answer means for a download:

::

    206, the part that was asked for       DONE once all of it came
    206, another part; 5xx, 429, nothing   tried again, within bounds
    200 to a part                          WHOLE: parts are not known there; or CHANGED, by its ETag
    412, 416                               CHANGED
    400, 401, 403, 404, 410                REFUSED: the address is no longer good
    3xx                                    followed a few times, never from https to http
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from types import TracebackType
from typing import Self, assert_never

from dsops import __version__
from dsops.http.clock import SYSTEM_CLOCK, Clock
from dsops.http.explain import cause, is_untrusted
from dsops.http.lanes import Lanes, is_loopback
from dsops.http.retry import Setback, Stop, Trouble, Wait, decide, retry_after
from dsops.http.secret import Redactor
from dsops.http.slim import httpx
from dsops.model import Connection, Diagnostic, Event, EventKind, RemoteError, TransportError, error

_MOST_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({400, 401, 403, 404, 410})
_NO_HEAD = _REFUSED | {405, 501}
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_SIZE = re.compile(r"0*[1-9][0-9]{0,17}")

Take = Callable[[int, bytes], None]
"""Is given bytes, with the place at which they stand; raises DsopsError when it can't keep them."""


class Fetched(StrEnum):
    """What came of asking for a part."""

    DONE = "done"
    WHOLE = "whole"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Remote:
    """What is at an address.

    Attributes:
        size: In bytes.
        mark: What tells it from what may be there later: its ETag, else its date; empty where there is neither.
    """

    size: int
    mark: str = ""

    @property
    def condition(self) -> Mapping[str, str]:
        """The header under which a part is sent only of this; a weak ETag can't vouch for bytes."""
        return {"if-range": self.mark} if self.mark and not self.mark.startswith("W/") else {}


@dataclass(slots=True)
class _Cursor:
    """Where a part goes on."""

    at: int


@dataclass(frozen=True, slots=True)
class _Arrival:
    """An answer that has begun to come.

    Attributes:
        response: The answer.
        alive: To be called when something of it came: it may take any time, but not stand still.
        wall: Unix time.
    """

    response: httpx.Response
    alive: Callable[[], None]
    wall: float

    @property
    def status(self) -> int:
        """The status."""
        return self.response.status_code

    @property
    def mark(self) -> str:
        """What tells it from what may be there later."""
        return str(self.header("etag") or self.header("last-modified"))

    def header(self, name: str) -> str:
        """Return a header, empty where it isn't there."""
        return str(self.response.headers.get(name, ""))

    def setback(self) -> Setback:
        """Return what an answer means that isn't what was asked for."""
        asked = retry_after(self.header("retry-after") or None, self.wall)
        trouble = Trouble.UNAVAILABLE if self.status >= 500 else Trouble.HOPELESS
        return Setback(Trouble.THROTTLED if self.status == 429 else trouble, f"it was answered {self.status}", asked)


@dataclass(frozen=True, slots=True)
class _Moved:
    """An answer that leads to another address."""

    address: str


_Outcome = Fetched | Remote | Setback
_Handler = Callable[[_Arrival], Awaitable[_Outcome]]


class Transfer:
    """One address, and how it is fetched from. An async context manager; safe for many tasks of one loop."""

    def __init__(
        self,
        address: str,
        connection: Connection,
        *,
        emit: Callable[[Event], None],
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            address: Where it is; never shown.
            connection: Names the account in texts. Its timeout counts from the last bytes that came.
            emit: Told of each wait.
            transport: Used instead of sockets.
            clock: Time and chance.

        Raises:
            RemoteError: The address is none, or would be fetched in the clear from another machine.
        """
        self._connection = connection
        self._emit = emit
        self._transport = transport
        self._clock = clock
        self._lanes: dict[str, Lanes] = {}
        self._url = self._checked(address, None)
        self._address = address

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for lanes in self._lanes.values():
            await lanes.aclose()

    async def probe(self) -> Remote | None:
        """Ask what is there: by HEAD, and where that isn't allowed by a part of one byte. None: it is refused.

        Raises:
            TransportError: No answer.
            RemoteError: The answer doesn't say how much it is.
        """
        found = await self._tried(lambda: self._send("HEAD", {}, _head))
        if found is Fetched.WHOLE:
            found = await self._tried(lambda: self._send("GET", {"range": "bytes=0-0"}, _first_byte))
        match found:
            case Remote():
                return found
            case Fetched.REFUSED:
                return None
            case _:
                raise RemoteError(self._problem("the answer does not say how large the download is"))

    async def part(self, first: int, last: int, remote: Remote, take: Take) -> Fetched:
        """Fetch the bytes from ``first`` to ``last``, both included.

        Raises:
            TransportError: They don't come.
            RemoteError: The answer can't be used.
        """
        cursor = _Cursor(first)

        async def once() -> _Outcome:
            headers = {"range": f"bytes={cursor.at}-{last}", **remote.condition}
            return await self._send("GET", headers, lambda arrival: _part(arrival, take, cursor, last, remote))

        return _fetched(await self._tried(once, cursor))

    async def whole(self, remote: Remote, take: Take) -> Fetched:
        """Fetch all of it in one go, from its beginning at each try.

        Raises:
            TransportError: It doesn't come.
            RemoteError: The answer can't be used.
        """

        async def once() -> _Outcome:
            cursor = _Cursor(0)
            return await self._send("GET", {}, lambda arrival: _all(arrival, take, cursor, remote))

        return _fetched(await self._tried(once))

    async def _tried(self, once: Callable[[], Awaitable[_Outcome]], cursor: _Cursor | None = None) -> _Outcome:
        """Try again where that helps; what goes on where it stopped begins to count anew."""
        elapsed, attempt = 0.0, 0
        for _ in count(1):
            before = cursor.at if cursor else 0
            began = self._clock.monotonic()
            found = await once()
            if not isinstance(found, Setback):
                return found
            moved = cursor is not None and cursor.at > before
            attempt, elapsed = (1, 0.0) if moved else (attempt + 1, elapsed + self._clock.monotonic() - began)
            wall, uniform = self._clock.wall(), self._clock.uniform
            match decide(attempt, found, wall, write=False, elapsed=elapsed, uniform=uniform):
                case Wait(seconds):
                    text = f"{self._connection.name}: download: {found.reason}, waiting {seconds:.2g} s"
                    self._emit(Event(EventKind.RETRIED, text))
                    await self._clock.sleep(seconds)
                    elapsed += seconds
                case Stop():
                    raise TransportError(self._problem(found.reason, "Run the command again: it goes on from there."))
        raise AssertionError("count() has no end")

    async def _send(self, method: str, headers: Mapping[str, str], handler: _Handler) -> _Outcome:
        """Send one request, following where it leads, and let the answer be handled while it comes."""
        url = self._url
        for _ in range(_MOST_REDIRECTS + 1):
            found = await self._once(method, url, headers, handler)
            if not isinstance(found, _Moved):
                return found
            url = self._checked(found.address, url)
        raise RemoteError(self._problem(f"it leads to more than {_MOST_REDIRECTS} other addresses"))

    async def _once(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], handler: _Handler
    ) -> _Outcome | _Moved:
        """Send one request; returns the outcome, or the address that the answer leads to."""
        lanes = self._lanes_of(url)
        idle, now = self._connection.timeout, asyncio.get_running_loop().time
        lane = await lanes.take()
        broken = True
        try:
            async with asyncio.timeout(idle) as timeout:
                response = await lane.handle_async_request(_request(method, url, headers))
                try:
                    if response.status_code in _MOVED and (location := response.headers.get("location")):
                        return _Moved(location)
                    arrival = _Arrival(response, lambda: timeout.reschedule(now() + idle), self._clock.wall())
                    found = await handler(arrival)
                finally:
                    await response.aclose()
            broken = False
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as wrong:
            reason = self._redactor(url, lanes).text(cause(wrong, idle, left=True))
            return Setback(Trouble.HOPELESS if is_untrusted(wrong) else Trouble.LOST, reason)
        finally:
            lanes.give(lane, broken=broken)
        return found

    def _redactor(self, url: httpx.URL, lanes: Lanes) -> Redactor:
        """Return what masks the address, and the one that it led to: each is a key to what is there."""
        parts = (part for each in (self._url, url) for part in (each.raw_path.decode(), each.query.decode()))
        return Redactor((self._address, str(url), *(part for part in parts if len(part) > 1), *lanes.secrets))

    def _lanes_of(self, url: httpx.URL) -> Lanes:
        origin = f"{url.scheme}://{url.netloc.decode()}"
        if origin not in self._lanes:
            self._lanes[origin] = Lanes(self._connection.name, httpx.URL(origin), self._transport)
        return self._lanes[origin]

    def _checked(self, address: str, before: httpx.URL | None) -> httpx.URL:
        """Return an address that may be fetched from.

        Raises:
            RemoteError: It may not.
        """
        try:
            url = httpx.URL(address) if before is None else before.join(address)
        except httpx.InvalidURL:
            url = httpx.URL("")
        if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
            raise RemoteError(self._problem("its address is no URL of http or https without credentials"))
        from_tls = before is not None and before.scheme == "https"
        clear = url.scheme == "http" and not (is_loopback(url.host) or self._connection.insecure)
        if clear or (from_tls and url.scheme == "http"):
            raise RemoteError(self._problem("its address is plain http to another machine"))
        return url.copy_with(fragment=None)

    def _problem(self, why: str, hint: str = "") -> Diagnostic:
        hint = hint or "Run the command again; if it stays so, make another export at the provider."
        return error(f"{self._connection.name}: the download failed", detail=why, hint=hint)


def _request(method: str, url: httpx.URL, headers: Mapping[str, str]) -> httpx.Request:
    own = {
        "host": url.netloc.decode(),
        "user-agent": f"dsops/{__version__}",
        "accept": "*/*",
        # What comes compressed on the way has other bytes than those that sizes and parts are about.
        "accept-encoding": "identity",
    }
    return httpx.Request(method, url, headers={**own, **headers}, stream=httpx.ByteStream(b""))


def _fetched(found: _Outcome) -> Fetched:
    match found:
        case Fetched():
            return found
        case Remote() | Setback():
            raise AssertionError("only probe finds out what is there")
        case _:
            assert_never(found)


async def _head(arrival: _Arrival) -> _Outcome:
    """Read the size; WHOLE where HEAD tells nothing, and GET may."""
    if arrival.status in _NO_HEAD:
        return Fetched.WHOLE
    if not arrival.response.is_success:
        return arrival.setback()
    return _remote(arrival, arrival.header("content-length"))


async def _first_byte(arrival: _Arrival) -> _Outcome:
    if arrival.status in _REFUSED:
        return Fetched.REFUSED
    if not arrival.response.is_success:
        return arrival.setback()
    found = _RANGE.fullmatch(arrival.header("content-range"))
    return _remote(arrival, found[3] if found else arrival.header("content-length"))


def _remote(arrival: _Arrival, size: str) -> Remote | Fetched:
    return Remote(int(size), arrival.mark) if _SIZE.fullmatch(size) else Fetched.WHOLE


async def _part(arrival: _Arrival, take: Take, cursor: _Cursor, last: int, remote: Remote) -> _Outcome:
    if arrival.status == 200:
        return Fetched.CHANGED if remote.mark and arrival.mark != remote.mark else Fetched.WHOLE
    if arrival.status in {412, 416}:
        return Fetched.CHANGED
    if arrival.status in _REFUSED:
        return Fetched.REFUSED
    if arrival.status != 206:
        return arrival.setback()
    found = _RANGE.fullmatch(arrival.header("content-range"))
    if found is None or (int(found[1]), int(found[2])) != (cursor.at, last):
        return Setback(Trouble.GARBLED, "the answer is another part than was asked for")
    if int(found[3]) != remote.size or (remote.mark and arrival.mark not in {"", remote.mark}):
        return Fetched.CHANGED
    return await _body(arrival, take, cursor, last)


async def _all(arrival: _Arrival, take: Take, cursor: _Cursor, remote: Remote) -> _Outcome:
    if arrival.status in _REFUSED:
        return Fetched.REFUSED
    if arrival.status != 200:
        return arrival.setback()
    if remote.mark and arrival.mark != remote.mark:
        return Fetched.CHANGED
    return await _body(arrival, take, cursor, remote.size - 1)


async def _body(arrival: _Arrival, take: Take, cursor: _Cursor, last: int) -> _Outcome:
    if arrival.header("content-encoding") not in {"", "identity"}:
        return Setback(Trouble.GARBLED, "the answer came compressed, which nobody asked for")
    async for piece in arrival.response.aiter_raw():
        arrival.alive()
        if cursor.at + len(piece) > last + 1:
            return Setback(Trouble.GARBLED, "the answer is longer than was asked for")
        take(cursor.at, piece)
        cursor.at += len(piece)
    if cursor.at <= last:
        return Setback(Trouble.LOST, "the answer broke off")
    return Fetched.DONE
