"""Real servers with real certificates, a real proxy, and every kind of client that dsops has."""

import asyncio
import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsops.http import Client, Remote, Transfer
from dsops.model import Call, Connection, DsopsError, SecretRef
from dsops.state.address import take_apart
from dsops.state.http import wire
from dsops.state.http.shelf import SETTINGS as HTTP_SETTINGS
from dsops.state.http.shelf import HttpShelf
from dsops.state.objects import SETTINGS as OBJECT_SETTINGS
from dsops.state.objects import ObjectShelf, shelf
from tests.unit.http.server import Bearer, Hours

TOKEN, STATE_PASSWORD, S3_SECRET = "canary-wire-token-3b1c", "canary-wire-state-88d0", "canary-wire-s3-5f02"
ENVIRONMENT: Mapping[str, str] = {
    "WIRE_TOKEN": TOKEN,
    "DSOPS_STATE_USERNAME": "wire",
    "DSOPS_STATE_PASSWORD": STATE_PASSWORD,
    "AWS_ACCESS_KEY_ID": "CANARYWIREKEY01",
    "AWS_SECRET_ACCESS_KEY": S3_SECRET,
    "AWS_EC2_METADATA_DISABLED": "true",
}
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(slots=True)
class Wired:
    """A server that has kept what it was sent.

    Attributes:
        port: Where it listens on loopback.
        seen: First line and headers of each request.
        location: Where it sends everybody, if anywhere.
        status: With which status.
    """

    port: int
    seen: list[str] = field(default_factory=list)
    location: str = ""
    status: int = 200


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        wired: Wired = self.server.wired  # type: ignore[attr-defined]
        wired.seen.append(f"{self.requestline}\n{self.headers}")
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b'{"serial": 1}'
        self.send_response_only(wired.status)
        if wired.location:
            self.send_header("location", wired.location)
        self.send_header("etag", '"e"')
        self.send_header("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_GET = do_HEAD = do_PUT = do_POST = handle_any  # noqa: N815 - names of the base

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Greet in the thread of the connection: one that refuses the certificate must not stop the others."""
        with contextlib.suppress(OSError), contextlib.ExitStack() as exits:
            if self.tls is not None:
                request = exits.enter_context(self.tls.wrap_socket(request, server_side=True))
            super().finish_request(request, client_address)


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None, *, status: int = 200, location: str = "") -> Iterator[Wired]:
    """Serve on loopback, encrypted where a context is given."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.tls = tls
    wired = Wired(server.server_address[1], status=status, location=location)
    server.wired = wired  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wired
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True)
class Tunnels:
    """A proxy at work.

    Attributes:
        port: Where it listens.
        target: The port at which every tunnel ends, and every plain request.
        asked: The head of each request to it.
        refusal: What it answers instead, with ``{auth}`` for the credentials it was shown.
    """

    port: int
    target: int
    asked: list[str] = field(default_factory=list)
    refusal: str = ""


@contextlib.contextmanager
def tunnelling(target: int, tls: ssl.SSLContext | None = None) -> Iterator[Tunnels]:
    """Run a proxy whose every tunnel ends at one port of loopback, whatever host was asked for."""
    listener = socket.create_server(("127.0.0.1", 0))
    tunnels = Tunnels(listener.getsockname()[1], target)
    open_ones: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_tunnel, args=(client, tunnels, tls, open_ones), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield tunnels
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for each in open_ones:
            with contextlib.suppress(OSError):
                each.close()


def _tunnel(
    client: socket.socket, tunnels: Tunnels, tls: ssl.SSLContext | None, open_ones: list[socket.socket]
) -> None:
    open_ones.append(client)
    with contextlib.suppress(OSError):
        if tls is not None:
            client = tls.wrap_socket(client, server_side=True)
            open_ones.append(client)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = client.recv(1)
            if not piece:
                return
            head += piece
        text = head.decode("latin-1")
        tunnels.asked.append(text)
        if tunnels.refusal:
            auth = next((line for line in text.split("\r\n") if line.lower().startswith("proxy-auth")), "")
            client.sendall(tunnels.refusal.replace("{auth}", auth).encode() + b"\r\ncontent-length: 0\r\n\r\n")
            client.close()
            return
        there = socket.create_connection(("127.0.0.1", tunnels.target))
        open_ones.append(there)
        if text.startswith("CONNECT "):
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there.sendall(head)
        threading.Thread(target=_copy, args=(there, client), daemon=True).start()
        _copy(client, there)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stores try again at once; the others have a clock that doesn't wait."""
    monkeypatch.setattr(wire, "PAUSES", (0.0,))
    monkeypatch.setitem(shelf._RETRIES, "max_retries", 1)
    monkeypatch.setitem(shelf._RETRIES["backoff"], "init_backoff", timedelta(milliseconds=1))


# -- the kinds of client; each asks once and returns all that it said


def _api(origin: str, root: Path, *, insecure: bool = False) -> list[str]:
    secrets = {"token": SecretRef("env", "WIRE_TOKEN")}
    connection = Connection("cm", "demo", f"{origin}/base", secrets=secrets, timeout=20, insecure=insecure)
    said: list[str] = []

    async def ask() -> None:
        emit, clock = (lambda event: said.append(event.text)), Hours().clock
        async with Client(connection, Bearer(), root=root, emit=emit, clock=clock) as client:
            answer = await client.write(Call("PUT", ("x",), body={}))
            if answer.failure is not None:
                raise DsopsError.of(answer.failure.message)

    asyncio.run(ask())
    return said


def _download(origin: str, root: Path, *, insecure: bool = False) -> list[str]:
    del root
    connection = Connection("vi", "vi", "https://api.example.test", timeout=20, insecure=insecure)
    said: list[str] = []

    async def ask() -> None:
        address = f"{origin}/archive?signature={TOKEN}"
        emit, clock = (lambda event: said.append(event.text)), Hours().clock
        async with Transfer(address, connection, emit=emit, clock=clock) as transfer:
            await transfer.whole(Remote(13, '"e"'), lambda _at, _piece: None)

    asyncio.run(ask())
    return said


def _state(origin: str, root: Path, *, insecure: bool = False) -> list[str]:
    del insecure
    with contextlib.closing(HttpShelf(take_apart(f"{origin}/state", root, HTTP_SETTINGS))) as state:
        state.read()
    return []


def _objects(origin: str, root: Path, *, insecure: bool = False) -> list[str]:
    del insecure
    ObjectShelf(take_apart(f"s3://bucket/it?endpoint={origin}&region=eu", root, OBJECT_SETTINGS)).read_pack("x")
    return []


Ask = Callable[..., list[str]]
KINDS: Mapping[str, Ask] = {"api": _api, "download": _download, "state": _state, "objects": _objects}


def told(failed: DsopsError, *more: Sequence[str]) -> str:
    """Return everything that could be shown of a failure."""
    behind = [repr(vars(each)) for each in (failed.__cause__, failed.__context__) if each is not None]
    return "\n".join([repr(failed.diagnostics), repr(failed.__cause__), *behind, *(" ".join(each) for each in more)])
