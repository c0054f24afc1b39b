"""A small stack, the account it is about, and what a disk may do to a command that runs in it."""

import asyncio
import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsops import engine
from dsops.engine import Options, Workspace
from dsops.manifest import load
from dsops.model import Plan, State
from dsops.providers import kinds
from tests.support import DSOPS, AnsweringEmulator, Done

TOKEN_NAME = "DISK_TOKEN"

BASE = ("Dataset d", "Stream d/t")
TARGET = (*BASE, "Dataset e", "Stream e/u")
"""What is declared at first, and in the end."""

PROJECT = "disk"
SEED = {
    "uipath": {
        "datasets": [
            {
                "project": PROJECT,
                "name": "d",
                "title": "Title of d",
                "streams": [{"name": "t", "title": "Title of t"}],
            }
        ]
    }
}
"""What the account holds at first: the base."""

_LIMITED = (
    "import os, resource, sys; most = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); "
    "os.environ['PYTHONDONTWRITEBYTECODE'] = '1'; "  # it would leave half of a module behind, and believe in it
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class Inject:
    """A fault that the kernel puts into a command's system calls, by the hand of strace.

    Attributes:
        call: The system call.
        what: ``error=ENOSPC``, ``signal=SIGKILL``.
        first: At which of a thread's calls it happens first.
        ever: Whether it also happens at each later one.
    """

    call: str
    what: str
    first: int = 1
    ever: bool = False

    def __str__(self) -> str:
        return f"{self.call}-{self.what.partition('=')[2]}-{self.first}{'+' if self.ever else ''}"


@functools.cache
def strace_refused() -> str:
    """Return why strace can't be used here; empty where it can."""
    try:
        done = subprocess.run(["strace", "-f", "-qq", "true"], capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        return "strace is not installed"
    return done.stderr.strip() if done.returncode else ""


@dataclass(slots=True)
class Place:
    """A stack in a folder.

    Attributes:
        folder: The stack.
        emulator: The account.
        env: Environment of the commands.
    """

    folder: Path
    emulator: AnsweringEmulator
    env: Mapping[str, str]

    @property
    def file(self) -> Path:
        """The state."""
        return self.folder / ".dsops/default.db"

    @property
    def log(self) -> Path:
        """The write-ahead log beside it."""
        return self.folder / ".dsops/default.db-wal"

    @property
    def index(self) -> Path:
        """The index of the log beside it."""
        return self.folder / ".dsops/default.db-shm"

    # -- commands

    def run(self, *args: str | Path, before: Sequence[str | Path] = ()) -> Done:
        """Run a command to its end, under whatever comes before it."""
        process = self.start(*args, before=before)
        try:
            out, err = process.communicate(timeout=90)
        finally:
            process.kill()
        return Done(process.returncode, out, err)

    def start(self, *args: str | Path, before: Sequence[str | Path] = ()) -> "subprocess.Popen[str]":
        """Begin a command, under whatever comes before it."""
        return subprocess.Popen(
            [*map(str, before), *DSOPS, *map(str, args)],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def apply(self, *args: str | Path, before: Sequence[str | Path] = ()) -> Done:
        """Apply without asking, a call at a time."""
        return self.run("apply", "--auto-approve", "--parallelism", "1", *args, before=before)

    def traced(self, fault: Inject, *paths: Path) -> list[str | Path]:
        """Return what comes before a command that is to meet a fault at any of these files (those of the state)."""
        chosen = paths or (self.file, self.log, self.index)
        when = f"{fault.first}+" if fault.ever else f"{fault.first}"
        files = [word for path in chosen for word in ("-P", path)]
        rules = ("-e", f"trace={fault.call}", "-e", f"inject={fault.call}:{fault.what}:when={when}")
        return ["strace", "-f", "-qq", "-o", self._trace, *files, *rules]

    def counting(self, *calls: str) -> list[str | Path]:
        """Return what comes before a command whose system calls at the state are to be counted."""
        files = [word for path in (self.file, self.log, self.index) for word in ("-P", path)]
        return ["strace", "-f", "-qq", "-o", self._trace, *files, "-e", f"trace={','.join(calls)}"]

    def trace(self) -> list[str]:
        """Return the system calls of the last command that ran under strace."""
        return self._trace.read_text(encoding="utf-8").splitlines()

    @property
    def _trace(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.trace")

    # -- manifests

    def declare(self, what: Sequence[str]) -> None:
        """Declare datasets and streams, and nothing else."""
        documents = []
        for kind, _, name in (each.partition(" ") for each in what):
            own = name.rpartition("/")[2]
            spec = {"project": PROJECT} if kind == "Dataset" else {"dataset": name.partition("/")[0]}
            body = {"metadata": {"name": own}, "spec": {**spec, "title": f"Title of {own}"}}
            documents.append(json.dumps({"apiVersion": "uipath/v1", "kind": kind, **body}))
        (self.folder / "resources.yaml").write_text("\n---\n".join(documents), encoding="utf-8")

    def write_stack(self) -> None:
        """Write the stack file."""
        connection = {
            "provider": "uipath",
            "endpoint": self.emulator.url,
            "token": f"${{env:{TOKEN_NAME}}}",
            "settle": 0,
        }
        content = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "disk"}}
        whole = {**content, "spec": {"connections": {"mail": connection}}}
        (self.folder / "dsops.yaml").write_text(json.dumps(whole), encoding="utf-8")

    # -- what came of it

    def live(self) -> dict[str, str]:
        """Ids of everything in the account by name: ``Dataset d``, ``Stream d/t``."""
        found = {}
        for each in self.emulator.datasets():
            if each["owner"] == PROJECT:
                found[f"Dataset {each['name']}"] = each["id"]
                for below in self.emulator.streams(f"{PROJECT}/{each['name']}"):
                    found[f"Stream {each['name']}/{below['name']}"] = below["id"]
        return found

    def writes(self) -> list[str]:
        """Every write the account was sent: ``Dataset e``."""
        found = []
        for each in self.emulator.requests():
            _, _, below = each["path"].partition(f"/datasets/{PROJECT}/")
            if each["method"] != "GET" and below:
                name = below.removesuffix("/streams")
                made = f"Stream {name}/{each['body']['stream']['name']}" if below != name else f"Dataset {name}"
                found.append(made)
        return found

    def workspace(self) -> Workspace:
        """The stack as it is declared now."""
        schemas = {name: kind.info.schema for name, kind in kinds().items()}
        loaded = load(self.folder, env=None, variables={}, environ=os.environ, schemas=schemas)
        assert loaded.stack is not None, loaded.diagnostics
        return Workspace(loaded.stack, loaded.resources)

    def state(self) -> State:
        """What is recorded."""
        return engine.store_of(self.workspace().stack).load()

    def plan(self) -> Plan:
        """What apply would do now."""
        return asyncio.run(engine.plan(self.workspace(), Options("dsops plan"), lambda _: None)).plan

    def known(self) -> set[str]:
        """What the state knows of, as a record or as an open intent."""
        state = self.state()
        addresses = [*state.records, *(each.address for each in state.intents)]
        named = {f"{each.kind} {each.name}" for each in addresses}
        return {what for what in TARGET if what.replace(f" {_parent(what)}", " ") in named}

    def check_converged(self, what: Sequence[str] = TARGET) -> None:
        """Check that everything was made once, is recorded, and that nothing is left to do."""
        live = self.live()
        assert sorted(live) == sorted(what)
        writes = self.writes()
        assert sorted(writes) == sorted(set(writes)), "something was written twice"
        state = self.state()
        assert sorted(record.remote_id for record in state.records.values()) == sorted(live.values())
        assert state.intents == ()
        plan = self.plan()
        assert (plan.changes, plan.refresh) == ((), ())


def limited(size: int) -> list[str]:
    """Return what comes before a command whose files may have no more than ``size`` bytes."""
    return [sys.executable, "-c", _LIMITED, str(size)]


def clear_of_trouble(done: Done, *codes: int) -> Done:
    """Check how a command met trouble: no traceback, one of these codes, and errors with what to do."""
    assert done.code in codes, f"exit {done.code}\n{done.out}\n{done.err}"
    assert "Traceback" not in done.err, done.err
    assert "This is a bug" not in done.err, done.err
    return done


def files(folder: Path) -> dict[str, bytes]:
    """Return all that a folder holds, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _parent(what: str) -> str:
    return what.partition(" ")[2].rpartition("/")[0] + "/"


def json_of(done: Done) -> Any:
    """Return the report that a command has written, empty where it wrote none."""
    return json.loads(done.out) if done.out.strip() else {}


def diagnostics(done: Done) -> list[dict[str, Any]]:
    """Return the errors and warnings that a command told as JSON, in its report or on stderr."""
    found = list(json_of(done).get("diagnostics", ()))
    for line in done.err.splitlines():
        if line.startswith('{"diagnostics"'):
            found += json.loads(line)["diagnostics"]
    return found
