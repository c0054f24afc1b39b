"""Over a real socket, in a process of its own: what ASGI in process can't show."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsops.emulator.serve import _listen
from tests.unit.emulator.client import DATASET, STREAMS

START = """
import sys
from pathlib import Path
from dsops.emulator import Options, SetupError
from dsops.emulator.serve import serve
port, data = int(sys.argv[1]), Path(sys.argv[2])
try:
    serve("127.0.0.1", port, Options(data=data))
except SetupError as error:
    sys.exit(str(error))
"""


class Server:
    """A process that serves, and a client of it."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(port), str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        self.url = httpx.URL(json.loads(self.ready)["url"]) if self.ready else httpx.URL()
        self.http = httpx.Client(base_url=self.url, headers={"Authorization": "Bearer emulator"}, timeout=20)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, the rest of stdout, stderr."""
        self.http.close()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.http.post("/_emulator/faults", json=rules).status_code == 200

    def names(self) -> list[str]:
        return [stream["name"] for stream in self.http.get(STREAMS).raise_for_status().json()["streams"]]

    def send_and_vanish(self, name: str) -> None:
        """Send a whole PUT, wait until it is held, and reset the connection, as a killed client's kernel does."""
        body = json.dumps({"stream": {"name": name}}).encode()
        lines = (f"PUT {STREAMS} HTTP/1.1", "Host: x", "Authorization: Bearer emulator", f"Content-Length: {len(body)}")
        head = "".join(f"{line}\r\n" for line in (*lines, ""))
        with socket.create_connection((self.url.host, self.url.port)) as raw:
            raw.sendall(head.encode() + body)
            while not self.http.get("/_emulator/held").json()["held"]:
                time.sleep(0.01)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data.db")
    running.http.put(DATASET, json={"dataset": {}}).raise_for_status()
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_says_where_it_is_and_stops_when_asked(server: Server, number: int) -> None:
    assert json.loads(server.ready) == {"url": str(server.url)}
    assert server.url.host == "127.0.0.1"
    assert server.stop(number) == (0, "", "")


def test_a_dropped_connection_gives_no_byte(server: Server) -> None:
    server.faults(
        {"match": {"method": "PUT"}, "fault": "drop_after"}, {"match": {"method": "DELETE"}, "fault": "drop_before"}
    )
    with pytest.raises(httpx.TransportError):
        server.http.put(STREAMS, json={"stream": {"name": "a"}})
    assert server.names() == ["a"]
    with pytest.raises(httpx.TransportError):
        server.http.delete(f"{STREAMS}/a")
    assert server.names() == ["a"]
    assert server.stop() == (0, "", "")


def test_a_held_request_commits_after_its_client_is_gone(server: Server) -> None:
    server.faults({"match": {"method": "PUT"}, "fault": "hold", "at": "before"})
    server.send_and_vanish("late")
    assert server.names() == []
    assert server.http.post("/_emulator/release").json() == {"released": 1}
    assert server.names() == ["late"]
    assert server.stop() == (0, "", "")


def test_a_held_request_has_committed_when_it_is_held_after(server: Server) -> None:
    server.faults({"match": {"method": "PUT"}, "fault": "hold", "at": "after"})
    server.send_and_vanish("made")
    assert server.names() == ["made"]


def test_a_stop_does_not_wait_for_held_requests(server: Server) -> None:
    server.faults({"match": {"method": "PUT"}, "fault": "hold", "at": "before"})
    server.send_and_vanish("never")
    assert server.stop()[0] == 0


def test_what_was_answered_survives_the_death_of_the_server(server: Server, tmp_path: Path) -> None:
    for name in "abc":
        server.http.put(STREAMS, json={"stream": {"name": name}}).raise_for_status()
    server.stop(signal.SIGKILL)
    again = Server(tmp_path / "data.db")
    assert again.names() == ["a", "b", "c"]
    assert again.stop()[0] == 0


def test_a_port_in_use_is_said(server: Server, tmp_path: Path) -> None:
    second = Server(tmp_path / "other.db", port=server.url.port or 0)
    code, _, error = second.stop()
    assert code == 1
    assert f"127.0.0.1:{server.url.port}" in error
    assert "--port" in error
    assert "Traceback" not in error


def test_a_data_file_in_use_is_said(server: Server, tmp_path: Path) -> None:
    code, _, error = Server(tmp_path / "data.db").stop()
    assert code == 1
    assert "data.db" in error
    assert "Traceback" not in error


def test_answers_to_bodies_do_not_wait_for_delayed_acknowledgements() -> None:
    # asyncio sets TCP_NODELAY only on a socket that says it is TCP; without, each answer to a body takes 40 ms.
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
