"""The accounts at all four providers: an emulator that can be put back to how it was.

Started as a module it is the emulator, in a process of its own: ``python -m tests.chaos.account DELAY``.
"""

import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.modelarts import PROJECT
from tests.support.vi import ORGANIZATION, SECRET

TOKEN = "emulator"
WRITES = ("PUT", "POST", "PATCH", "DELETE")

_HEADERS: Mapping[str, Mapping[str, str]] = {
    "uipath": {"Authorization": f"Bearer {TOKEN}"},
    "geai": {"Authorization": f"Bearer {TOKEN}"},
    "modelarts": {"X-Auth-Token": TOKEN},
    "vi": {"Authorization": f"Bearer {SECRET}", "Organization-Id": ORGANIZATION},
}
_ROOTS: Mapping[str, str] = {
    "uipath": "/api/v1/datasets",
    "geai": "/dataSetApi",
    "modelarts": f"/v2/{PROJECT}/datasets",
    "vi": f"/workspaces/{ORGANIZATION}/datasets",
}


def until(happens: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something is true; fail when that doesn't come."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it didn't happen in time"
        time.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Account:
    """An account at each provider, and what can be done with it past dsops.

    Attributes:
        url: Where the emulator is.
        delay: Seconds that operations of ModelArts and Vi take.
    """

    url: str
    delay: float
    _client: httpx.Client = field(repr=False)

    def ask(self, provider: str, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Ask as a stranger would; ``path`` is below the provider's datasets. Returns the JSON of the answer."""
        answer = self._client.request(
            method, f"{_ROOTS[provider]}{path}", json=body, params=params, headers=_HEADERS[provider]
        ).raise_for_status()
        return answer.json() if answer.content else None

    def control(self, method: str, what: str, body: Any = None) -> Any:
        """Ask the emulator's own routes."""
        return self._client.request(method, f"/_emulator/{what}", json=body).raise_for_status().json()

    def keep(self, name: str) -> None:
        """Keep everything as it is now, under a name."""
        self.control("POST", f"keep?{name}")

    def put_back(self, name: str) -> None:
        """Let everything be as it was when it was kept, and forget requests and faults."""
        self.control("POST", f"back?{name}")

    def clear(self) -> None:
        """Let nothing be there."""
        self.quiet()
        self.control("POST", "reset")
        self.control("DELETE", "requests")

    def quiet(self) -> None:
        """Wait until what killed runs have sent is worked off, held requests included; faults are forgotten."""
        self.control("POST", "quiet")

    def release(self) -> None:
        """Let held requests go on."""
        self.control("POST", "release")

    def hold(self, rules: list[Mapping[str, Any]]) -> None:
        """Hold requests: each rule is an emulator's rule without its fault."""
        self.control("POST", "faults", [{"fault": "hold", **rule} for rule in rules])

    def held(self) -> int:
        """How many requests are held."""
        held: int = self.control("GET", "held")["held"]
        return held

    def log(self) -> list[dict[str, Any]]:
        """Every request since the log was cleared."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found

    def writes(self) -> list[dict[str, Any]]:
        """Every write since the log was cleared."""
        return [each for each in self.log() if each["method"] in WRITES]


@contextmanager
def running_account(delay: float = 0) -> Iterator[Account]:
    """Start an emulator, yield the account, and stop it."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.chaos.account", str(delay)]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                yield Account(url, delay, client)
        finally:
            process.kill()


def main(delay: float) -> None:
    """Be the emulator, until standard input ends."""
    # Imported here: whoever only asks needs none of it.
    import asyncio
    import threading

    import uvicorn
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from dsops.emulator import ModelartsSwitches, Options, ViSwitches, create_app

    app = create_app(Options(modelarts=ModelartsSwitches(delay=delay, version_interval=0), vi=ViSwitches(delay=delay)))
    store = app.state.store
    kept: dict[str, sqlite3.Connection] = {}

    pipeline: Any = app.router.default

    async def quiet(_: Request) -> JSONResponse:
        pipeline.faults.clear()
        pipeline.gate.release()
        log = app.state.requests
        while any(each.status is None and not each.dropped for each in log):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.002)
        return JSONResponse({})

    async def keep(request: Request) -> JSONResponse:
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        store._connection.backup(copy)
        kept[request.url.query] = copy
        return JSONResponse({})

    async def back(request: Request) -> JSONResponse:
        await quiet(request)
        kept[request.url.query].backup(store._connection)
        store._lists.clear()
        app.state.requests.clear()
        return JSONResponse({})

    routes = (quiet, keep, back)
    app.router.routes += [Route(f"/_emulator/{each.__name__}", each, methods=["POST"]) for each in routes]
    # A connection that is closed just as it is used again would look like a lost answer.
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="on", log_config=None, timeout_keep_alive=600)
    server = uvicorn.Server(config)

    def stop() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop, daemon=True).start()
    # The protocol must be named: without it asyncio doesn't set TCP_NODELAY.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        print(json.dumps(f"http://127.0.0.1:{listener.getsockname()[1]}"), flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(float(sys.argv[1]))
