"""A stack of ModelArts before an emulator, and secrets that are looked for in all that is said and written."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsops.manifest import load
from dsops.model import DsopsError
from dsops.planner import declare
from dsops.providers import kinds, schemas
from tests.support import AnsweringEmulator, Done, run_dsops
from tests.support.modelarts import add_dataset, ask, held_datasets, held_versions

MARK = "canary-5d1c"
"""What every secret begins with."""
VERBS = [f"modelarts:dataset:{verb}" for verb in ("list", "get", "create", "update", "delete")]
PAIRS = {
    f"{MARK}-ak": {
        "secretKey": f"{MARK}-sk",
        "securityToken": f"{MARK}-st+/==",
        "permissions": VERBS,
    },
    f"{MARK}-token": {"permissions": ["modelarts:dataset:list", "modelarts:dataset:get"]},
}
SECRETS = {
    "MA_ACCESS_KEY": f"{MARK}-ak",
    "MA_SECRET_KEY": f"{MARK}-sk",
    "MA_SECURITY_TOKEN": f"{MARK}-st+/==",
    "MA_TOKEN": f"{MARK}-token",
    "DWS_USER": f"{MARK}-user",
    "DWS_PASSWORD": f"{MARK}-password",
}
SIGNED = {
    "accessKey": "${env:MA_ACCESS_KEY}",
    "secretKey": "${env:MA_SECRET_KEY}",
    "securityToken": "${env:MA_SECURITY_TOKEN}",
}
Document = dict[str, Any]


@dataclass
class Zoo:
    """A stack folder before an emulator, in a project of its own; what a command says is searched for secrets."""

    folder: Path
    emulator: AnsweringEmulator
    project: str

    def declare(self, *documents: Document, **connection: Any) -> "Zoo":
        given = connection or {**SIGNED, "project": self.project}
        account = {"provider": "modelarts", "endpoint": self.emulator.url, "settle": 0, **given}
        stack = {
            "apiVersion": "dsops/v1",
            "kind": "Stack",
            "metadata": {"name": "zoo"},
            "spec": {"connections": {"ma": account}},
        }
        self.folder.mkdir(exist_ok=True)
        (self.folder / "dsops.yaml").write_text(json.dumps(stack))
        (self.folder / "zoo.yaml").write_text("\n---\n".join(map(json.dumps, documents)))
        return self

    def run(self, *args: str, code: int = 0) -> Done:
        done = run_dsops(*args, cwd=self.folder, env=SECRETS, timeout=100).ok(code)
        assert MARK not in done.out + done.err
        for path in self.folder.rglob("*"):
            assert not path.is_file() or MARK.encode() not in path.read_bytes(), path
        return done

    def plan(self, code: int = 2) -> Any:
        return self.run("plan", "--detailed-exitcode", "--format", "json", code=code).json

    def calls(self) -> list[str]:
        """What a plan would send: method, path, body."""
        calls = [call for change in self.plan()["changes"] for call in change["calls"]]
        return [
            f"{call['method']} {call['path']} {json.dumps(call.get('body'))}"
            for call in sorted(calls, key=lambda each: each["id"])
        ]

    def apply(self) -> str:
        """Apply, and see that nothing is left to do."""
        done = self.run("apply", "--auto-approve")
        self.plan(code=0)
        return done.err

    def problems(self) -> str:
        """Return what is wrong with the stack: what `validate` says, in this process, for there are many of these."""
        loaded = load(self.folder, env=None, variables={}, environ={}, schemas=schemas())
        found = [each for each in loaded.diagnostics if each.is_error]
        try:
            declare(() if found else loaded.resources, kinds("modelarts"))
        except DsopsError as wrong:
            found += wrong.diagnostics
        return "\n".join(f"{each.summary} {each.detail} {each.hint}" for each in found)

    def writes(self) -> list[Document]:
        return [each for each in self.emulator.requests() if each["method"] != "GET"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Do what a stranger would."""
        return ask(self.emulator.url, method, path, body, project=self.project)

    def held(self) -> dict[str, Document]:
        return held_datasets(self.emulator.url, project=self.project)

    def versions(self, name: str = "animals") -> dict[str, Document]:
        return held_versions(self.emulator.url, name, project=self.project)

    def current(self, name: str = "animals") -> str:
        return str(self.held()[name]["current_version_name"])

    def add(self, name: str, **fields: Any) -> str:
        """Make a dataset as a stranger would, and wait until it is there."""
        made = add_dataset(self.emulator.url, name, project=self.project, **fields)
        while self.held()[name]["status"] != 1:
            time.sleep(0.05)
        return made


def dataset(name: str = "animals", **spec: Any) -> Document:
    meta = spec.pop("meta", {})
    base = {
        "type": "image-classification",
        "dataSource": {"type": "obs", "path": "/zoo/in/"},
        "workPath": "/zoo/out/",
        "labels": [{"name": "cat", "color": "#FFFFF0"}, {"name": "dog"}],
    }
    return {"apiVersion": "modelarts/v1", "kind": "Dataset", "metadata": {"name": name, **meta}, "spec": base | spec}


def version(name: str, **spec: Any) -> Document:
    meta = spec.pop("meta", {})
    return {
        "apiVersion": "modelarts/v1",
        "kind": "DatasetVersion",
        "metadata": {"name": name.lower(), **meta},
        "spec": {"dataset": "animals", "name": name, **spec},
    }
