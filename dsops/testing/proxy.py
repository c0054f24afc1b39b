"""A proxy in front of any HTTP server: passes requests on, keeps a log of them, makes trouble when told to."""

import contextlib
import http.client
import http.server
import io
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT = 30
_PIECES = 4
_BETWEEN_PIECES = 0.005
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade"})


class Fault(StrEnum):
    """What can happen to a request.

    Where the name ends with ``before`` the server never hears of it; otherwise it has done what was asked.
    """

    CLOSED_BEFORE = "closed before"
    CLOSED_AFTER = "closed after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    UNAVAILABLE_BEFORE = "503 before"
    UNAVAILABLE_AFTER = "503 after"
    THROTTLED = "429 before"
    HALVED = "half of the JSON"
    CUT = "cut short"
    SLOW = "in pieces"
    STALLED = "never answered"

    @property
    def before(self) -> bool:
        """Whether the server never hears of the request."""
        return self.value.endswith("before")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request, and what was answered.

    Attributes:
        method: HTTP method.
        target: Path with query, encoded as it was.
        body: What it carried.
        status: Status answered; 0 where nothing was.
        answer: Body answered; empty where nothing was.
        fault: What was done to it; None where nothing was.
        at: When it arrived, by ``time.monotonic``.
    """

    method: str
    target: str
    body: bytes
    status: int = 0
    answer: bytes = b""
    fault: "Fault | Wrong | None" = None
    at: float = 0.0

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer in place of the server's.

    Attributes:
        status: Its status; None for that of the server.
        body: Its body, and the server never hears of the request; or what makes it from the server's.
        kind: Its content type.
        headers: Further headers, which may be made when it is sent.
    """

    status: int | None
    body: bytes | Callable[[bytes], bytes]
    kind: str = "application/json"
    headers: Callable[[], Mapping[str, str]] = dict


When = Callable[[Seen], bool]


@dataclass(slots=True)
class _Rule:
    fault: Fault | Wrong
    when: When
    left: int | None


@dataclass(slots=True)
class Proxy:
    """A proxy at work.

    Attributes:
        url: Where it listens.
        upstream: Whom it passes requests on to.
        seen: Every request, in the order of their answers.
        answered: Told the client's port whenever a request has got all that it will get.
    """

    url: str
    upstream: str
    seen: list[Seen] = field(default_factory=list)
    answered: Callable[[int], None] = lambda _: None
    _rules: list[_Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _handled: threading.Condition = field(default_factory=threading.Condition)
    _handling: int = 0

    @property
    def writes(self) -> list[Seen]:
        """Every request that may have changed something."""
        return [each for each in self.seen if each.is_write]

    def fail(self, fault: Fault | Wrong, when: When, *, times: int | None = 1) -> None:
        """Let requests meet trouble.

        Args:
            fault: Which.
            when: Says of a request whether it is meant.
            times: How many of these; None for all.
        """
        with self._lock:
            self._rules.append(_Rule(fault, when, times))

    def heal(self) -> None:
        """Make no more trouble."""
        with self._lock:
            self._rules.clear()

    def due(self, request: Seen) -> Fault | Wrong | None:
        """Return the trouble that a request is to meet, which is counted."""
        with self._lock:
            for rule in self._rules:
                if rule.left != 0 and rule.when(request):
                    rule.left = None if rule.left is None else rule.left - 1
                    return rule.fault
        return None

    def wait(self) -> None:
        """Return once no request is at work, not even one whose client has gone."""
        with self._handled:
            self._handled.wait_for(lambda: self._handling == 0)

    @contextlib.contextmanager
    def handling(self) -> Iterator[None]:
        """Be at work on a request."""
        with self._handled:
            self._handling += 1
        try:
            yield
        finally:
            with self._handled:
                self._handling -= 1
                self._handled.notify_all()

    def note(self, request: Seen) -> None:
        """Add to the log."""
        with self._lock:
            self.seen.append(request)


@contextlib.contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    """Stand in front of a server; yields the proxy, and stops it."""
    server = _Server(("127.0.0.1", 0), _Handler)
    proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}", upstream)
    server.proxy = proxy  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection of a client, with one of its own to the server behind."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a whole answer in one go: in pieces the second would wait 40 ms for an ACK
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        """Pass one request on, or let it meet its trouble."""
        proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        at = time.monotonic()
        request = Seen(self.command, self.path, self.rfile.read(int(self.headers.get("content-length", 0))), at=at)
        trouble = proxy.due(request)
        with proxy.handling():
            try:
                status, headers, body = self._met(proxy, request, trouble)
                proxy.note(replace(request, status=status, answer=body, fault=trouble))
                self._answer(status, headers, body, trouble if isinstance(trouble, Fault) else None)
            finally:
                proxy.answered(self.client_address[1])
        if trouble is Fault.STALLED:
            with contextlib.suppress(OSError):
                self.connection.recv(1)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815 - names of the base

    def _met(
        self, proxy: Proxy, request: Seen, trouble: Fault | Wrong | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of what the request is to get; ask the server where it is to hear of it."""
        if isinstance(trouble, Fault) and trouble.before:
            return {Fault.UNAVAILABLE_BEFORE: 503, Fault.THROTTLED: 429}.get(trouble, 0), [], b""
        if isinstance(trouble, Wrong):
            asked = (200, [], b"") if isinstance(trouble.body, bytes) else self._ask(proxy, request)
            body = trouble.body if isinstance(trouble.body, bytes) else trouble.body(asked[2])
            status = asked[0] if trouble.status is None else trouble.status
            return status, [("content-type", trouble.kind), *trouble.headers().items()], body
        return self._ask(proxy, request)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: Fault | None) -> None:
        match fault:
            case Fault.CLOSED_BEFORE | Fault.CLOSED_AFTER:
                self._hang_up(reset=False)
            case Fault.RESET_BEFORE | Fault.RESET_AFTER:
                self._hang_up(reset=True)
            case Fault.UNAVAILABLE_BEFORE | Fault.UNAVAILABLE_AFTER:
                self._send(503, [("content-type", "text/plain")], b"try later")
            case Fault.THROTTLED:
                self._send(429, [("content-type", "text/plain"), ("retry-after", "0")], b"not so fast")
            case Fault.HALVED:
                self._send(status, headers, body[: len(body) // 2])
            case Fault.CUT:
                self._send(status, headers, body[: len(body) // 2], promised=len(body) + 1)
                self._hang_up(reset=False)
            case Fault.SLOW:
                self._send(status, headers, body, pieces=_PIECES)
            case Fault.STALLED:
                self.close_connection = True
            case None:
                self._send(status, headers, body)

    def _ask(self, proxy: Proxy, request: Seen) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        there = http.client.HTTPConnection(urlsplit(proxy.upstream).netloc, timeout=_TIMEOUT)
        with contextlib.closing(there):
            there.request(request.method, request.target, body=request.body or None, headers=headers)
            answer = there.getresponse()
            body = answer.read()
        passed = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        if request.method == "HEAD":
            passed.append(("content-length", answer.headers.get("content-length", "0")))
        return answer.status, passed, body

    def _send(
        self, status: int, headers: list[tuple[str, str]], body: bytes, promised: int | None = None, *, pieces: int = 1
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD" and status != http.HTTPStatus.NO_CONTENT:
            self.send_header("content-length", str(len(body) if promised is None else promised))
        self.end_headers()
        content = body if status != http.HTTPStatus.NO_CONTENT else b""
        size = -(-len(content) // pieces) or 1
        for begin in range(0, max(1, len(content)), size):
            if begin:
                time.sleep(_BETWEEN_PIECES)
            self.wfile.write(content[begin : begin + size])
            self.wfile.flush()

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if not reset:
            with contextlib.suppress(OSError):  # the client may have gone
                self.connection.shutdown(socket.SHUT_RDWR)
        else:
            # Nothing may be shut down before it is closed: that would be a proper end, and no reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for each in (self.rfile, self.wfile, self.connection):
                each.close()
            self.rfile, self.wfile = io.BytesIO(), io.BytesIO()  # the base class flushes and closes them once more

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""


def json_of(content: bytes) -> Any:
    """Return the JSON that a body is, or that of the one file in a form; None for anything else."""
    if content.startswith(b"--"):
        boundary, _, _ = content.partition(b"\r\n")
        content = content.split(boundary)[1].partition(b"\r\n\r\n")[2]
    try:
        return json.loads(content)
    except ValueError:
        return None
