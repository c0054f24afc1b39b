"""A server between dsops and the emulator that can turn nasty: it sees what is sent, and answers what it is told to."""

import contextlib
import http.client
import http.server
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it arrived; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; one with status 0 is none: the connection is closed."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()


Answer = Callable[[Heard], Said | None]


@dataclass(slots=True)
class Front:
    """Stands before an emulator.

    Attributes:
        url: Where it listens.
        upstream: Whom it asks.
        nasty: Answers in the emulator's place, or with None leaves it to that.
        watch: Is called with each request, before it is answered.
        heard: All requests.
    """

    url: str
    upstream: str
    nasty: Answer = field(default=lambda _: None)
    watch: Callable[[Heard], None] = field(default=lambda _: None)
    heard: list[Heard] = field(default_factory=list)


@contextlib.contextmanager
def standing_before(upstream: str) -> Iterator[Front]:
    """Listen on a free port of loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    front = Front(f"http://127.0.0.1:{server.server_address[1]}", upstream)
    server.front = front  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        front: Front = self.server.front  # type: ignore[attr-defined]
        headers = {name.lower(): value for name, value in self.headers.items()}
        heard = Heard(self.command, self.path, headers, self.rfile.read(int(headers.get("content-length", 0))))
        front.heard.append(heard)
        front.watch(heard)
        said = front.nasty(heard) or self._asked(front, heard)
        if not said.status:
            self.close_connection = True
            return
        self.send_response_only(said.status)
        for name, value in said.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(said.body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else said.body)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = do_LOCK = do_UNLOCK = handle_any  # noqa: N815 - names of the base

    def _asked(self, front: Front, heard: Heard) -> Said:
        there = http.client.HTTPConnection(urlsplit(front.upstream).netloc, timeout=60)
        with contextlib.closing(there):
            kept = {name: value for name, value in heard.headers.items() if name not in _OF_ONE_HOP}
            there.request(heard.method, heard.target, body=heard.body or None, headers=kept)
            answer = there.getresponse()
            body = answer.read()
        passed = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_ONE_HOP]
        return Said(answer.status, body, passed)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
