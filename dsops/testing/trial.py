"""A stack folder at work: declared, planned, applied, with everything it says and writes searched for secrets."""

import asyncio
import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dsops import engine
from dsops.engine import Options, Workspace
from dsops.manifest import load
from dsops.model import Address, Change, Drift, DsopsError, Plan, Provider, Report, State
from dsops.planner import SavedPlan, dump_plan, plan_id
from dsops.providers import further_schemas, provider, schemas
from dsops.render import diagnostics_text, drift_json, drift_text, event_text, plan_json, plan_text, report_json
from dsops.testing.calls import check_writes
from dsops.testing.proxy import Proxy, Seen
from dsops.testing.subject import KindCase, Subject

_R = TypeVar("_R")
CONNECTION = "account"


@dataclass(slots=True)
class Trial:
    """A stack in a folder, whose one connection goes through a proxy to the server of a provider.

    Attributes:
        folder: The stack folder.
        subject: The provider under test.
        proxy: What stands in front of its server.
        declared: The documents declared now.
    """

    folder: Path
    subject: Subject
    proxy: Proxy
    declared: tuple[Mapping[str, Any], ...] = ()
    _said: list[str] = field(default_factory=list)

    @property
    def provider(self) -> Provider:
        """The provider under test."""
        return provider(self.subject.provider)

    # -- manifests

    def declare(self, *documents: Mapping[str, Any], files: Mapping[str, str] | None = None) -> None:
        """Declare these documents (kind, metadata, spec) and nothing else."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.declared = documents
        whole = [{"apiVersion": f"{self.subject.provider}/v1", **each} for each in documents]
        _write(self.folder / "dsops.yaml", json.dumps(self.stack_document(), indent=1))
        _write(self.folder / "resources.yaml", "\n---\n".join(json.dumps(each, indent=1) for each in whole))
        for name, text in (files or {}).items():
            _write(self.folder / name, text)

    def declare_case(self, case: KindCase, *, meta: Mapping[str, Any] | None = None, **spec: Any) -> None:
        """Declare the object of a case with what it needs; ``spec`` are fields that differ from the case's."""
        metadata = {"name": case.name, **(meta or {})}
        document = {"kind": case.kind, "metadata": metadata, "spec": {**case.spec, **spec}}
        self.declare(*case.parents, document, files=case.files)

    def withdraw(self, case: KindCase) -> None:
        """Declare the object of a case no longer, and what it needs still."""
        self.declare(*case.parents, files=case.files)

    def stack_document(self) -> dict[str, Any]:
        """Return the stack file's content."""
        connection = {
            "provider": self.subject.provider,
            "endpoint": self.proxy.url + self.subject.base,
            "settle": 0,
            **self.subject.connection,
        }
        spec = {"connections": {CONNECTION: connection}, "safety": {"maxDeletePercent": 100, "maxUpdatePercent": 100}}
        return {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "trial"}, "spec": spec}

    def forget_everything(self) -> None:
        """Lose the state."""
        shutil.rmtree(self.folder / ".dsops")

    def address(self, case: KindCase) -> Address:
        """Return the address of a case's object."""
        return Address(self.subject.provider, case.kind, case.name)

    # -- dsops, in this process

    def plan(self, *, destroy: bool = False) -> Plan:
        """Return what apply would do.

        Raises:
            DsopsError: Something could not be read.
        """
        return self._planned(destroy=destroy).plan

    def _planned(self, *, destroy: bool = False) -> engine.Planned:
        options = Options("dsops plan", destroy=destroy)
        made = self._run(lambda: engine.plan(self.workspace(), options, self._emit))
        self._said += [plan_text(made.plan, full=True), plan_json(made.plan)]
        return made

    def change(self, case: KindCase) -> Change | None:
        """Return what a plan would do about a case's object; None where that is nothing."""
        return next((each for each in self.plan().changes if each.address == self.address(case)), None)

    def apply(self, *, destroy: bool = False) -> Report:
        """Plan, pass the guards, carry out; checks that what arrived is what was planned.

        Raises:
            DsopsError: Something could not be read.
        """
        before = len(self.proxy.seen)
        options = Options("dsops apply", destroy=destroy)
        applied = self._run(lambda: engine.apply(self.workspace(), options, self._emit, None))
        if applied.plan.guards and applied.report is None:
            confirmed = dataclasses.replace(options, confirm=plan_id(applied.plan))
            applied = self._run(lambda: engine.apply(self.workspace(), confirmed, self._emit, None))
        assert applied.report is not None, applied.refused
        self._said.append(report_json(applied.plan, applied.report))
        check_writes(applied.plan, applied.report, self.proxy.seen[before:], self.provider, self.subject.base)
        return applied.report

    def save(self) -> bytes:
        """Return a saved plan."""
        made, workspace = self._planned(), self.workspace()
        saved = dump_plan(SavedPlan(made.plan, workspace.stack), made.rows)
        self._said.append(saved.decode())
        return saved

    def apply_saved(self, saved: bytes) -> Report:
        """Carry out a saved plan; checks that what arrived is what was planned.

        Raises:
            DsopsError: It can't be used any more.
        """
        before = len(self.proxy.seen)
        applied = self._run(lambda: engine.apply_saved(saved, Options("dsops apply"), self._emit))
        assert applied.report is not None, applied.refused
        check_writes(applied.plan, applied.report, self.proxy.seen[before:], self.provider, self.subject.base)
        return applied.report

    def drift(self) -> Drift:
        """Return how live stands against the records; checks that nothing was written.

        Raises:
            DsopsError: Something could not be read.
        """
        before = len(self.proxy.writes)
        found = self._run(lambda: engine.drift(self.workspace(), Options("dsops drift"), self._emit))
        self._said += [drift_text(found), drift_json(found)]
        assert len(self.proxy.writes) == before, "drift wrote something"
        return found

    def import_case(self, case: KindCase) -> None:
        """Import a case's object under its address, with manifests below ``found/``.

        Raises:
            DsopsError: It isn't there, or can't be read.
        """
        address, folder = self.address(case), self.folder / "found"

        def write(files: Mapping[str, str | Iterable[bytes]]) -> None:
            for name, content in files.items():
                text = content if isinstance(content, str) else b"".join(content).decode()
                _write(folder / name, text)

        options = Options("dsops import")
        self._run(
            lambda: engine.import_one(
                self.workspace(), address, case.remote, CONNECTION, options, self._emit, write, folder="found"
            )
        )

    def state(self) -> State:
        """Return what is recorded."""
        return engine.store_of(self.workspace().stack).load()

    def workspace(self) -> Workspace:
        """Read the stack as it is declared now.

        Raises:
            DsopsError: A manifest is wrong.
        """
        loaded = load(self.folder, env=None, variables={}, environ={}, schemas=schemas(), others=further_schemas)
        if loaded.stack is None or any(each.is_error for each in loaded.diagnostics):
            self._said.append(diagnostics_text(loaded.diagnostics))
            raise DsopsError(*loaded.diagnostics)
        return Workspace(loaded.stack, loaded.resources)

    def _run(self, work: Callable[[], Coroutine[Any, Any, _R]]) -> _R:
        before = {name: os.environ.get(name) for name in self.subject.secrets}
        os.environ.update({name: value for name, value in self.subject.secrets.items() if value})
        try:
            return asyncio.run(work())
        except DsopsError as error:
            self._said.append(diagnostics_text(error.diagnostics))
            raise
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def _emit(self, event: Any) -> None:
        self._said.append(event_text(event))

    # -- dsops, as a command

    def command(self, *args: str, code: int = 0, env: Mapping[str, str] | None = None) -> str:
        """Run ``dsops ARGS`` in a process of its own, as loud as can be; returns what it says on stdout."""
        done = subprocess.run(
            [sys.executable, "-m", "dsops", *args, "--log-level", "debug"],
            cwd=self.folder,
            env={**os.environ, **self.subject.secrets, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self._said += [done.stdout, done.stderr]
        assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    # -- looking

    def settled(self) -> None:
        """Check that nothing is left to do: a plan has no change, and no call's end is open."""
        told = [f"{each.action} {each.address} {each.reason} {each.fields}" for each in self.plan().changes]
        assert told == []
        assert self.state().intents == ()

    def in_sync(self) -> None:
        """Check that nobody has changed anything: drift finds none."""
        assert [each for each in self.drift().items if each.state != "unverifiable"] == []

    def since(self, number: int) -> list[Seen]:
        """Return the writes that arrived after so many requests."""
        return [each for each in self.proxy.seen[number:] if each.is_write]

    def keeps_its_secrets(self) -> None:
        """Check that neither what was said nor any file of the stack folder holds a secret."""
        for name, secret in self.subject.secrets.items():
            assert not [text for text in self._said if secret in text], f"{name} was told"
            found = [path for path in self.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
            assert found == [], f"{name} was written down"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
