"""An emulator in a thread of this process, on a real port."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from dsops.emulator import Options, create_app
from tests.support.emulator import AnsweringEmulator


@contextmanager
def emulator_inside(options: Options) -> Iterator[AnsweringEmulator]:
    """Run an emulator in a thread of this process, on a port: quicker to start, but it can't drop connections."""
    config = uvicorn.Config(create_app(options), http="h11", ws="none", lifespan="on", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield AnsweringEmulator(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
