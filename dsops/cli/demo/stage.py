"""Where the demo plays: a folder with a stack, an emulator, and somebody else who changes things behind our back."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsops.cli.output import out
from dsops.model import DsopsError
from dsops.render.style import Style

_TOKEN = "emulator"  # noqa: S105 - the emulator's, meant to be known


class Surprise(Exception):
    """A command ended otherwise than the demo says."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one part of the demo plays.

    Attributes:
        folder: The stack's folder, a copy of an example.
        url: Where the emulator listens.
        style: How what is said is coloured.
    """

    folder: Path
    url: str
    style: Style

    def tell(self, text: str) -> None:
        """Say what comes next."""
        out("\n" + self.style(f"# {text}", "cyan"))

    def run(self, *arguments: str, expect: int) -> None:
        """Show and run a command.

        Raises:
            Surprise: It ends with another exit code than expected.
        """
        out(self.style(f"$ dsops {' '.join(arguments)}", "bold"))
        looks = [] if self.style.colour else ["--no-color"]
        done = subprocess.run(
            [sys.executable, "-m", "dsops", *arguments, *looks],
            cwd=self.folder,
            env={**os.environ, "DSOPS_VAR_endpoint": self.url, "DSOPS_EXAMPLE_TOKEN": _TOKEN},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != expect:
            raise Surprise(f"dsops {arguments[0]} exited with {done.returncode}, not {expect}")
        if expect:
            out(self.style(f"(exit code {expect})", "dim"))

    def meddle(self, method: str, path: str, body: object, words: str, **headers: str) -> None:
        """Change something as another program would, and show how."""
        out(self.style(f"$ curl -X {method} {self.url}/{path}   # {words}", "bold"))
        self.ask(method, path, body, **headers)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request to the emulator and return the JSON of its answer."""
        # A proxy that the environment names is for the world outside, not for the emulator.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(  # noqa: S310 - the emulator's own address
            f"{self.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json", **headers},
        )
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def emulator() -> Iterator[str]:
    """Run an emulator in a process of its own and yield its address.

    Raises:
        DsopsError: It doesn't start.
    """
    command = [sys.executable, "-m", "dsops", "emulator", "--port", "0", "--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready:
                raise DsopsError.of("the emulator did not start", hint="Its own words stand above.")
            yield json.loads(ready)["url"]
        finally:
            process.terminate()
