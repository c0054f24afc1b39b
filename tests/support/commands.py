"""The real command, in a subprocess."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DSOPS = (sys.executable, "-m", "dsops")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds, read as one JSON document."""
        return json.loads(self.out)

    def ok(self, code: int = 0) -> "Done":
        """Return itself if the command exited with ``code`` and without a traceback; else fail with all it said."""
        assert self.code == code, f"exit {self.code}, not {code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"
        assert "Traceback" not in self.err, self.err
        return self


def run_dsops(
    *args: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout: float = 60,
) -> Done:
    """Run ``dsops ARGS`` to its end, without a terminal.

    Args:
        args: Arguments of the command.
        cwd: Where it runs; the current folder otherwise.
        env: Environment variables added to ours.
        stdin: What it can read; nothing otherwise.
        timeout: Seconds after which it is killed and ``TimeoutExpired`` raised.
    """
    done = subprocess.run(
        [*DSOPS, *map(str, args)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
