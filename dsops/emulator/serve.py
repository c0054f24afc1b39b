"""The emulator on a TCP port."""

import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dsops.emulator.app import create_app
from dsops.emulator.exchange import SetupError
from dsops.emulator.options import Options
from dsops.emulator.pipeline import DROP


class _DroppableProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, with a handle to cut the connection: ASGI has none."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, DROP: transport.abort}


class _Server(uvicorn.Server):
    """A server that says where it is once it listens, and whose stopping is an ordinary return."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and self.started:
            sys.stdout.write(json.dumps({"url": _url(sockets[0])}) + "\n")
            sys.stdout.flush()
            if self._ready:
                self._ready(_url(sockets[0]))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM. The inherited method raises the signal again afterwards, past all cleaning up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        caught = (signal.SIGINT, signal.SIGTERM)
        for number in caught:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)


def serve(host: str, port: int, options: Options, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then return. Port 0 takes a free one.

    Prints one line on stdout when ready, {"url": "http://127.0.0.1:8321"}, then calls `ready` with that URL. Raises
    SetupError when the port or a file can't be used. Requests still running at the stop get a second to end; those held
    before the commit never commit.
    """
    listener = _listen(host, port)
    try:
        config = uvicorn.Config(
            create_app(options),
            http=_DroppableProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        _Server(config, ready).run(sockets=[listener])
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol left out, asyncio doesn't set TCP_NODELAY, and each answer to a body waits 40 ms for an ACK.
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise SetupError(
            f"cannot listen on {host}:{port}: {error}; choose another with --port, or 0 for a free one"
        ) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = cast("tuple[str, int]", listener.getsockname()[:2])
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
