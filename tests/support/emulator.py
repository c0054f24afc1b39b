"""A real emulator, in a subprocess of its own."""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.commands import DSOPS

TOKEN = "emulator"


@dataclass(frozen=True, slots=True)
class AnsweringEmulator:
    """An emulator that answers, wherever it runs.

    Attributes:
        url: Its address, without a trailing slash.
    """

    url: str

    def request(self, method: str, path: str, body: Any = None, *, token: str = TOKEN, project: str = "") -> Any:
        """Ask it past dsops, as a stranger would; returns the JSON of the answer.

        Args:
            method: HTTP method.
            path: Below its address.
            body: JSON content.
            token: A token it takes.
            project: GEAI: the project that is meant.

        Raises:
            httpx.HTTPStatusError: The answer is not a success.
        """
        headers = {"Authorization": f"Bearer {token}"} | ({"ProjectId": project} if project else {})
        # No certificates are needed on loopback, and loading them takes longer than the request.
        with httpx.Client(verify=False, trust_env=False, timeout=20) as client:
            return client.request(method, f"{self.url}{path}", json=body, headers=headers).raise_for_status().json()

    def datasets(self) -> list[dict[str, Any]]:
        """Every dataset it holds."""
        found: list[dict[str, Any]] = self.request("GET", "/api/v1/datasets")["datasets"]
        return found

    def evaluations(self, project: str) -> list[dict[str, Any]]:
        """GEAI: every dataset of a project, with its rows."""
        found: list[dict[str, Any]] = self.request("GET", "/dataSetApi/dataSets", project=project)
        return found

    def streams(self, dataset: str) -> list[dict[str, Any]]:
        """The streams of a dataset, named ``project/dataset``."""
        found: list[dict[str, Any]] = self.request("GET", f"/api/v1/datasets/{dataset}/streams")["streams"]
        return found

    def fault(self, fault: str, *, method: str, path: str, **more: Any) -> None:
        """Let requests whose method and path (a regular expression) match meet a fault (see specs/uipath.md)."""
        self.request("POST", "/_emulator/faults", [{"fault": fault, "match": {"method": method, "path": path}, **more}])

    def requests(self) -> list[dict[str, Any]]:
        """Every request it was sent, its own routes left out."""
        found: list[dict[str, Any]] = self.request("GET", "/_emulator/requests")["requests"]
        return found

    def start_over(self) -> None:
        """Forget objects, requests and faults."""
        self.request("DELETE", "/_emulator/faults")
        self.request("POST", "/_emulator/reset")
        self.request("DELETE", "/_emulator/requests")

    def wait_until_held(self, number: int = 1) -> None:
        """Return once it holds that many requests; fails after 30 s."""
        end = time.monotonic() + 30
        while self.request("GET", "/_emulator/held")["held"] < number:
            assert time.monotonic() < end, "nothing was held"
            time.sleep(0.05)

    def release(self) -> None:
        """Let held requests go on, and hold no more."""
        self.request("DELETE", "/_emulator/faults")
        self.request("POST", "/_emulator/release")


@dataclass(frozen=True, slots=True)
class RunningEmulator(AnsweringEmulator):
    """An emulator in a process of its own.

    Attributes:
        process: The process, for tests that pause or kill it.
    """

    process: subprocess.Popen[str]


@contextmanager
def start_emulator(*args: str | Path) -> Iterator[RunningEmulator]:
    """Start ``dsops emulator --port 0 ARGS``, yield it once it is ready, and stop it."""
    command = [*DSOPS, "emulator", "--port", "0", *map(str, args)]
    # A file and not a pipe: nobody reads while the test runs, and a full pipe would stop the emulator.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        ready = process.stdout.readline()
        try:
            if not ready:
                log.seek(0)
                raise AssertionError(f"the emulator did not start:\n{log.read()}")
            yield RunningEmulator(json.loads(ready)["url"], process)
        finally:
            process.terminate()
            process.communicate(timeout=20)
