"""The scenario at work: a real emulator, a real command, and looking at what came of it."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from dsops import engine
from dsops.engine import Options, Workspace
from dsops.manifest import load
from dsops.model import Plan, State
from dsops.providers import kinds
from tests.crash.scenario import BASE, PROJECT, TARGET, Manifest, Write, stack_file
from tests.support import DSOPS, TOKEN, Done, run_dsops

TOKEN_NAME = "CRASH_TOKEN"
_FLEETING = frozenset({"id", "dataset_id", "created", "created_at", "last_modified", "updated_at"})
_OF_STRANGERS = ("stranger", "stranger/theirs", "keep/foreign")
_STRANGERS = re.compile("stranger|foreign")

Names = Mapping[str, dict[str, Any]]


def write_manifests(folder: Path, manifests: Iterable[Manifest]) -> None:
    """Put manifests into a folder in place of those that are there, a file each: ``Stream-extra.yaml``."""
    for old in folder.glob("[DS]*-*.yaml"):
        old.unlink()
    for each in manifests:
        (folder / f"{each['kind']}-{each['metadata']['name']}.yaml").write_text(json.dumps(each), encoding="utf-8")


def until(happens: Callable[[], Any], *, seconds: float = 20, of: "Running | None" = None) -> Any:
    """Wait for something true and return it; fail when it doesn't come, or the process it must come from ends."""
    end = time.monotonic() + seconds
    while not (found := happens()):
        if of is not None and of.process.poll() is not None:
            raise AssertionError(f"it ended before that:\n{of.ended()}")
        assert time.monotonic() < end, "it didn't happen in time"
        time.sleep(0.02)
    return found


@dataclass(frozen=True, slots=True)
class Running:
    """A dsops command under way."""

    process: subprocess.Popen[str]

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        os.kill(self.process.pid, number)

    def ended(self, seconds: float = 40) -> Done:
        """Wait for its end and return all it said."""
        out, err = self.process.communicate(timeout=seconds)
        return Done(self.process.returncode, out, err)


@dataclass(slots=True)
class World:
    """A stack in a folder, and the account it is about.

    Attributes:
        folder: The stack.
        client: The account.
        env: Environment of the commands.
    """

    folder: Path
    client: httpx.Client
    env: dict[str, str]
    _started: list[Running] = field(default_factory=list)

    # -- commands

    def run(self, *args: str | Path) -> Done:
        """Run a command to its end."""
        return run_dsops(*args, cwd=self.folder, env=self.env)

    def apply(self, *args: str | Path) -> Done:
        """Apply without asking."""
        return self.run("apply", "--auto-approve", *args)

    def start(self, *args: str | Path) -> Running:
        """Begin a command."""
        return self._start([*DSOPS, *map(str, args)])

    def start_apply(self, *args: str | Path) -> Running:
        """Begin an apply that doesn't ask."""
        return self.start("apply", "--auto-approve", *args)

    def start_driver(self, boundary: int, *args: str) -> Running:
        """Begin an apply that kills itself at a boundary."""
        return self._start([sys.executable, "-m", "tests.crash.driver", str(boundary), *args])

    def _start(self, command: list[str]) -> Running:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._started.append(Running(process))
        return self._started[-1]

    def end_all(self) -> None:
        """Let go of whatever a failed test left behind."""
        self.control("DELETE", "faults")
        self.control("POST", "release")
        for each in self._started:
            if each.process.poll() is None:
                each.kill()
                each.process.communicate()

    # -- manifests

    def declare(self, manifests: Iterable[Manifest]) -> None:
        """Declare these and nothing else."""
        write_manifests(self.folder, manifests)

    def remove(self, names: Iterable[str]) -> None:
        """Take manifests away."""
        for name in names:
            (self.folder / f"{name}.yaml").unlink()

    def settle(self, seconds: float) -> None:
        """Set how long a lost write may still surface."""
        content = json.dumps(stack_file(str(self.client.base_url).rstrip("/"), settle=seconds))
        (self.folder / "dsops.yaml").write_text(content, encoding="utf-8")

    # -- the account

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the account past dsops, as a stranger would; returns the JSON of the answer."""
        answer = self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
        return answer.raise_for_status().json()

    def control(self, method: str, what: str, body: Any = None) -> Any:
        """Ask the emulator's own routes."""
        return self.ask(method, f"/_emulator/{what}", body)

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """Plan trouble."""
        self.control("POST", "faults", list(rules))

    def held(self) -> int:
        """How many requests are held."""
        held: int = self.control("GET", "held")["held"]
        return held

    def until_held(self, running: Running, least: int = 1) -> None:
        """Wait until that many requests are held."""
        until(lambda: self.held() >= least, of=running)

    def release(self) -> None:
        """Let held requests go on, and wait until they did."""
        self.control("POST", "release")
        until(lambda: self.held() == 0)

    def log(self) -> list[dict[str, Any]]:
        """Every request since the start, or since the log was cleared."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found

    def writes(self, *, committed: bool | None = None) -> list[dict[str, Any]]:
        """Every write."""
        return [
            each
            for each in self.log()
            if each["method"] != "GET" and (committed is None or each["committed"] is committed)
        ]

    def committed(self, write: Write) -> int:
        """How often a write, or one equal in method and path, was committed."""
        return sum(
            each["method"] == write.method and each["path"] == write.path for each in self.writes(committed=True)
        )

    def live(self) -> dict[str, dict[str, Any]]:
        """Everything in the account by name: ``keep``, ``keep/edited``."""
        found = {}
        for each in self.ask("GET", "/api/v1/datasets")["datasets"]:
            found[each["name"]] = each
            for below in self.ask("GET", f"/api/v1/datasets/{each['owner']}/{each['name']}/streams")["streams"]:
                found[f"{each['name']}/{below['name']}"] = below
        return found

    def starts(self) -> dict[str, str]:
        """Where each stream was last reset to, by path."""
        return {
            each["path"]: each["body"]["to_comment_created_at"]
            for each in self.writes(committed=True)
            if each["path"].endswith("/reset")
        }

    # -- what dsops knows

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


@dataclass(frozen=True, slots=True)
class Template:
    """A stack applied as it was at the start, to be copied for each test.

    Attributes:
        folder: The stack, its manifests those of the base.
        client: The account.
        live: What it holds then.
        undisturbed: What it holds after an undisturbed run to the target.
        starts: Where that run reset streams to.
    """

    folder: Path
    client: httpx.Client
    live: Names
    undisturbed: Names
    starts: Mapping[str, str]

    def world(self, folder: Path, env: dict[str, str]) -> World:
        """Return the world anew: everything as at the start, and the target declared."""
        shutil.copytree(self.folder, folder)
        world = World(folder, self.client, env)
        world.control("DELETE", "faults")
        world.control("POST", "reset")
        world.control("DELETE", "requests")
        world.declare(TARGET)
        return world


def make_template(folder: Path, client: httpx.Client, env: dict[str, str]) -> Template:
    """Apply the base, then find out what an undisturbed run to the target makes of it."""
    folder.mkdir()
    world = World(folder, client, env)
    world.settle(0.5)
    world.declare(BASE)
    world.apply().ok()
    made = Template(folder, client, world.live(), {}, {})
    undisturbed = made.world(folder.with_name(f"{folder.name}-undisturbed"), env)
    undisturbed.apply("--parallelism", "1").ok()
    return Template(folder, client, made.live, undisturbed.live(), undisturbed.starts())


def lasting(names: Names) -> dict[str, dict[str, Any]]:
    """Return live objects without ids and times."""
    return {
        name: {key: value for key, value in document.items() if key not in _FLEETING}
        for name, document in names.items()
    }


def check_converged(world: World, template: Template, without: Iterable[str] = ()) -> None:
    """Check that the account holds just what is declared, and the state just that, and that nothing is left to do.

    Args:
        world: After the last apply.
        template: What it is compared with.
        without: Names of manifests that were taken away, ``Stream-extra``.
    """
    missing = {_live_name(name) for name in without}
    live = world.live()
    assert lasting(live) == {
        name: document for name, document in lasting(template.undisturbed).items() if name not in missing
    }
    for name in _OF_STRANGERS:
        assert live[name]["id"] == template.live[name]["id"]
    assert not [each for each in world.writes() if _STRANGERS.search(each["path"])], "a stranger's object was touched"
    for path, start in world.starts().items():
        assert start == template.starts[path]
    check_records(world, live)
    plan = world.plan()
    assert (plan.changes, plan.refresh) == ((), ())


def check_records(world: World, live: Names) -> None:
    """Check that every record is that of a live object, that every declared one has one, and that nothing is open."""
    workspace, state = world.workspace(), world.state()
    assert set(state.records) == {each.address for each in workspace.resources}
    for record in state.records.values():
        assert record.key[0] == PROJECT
        assert record.remote_id == live["/".join(record.key[1:])]["id"]
    assert state.intents == ()
    assert engine.store_of(workspace.stack).holder() is None


def check_each_once(world: World, writes: Iterable[Write]) -> None:
    """Check that of all runs together each write was carried out once."""
    wanted: dict[tuple[str, str], int] = {}
    for write in writes:
        if not write.repeatable:
            place = (write.method, write.path)
            wanted[place] = wanted.get(place, 0) + 1
    done = dict.fromkeys(wanted, 0)
    for each in world.writes(committed=True):
        place = (each["method"], each["path"])
        if place in done:
            done[place] += 1
    assert done == wanted


def _live_name(manifest: str) -> str:
    """Return the name of the live object that a manifest of the target declares."""
    for each in TARGET:
        if manifest == f"{each['kind']}-{each['metadata']['name']}":
            spec = each["spec"]
            own = spec.get("name", each["metadata"]["name"])
            return f"{spec['dataset']}/{own}" if each["kind"] == "Stream" else own
    raise ValueError(manifest)
