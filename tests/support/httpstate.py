"""A server of Terraform's http-state protocol, on a free port, in memory; it can be careless on purpose.

python -m tests.support.httpstate      prints its address, serves until its stdin ends
"""

import json
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "states", "http-state-password"
EXPECTED = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


class Handler(BaseHTTPRequestHandler):
    """Answers as the protocol says: GET, POST?ID=, DELETE, LOCK, UNLOCK; and GitLab's form, POST and DELETE on /lock.

    A path below ``/careless-NAME/`` lacks the rule NAME: ``locks``, ``ids`` (a writer's ID is looked at), ``gone`` (one
    is refused where nobody holds the lock).
    """

    protocol_version = "HTTP/1.1"
    bodies: dict[str, bytes] = {}  # noqa: RUF012 - of the one server in this process
    locks: dict[str, bytes] = {}  # noqa: RUF012
    mutex = threading.Lock()

    def do_GET(self) -> None:
        self._answer(lambda path: (200, self.bodies[path]) if path in self.bodies else (404, b""))

    def do_POST(self) -> None:
        self._answer(self._lock if self._is_lock else self._store)

    def do_DELETE(self) -> None:
        self._answer(self._unlock if self._is_lock else lambda path: (200, self.bodies.pop(path, b"") and b""))

    def do_LOCK(self) -> None:
        self._answer(self._lock)

    def do_UNLOCK(self) -> None:
        self._answer(self._unlock)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    @property
    def _is_lock(self) -> bool:
        return urlsplit(self.path).path.endswith("/lock")

    def _answer(self, act: Callable[[str], tuple[int, bytes]]) -> None:
        url = urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.id = parse_qs(url.query).get("ID", [""])[0]
        if self.headers.get("authorization") != EXPECTED:
            status, body = 401, b""
        else:
            with self.mutex:
                status, body = act(url.path.removesuffix("/lock"))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _lock(self, path: str) -> tuple[int, bytes]:
        if path in self.locks and "careless-locks" not in path:
            return 423, self.locks[path]
        self.locks[path] = self.body
        return 200, b""

    def _unlock(self, path: str) -> tuple[int, bytes]:
        held = json.loads(self.locks.get(path, b"{}")).get("ID")
        if held != json.loads(self.body or b"{}").get("ID"):
            return 409, self.locks.get(path, b"")
        self.locks.pop(path, None)
        return 200, b""

    def _store(self, path: str) -> tuple[int, bytes]:
        held = json.loads(self.locks[path])["ID"] if path in self.locks else None
        careless = "careless-ids" in path or (held is None and "careless-gone" in path)
        if self.id != (held or "") and not careless:
            return 409, self.locks.get(path, b"")
        self.bodies[path] = self.body
        return 200, b""


@contextmanager
def running_http_state() -> Iterator[str]:
    """Run the server in a process of its own and yield where states are: append a name."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.httpstate"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(30)


def main() -> None:
    """Serve until stdin ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
