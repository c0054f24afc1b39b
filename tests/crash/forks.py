"""Real processes at a small price: each is forked from one that has dsops imported already.

A run of the driver is quick that way, and is killed like any other process. Started as a module this is the process
that forks: it is told on stdin, and answers on stdout, a line of JSON each.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import Done

_NEEDED = (
    "anyio._backends._asyncio",
    "httpcore",
    "dsops.cli.applying",
    "dsops.cli.approval",
    "dsops.cli.commands.apply",
    "dsops.cli.plans",
    "dsops.cli.progress",
    "dsops.cli.workspace",
    "dsops.engine",
    "dsops.manifest",
    "dsops.render",
    "dsops.state.sqlite.store",
)
"""What every apply imports, sooner or later."""


@dataclass(frozen=True, slots=True)
class Forked:
    """A run of the driver under way."""

    pid: int
    log: Path
    forks: "Forks"

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.forks.ask({"poll": self.pid}) == 1

    def ended(self) -> Done:
        """Wait for its end; return its exit code, negative after a signal, and all it said."""
        code = self.forks.ask({"wait": self.pid})
        return Done(code, *((self.log / name).read_text(encoding="utf-8") for name in ("out", "err")))


class Forks:
    """Starts runs of the driver."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, folder: Path, boundary: int | str, *args: str, env: Mapping[str, str]) -> Forked:
        """Run the driver in a folder; what it says goes into files beside the folder."""
        log = folder.with_name(f"{folder.name}-said")
        log.mkdir(exist_ok=True)
        asked = {"folder": str(folder), "log": str(log), "arguments": [str(boundary), *args], "env": dict(env)}
        return Forked(self.ask(asked), log, self)

    def ask(self, asked: Mapping[str, Any]) -> int:
        """Ask the process that forks; return the number that it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def start_forks(root: Path) -> Iterator[Forks]:
    """Start the process that forks, yield it, and stop it."""
    command = [sys.executable, "-m", "tests.crash.forks"]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Forks(process)


def _serve() -> None:
    # Imported here: whoever only asks needs none of it.
    for name in _NEEDED:
        importlib.import_module(name)
    from dsops.providers import kinds
    from tests.crash.driver import main

    kinds()
    for line in sys.stdin:
        asked = json.loads(line)
        if "poll" in asked:
            # Told without reaping: whoever polls may wait for it, or kill it, afterwards.
            answer = int(os.waitid(os.P_PID, asked["poll"], os.WEXITED | os.WNOHANG | os.WNOWAIT) is None)
        elif "wait" in asked:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _run(asked, main)
        print(answer, flush=True)


def _run(asked: dict[str, Any], main: Any) -> None:
    """Be the forked process: run the driver, and end without a word to whoever forked."""
    os.chdir(asked["folder"])
    os.environ.update(asked["env"])
    log = Path(asked["log"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(log / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        code = main(asked["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
