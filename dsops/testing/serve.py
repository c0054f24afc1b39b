"""An ASGI application on a port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI application on a free port of loopback; yields its URL, and stops it.

    Raises:
        ModuleNotFoundError: uvicorn is missing: install ``dsops[emulator]``.
        RuntimeError: It didn't start.
    """
    import uvicorn

    # With the protocol left out, asyncio doesn't set TCP_NODELAY, and each answer to a body waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        if not ready.wait(20):
            raise RuntimeError("the application didn't start within 20 s")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
