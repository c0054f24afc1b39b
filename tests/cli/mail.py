"""A stack that declares nothing, on an account full of mail; what the tests of `dataset` and `stream` share."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.contract.openapi import UIPATH
from tests.support import DSOPS, TOKEN, Done, RunningEmulator, run_dsops

STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: mail}
spec:
  connections:
    cm: {provider: uipath, endpoint: "${var.endpoint}", token: "${env:TOKEN}", maxConcurrency: 4}
  variables:
    endpoint: {}
"""
DATASET = "generated/mail-00000"
EXPORT = "/export$"


@dataclass(frozen=True)
class Mail:
    """The stack's folder and its emulator."""

    folder: Path
    emulator: RunningEmulator

    @property
    def env(self) -> dict[str, str]:
        return {"DSOPS_VAR_endpoint": self.emulator.url, "TOKEN": TOKEN}

    def run(self, *args: str | Path, env: dict[str, str] | None = None, stdin: str | None = None) -> Done:
        return run_dsops(*args, cwd=self.folder, env={**self.env, **(env or {})}, stdin=stdin)

    def start(self, *args: str, stdout: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start dsops and return its process; who asked for a pipe reads it."""
        return subprocess.Popen(
            [*DSOPS, *args],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )

    def lines(self, name: str) -> list[Any]:
        return documents((self.folder / name).read_text(encoding="utf-8"))

    def sent(self, path: str) -> list[Any]:
        """The bodies of the requests whose path matches."""
        return [each["body"] for each in self.emulator.requests() if re.search(path, each["path"])]

    def forget(self) -> None:
        """Forget faults and requests, not objects."""
        self.emulator.request("DELETE", "/_emulator/faults")
        self.emulator.request("DELETE", "/_emulator/requests")


def documents(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def uids(results: Sequence[Any]) -> list[str]:
    return [each["comment"]["uid"] for each in results]


def hold_to_the_description(emulator: RunningEmulator) -> None:
    """Hold every request that arrived against the API description."""
    for each in emulator.requests():
        target = each["path"] + (f"?{each['query']}" if each["query"] else "")
        body = each["body"] or None
        assert UIPATH.request_problems(each["method"], target, body) == [], each
