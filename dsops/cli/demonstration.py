"""The demo: the real commands, on an example, against an emulator; each is shown with what it prints."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsops.cli.output import out
from dsops.model import DsopsError
from dsops.model.assets import asset
from dsops.render.style import Style

_TOKEN = "emulator"  # noqa: S105 - the emulator's, meant to be known
_STREAM = "api/v1/datasets/project1/collateral/streams/dispute"


class _Surprise(Exception):
    """A command ended otherwise than the demo says."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the demo plays."""

    folder: Path
    url: str
    style: Style

    def tell(self, text: str) -> None:
        """Say what comes next."""
        out("\n" + self.style(f"# {text}", "cyan"))

    def run(self, *arguments: str, expect: int) -> None:
        """Show and run a command."""
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
            raise _Surprise(f"dsops {arguments[0]} exited with {done.returncode}, not {expect}")
        if expect:
            out(self.style(f"(exit code {expect})", "dim"))


def demonstrate(*, colour: bool) -> int:
    """Play the demo and return the exit code.

    Raises:
        DsopsError: Something didn't go as it should.
    """
    with tempfile.TemporaryDirectory(prefix="dsops-demo-") as scratch, _emulator() as url:
        folder = Path(scratch, "support-mail")
        shutil.copytree(asset("examples", "support-mail"), folder, ignore=shutil.ignore_patterns(".dsops"))
        try:
            _play(_Stage(folder, url, Style(colour)))
        except _Surprise as surprise:
            raise DsopsError.of("the demo went wrong", detail=str(surprise)) from surprise
    out("\nThe emulator is down and the folder is gone. Your own stack: dsops init my-stack")
    return 0


def _play(stage: _Stage) -> None:
    stage.tell(f"The emulator of the providers listens on {stage.url}. A stack of two datasets and three streams:")
    stage.run("graph", expect=0)
    stage.tell("What would apply do? Every call is shown before it is made.")
    stage.run("plan", "--detailed-exitcode", "--save", "first.plan", expect=2)
    stage.tell("Do exactly that.")
    stage.run("apply", "first.plan", expect=0)
    stage.tell("And again: nothing is left to do, so nothing is sent.")
    stage.run("plan", "--detailed-exitcode", expect=0)
    stage.tell("Somebody lowers a threshold behind our back.")
    _lower_threshold(stage)
    stage.tell("drift names it.")
    stage.run("drift", expect=2)
    stage.tell("apply repairs it, with one call.")
    stage.run("apply", "--auto-approve", expect=0)
    stage.run("drift", expect=0)
    stage.tell("Away with all of it, children first.")
    stage.run("destroy", "--auto-approve", expect=0)


def _lower_threshold(stage: _Stage) -> None:
    """Change the stream as another program would: read it, change it, send it."""
    model = _ask(stage, "GET", None)["model"]
    model["label_thresholds"][0]["threshold"] = 0.05
    label = " > ".join(model["label_thresholds"][0]["name"])
    out(stage.style(f"$ curl -X POST {stage.url}/{_STREAM}   # {label}: 0.05", "bold"))
    _ask(stage, "POST", {"stream": {"model": model}})


def _ask(stage: _Stage, method: str, body: object) -> dict[str, Any]:
    # A proxy that the environment names is for the world outside, not for the emulator.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 - the emulator's own address
        f"{stage.url}/{_STREAM}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
    )
    with opener.open(request, timeout=10) as answer:
        stream: dict[str, Any] = json.load(answer)["stream"]
        return stream


@contextmanager
def _emulator() -> Iterator[str]:
    """Run an emulator in a process of its own and yield its address."""
    command = [sys.executable, "-m", "dsops", "emulator", "--port", "0", "--log-level", "warning"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready:
                raise DsopsError.of("the emulator did not start", hint="Its own words stand above.")
            yield json.loads(ready)["url"]
        finally:
            process.terminate()
