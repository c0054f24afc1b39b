"""A stack with an account at each provider, full of secrets; whatever it says or leaves is searched for them."""

import base64
import contextlib
import gc
import io
import json
import os
import re
import signal
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from dsops.cli.run import run
from dsops.emulator import ModelartsSwitches, Options, ViSwitches
from tests.security.front import Front, standing_before
from tests.support import Done, run_dsops
from tests.support.inside import emulator_inside

Document = dict[str, Any]

# What is looked for has no character that any encoding would change; what is behind it has all those that do.
_ODD = "/+%&<'\\=\""
SECRETS: Mapping[str, str] = {
    "CM_TOKEN": f"canary-cm-41c7e09b{_ODD}",
    "EVAL_TOKEN": f"canary-geai-8d20f6aa{_ODD}",
    "MA_ACCESS": "CANARYACCESS5E11",
    "MA_SECRET": f"canary-ma-secret-77e3{_ODD}",
    "MA_SECURITY": f"canary-ma-security-2b9d{_ODD}",
    "DWS_USER": "canary-dws-user-93aa",
    "DWS_PASSWORD": f"canary-dws-pass-c0f1{_ODD}",
    "VI_TOKEN": f"dtvi_{'canary-vi-6f8e11d4' + _ODD:x<98}",
}
_MARKS = {name: re.match(r"(dtvi_)?[A-Za-z0-9-]+", value) for name, value in SECRETS.items()}
IN_A_FILE = "EVAL_TOKEN"
"""This one comes from a file, the others from the environment."""

_ALL = [
    *("View labels", "View streams", "Consume streams", "Modify streams", "Streams admin"),
    *("Modify datasets", "Datasets admin", "Model Admin"),
]


def marks() -> Mapping[str, bytes]:
    """Return what tells each secret, in every encoding that hides it from the eye: name to bytes."""
    found: dict[str, bytes] = {}
    for name, match in _MARKS.items():
        assert match is not None
        mark = match[0].removeprefix("dtvi_").encode()
        found[name] = mark
        found[f"{name} in hex"] = mark.hex().encode()
        for offset in range(3):
            # The letters of Base64 that stand for the mark alone, wherever in three bytes it begins.
            coded = base64.b64encode(b"\0" * offset + mark)
            found[f"{name} in Base64, {offset}"] = coded[(0, 2, 3)[offset] : len(mark) * 4 // 3 - 3]
    return found


@dataclass
class House:
    """The stack's folder and the server behind it.

    Attributes:
        folder: The stack folder.
        front: What all connections speak to.
        said: All that any command said.
        settings: Fields of every connection.
    """

    folder: Path
    front: Front
    said: list[str] = field(default_factory=list)
    settings: Document = field(default_factory=dict)

    def write(self, name: str, *documents: Document) -> None:
        """Write a file of manifests."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(documents, sort_keys=False), encoding="utf-8")

    def connections(self) -> Document:
        """Return an account at each provider."""
        both = {"endpoint": self.front.url, "settle": 0, **self.settings}
        keys = {"accessKey": "${env:MA_ACCESS}", "secretKey": "${env:MA_SECRET}", "securityToken": "${env:MA_SECURITY}"}
        return {
            "cm": {"provider": "uipath", "token": "${env:CM_TOKEN}", **both},
            "evals": {"provider": "geai", "token": "${file:secrets/eval}", "project": "p", **both},
            "art": {"provider": "modelarts", "region": "cn-north-4", **keys, **both},
            "photos": {"provider": "vi", "token": "${env:VI_TOKEN}", "organization": "emulator", **both},
        }

    def stack(self, **spec: Any) -> None:
        """Write the stack file, and the secret that comes from a file."""
        whole = {"connections": self.connections(), **spec}
        document = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "house"}, "spec": whole}
        self.write("dsops.yaml", document)
        secret = self.folder / "secrets" / "eval"
        secret.parent.mkdir(exist_ok=True)
        secret.write_text(SECRETS[IN_A_FILE] + "\n", encoding="utf-8")

    def run(self, *args: str | Path, code: int | tuple[int, ...] = 0, secrets: Mapping[str, str] = SECRETS) -> Done:
        """Run a command in this process; whatever it says is kept."""
        out, err = io.StringIO(), io.StringIO()
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        before = Path.cwd()
        os.chdir(self.folder)
        given = {name: value for name, value in secrets.items() if name != IN_A_FILE}
        try:
            with patch.dict(os.environ, given), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                ended = run([str(each) for each in args])
        finally:
            os.chdir(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            gc.unfreeze()
            gc.enable()
        return self._kept(Done(ended, out.getvalue(), err.getvalue()), args, code)

    def process(self, *args: str | Path, code: int | tuple[int, ...] = 0, **env: str) -> Done:
        """Run a command in a process of its own."""
        given = {name: value for name, value in SECRETS.items() if name != IN_A_FILE}
        return self._kept(run_dsops(*args, cwd=self.folder, env={**given, **env}), args, code)

    def _kept(self, done: Done, args: tuple[str | Path, ...], code: int | tuple[int, ...]) -> Done:
        self.said.append(done.out + done.err)
        codes = (code,) if isinstance(code, int) else code
        assert done.code in codes, f"{args}: exit {done.code}\n{done.out}\n{done.err}"
        assert "Traceback" not in done.err, done.err
        return done

    def files(self) -> Iterator[Path]:
        """Yield every file that is there, but for the secret's own."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path.parent.name != "secrets":
                yield path

    def leaks(self) -> list[str]:
        """Return where a secret can be read, in whatever encoding."""
        texts = {f"words {number}": text.encode() for number, text in enumerate(self.said)}
        for path in self.files():
            with contextlib.suppress(FileNotFoundError):  # a run may go on meanwhile
                texts[str(path.relative_to(self.folder))] = path.read_bytes()
        return [
            f"{name} in {where}: ...{content[max(0, content.find(mark) - 40) : content.find(mark) + 40]!r}"
            for where, content in texts.items()
            for name, mark in marks().items()
            if mark in content
        ]

    def open_to_others(self) -> list[str]:
        """Return what dsops keeps and others could read."""
        kept = [path for path in self.files() if path.suffix == ".plan" or ".dsops" in path.parts]
        assert kept
        return [str(path) for path in kept if path.name != ".gitignore" and stat.S_IMODE(path.stat().st_mode) & 0o077]


def of(provider: str, kind: str, name: str, /, **spec: Any) -> Document:
    """Return a manifest."""
    return {"apiVersion": f"{provider}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def everything(words: str = "Mail") -> list[Document]:
    """Return manifests for all providers, with a password where a kind has one."""
    password = {"userName": "${env:DWS_USER}", "userPassword": "${env:DWS_PASSWORD}"}
    table = {"type": "dws", "ip": "10.0.0.7", "port": "8000", "clusterId": "c", "databaseName": "zoo", "tableName": "t"}
    rows = {"mode": "sync", "key": "input", "items": [{"input": "q1", "expectedAnswer": words}]}
    source = {**table, **password}
    return [
        of("uipath", "Dataset", "mail", project="p", title=words),
        of("uipath", "Stream", "asked", dataset="mail", title=words),
        of("geai", "Dataset", "faq", type="E", active=True, description=words, rows=rows),
        of("modelarts", "Dataset", "zoo", type="table", dataSource=source, workPath="/o/w/", description=words),
        of("vi", "Dataset", "shelves", type="phrase-grounding", content="Image", description=words),
    ]  # fmt: skip


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """Start an emulator that knows the secrets, a front before it, and an empty stack."""
    rights = [f"modelarts:dataset:{verb}" for verb in ("create", "list", "get", "update", "delete")]
    pair = {"secretKey": SECRETS["MA_SECRET"], "securityToken": SECRETS["MA_SECURITY"], "permissions": rights}
    known = {SECRETS["CM_TOKEN"]: {"permissions": _ALL}, SECRETS["EVAL_TOKEN"]: {"permissions": []}}
    tokens = folder / "tokens.json"
    tokens.write_text(json.dumps({**known, SECRETS["MA_ACCESS"]: pair}), encoding="utf-8")
    quick = Options(tokens=tokens, modelarts=ModelartsSwitches(delay=0, version_interval=0), vi=ViSwitches(delay=0))
    with emulator_inside(quick) as emulator, standing_before(emulator.url) as front:
        stack = folder / "stack"
        stack.mkdir()
        yield House(stack, front)
