"""A stack folder before a real emulator, and the real command line run on it.

The emulator is a process of its own. The commands run in this process, by the same entry point as `python -m dsops`:
a walk of a hundred steps would wait for the interpreter otherwise. `Stage.process` runs one as a process, and each
command does so somewhere in this suite.

Whatever a command says, and whatever it leaves on disk, is searched for the token it was given.
"""

import contextlib
import gc
import hashlib
import io
import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from dsops.cli.run import run
from tests.support import AnsweringEmulator, Done, RunningEmulator, run_dsops, start_emulator

Json = Any
Document = dict[str, Any]

MARK = "canary-9b1f4e"
"""What every token begins with, known or not."""
CANARY = f"{MARK}-token"
UNTAGGED = f"{MARK}-untagged"
_ALL = (
    "View labels",
    "View streams",
    "Consume streams",
    "Modify streams",
    "Streams admin",
    "Modify datasets",
    "Datasets admin",
    "Model Admin",
)
_TOKENS = {CANARY: _ALL, UNTAGGED: _ALL[:-1]}


@contextlib.contextmanager
def emulator_with_tokens(folder: Path, *args: str) -> Iterator[RunningEmulator]:
    """Run an emulator that knows a token with every permission, and one that may not read model tags."""
    tokens = folder / "tokens.json"
    content = {token: {"permissions": list(permissions)} for token, permissions in _TOKENS.items()}
    tokens.write_text(json.dumps(content), encoding="utf-8")
    with start_emulator("--tokens", tokens, *args) as running:
        yield running


@dataclass
class Stage:
    """A stack's folder, its emulator, and what is declared in it.

    Attributes:
        folder: The stack folder.
        emulator: What its connection `cm` speaks to, unless `endpoint` says otherwise.
        token: The token it is given.
        name: The stack's name.
        endpoint: Where the connection points.
        provider: Whose API the connection speaks.
        settings: Further fields of the connection.
    """

    folder: Path
    emulator: AnsweringEmulator
    token: str = CANARY
    name: str = "mail"
    endpoint: str = ""
    provider: str = "uipath"
    settings: Document = field(default_factory=dict)
    safety: Document = field(default_factory=dict)
    variables: Document = field(default_factory=dict)

    def declare(self, *documents: Document, file: str = "resources.yaml") -> "Stage":
        """Write the stack file and the documents: all that is declared from now on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "dsops.yaml").write_text(json.dumps(self.stack_document()), encoding="utf-8")
        text = "\n---\n".join(json.dumps(each, indent=1, ensure_ascii=False) for each in documents)
        (self.folder / file).write_text(text, encoding="utf-8")
        return self

    def stack_document(self) -> Document:
        """Return the stack file's content."""
        endpoint = self.endpoint or self.emulator.url
        connection = {"provider": self.provider, "endpoint": endpoint, "token": "${env:CM_TOKEN}", "settle": 0}
        connection |= self.settings
        spec: Document = {"connections": {"cm": connection}}
        spec |= {"safety": self.safety} if self.safety else {}
        spec |= {"variables": self.variables} if self.variables else {}
        return {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": self.name}, "spec": spec}

    def run(self, *args: str | Path, code: int = 0) -> Done:
        """Run a command in this process; fails unless it exits with ``code``, or if it lets out the token."""
        out, err = io.StringIO(), io.StringIO()
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with (
                patch.dict(os.environ, {"CM_TOKEN": self.token}),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                ended = run([str(each) for each in args])
        finally:
            os.chdir(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            gc.unfreeze()
            gc.enable()
        return self._checked(Done(ended, out.getvalue(), err.getvalue()), code)

    def process(self, *args: str | Path, code: int = 0) -> Done:
        """Run a command in a process of its own."""
        return self._checked(run_dsops(*args, cwd=self.folder, env={"CM_TOKEN": self.token}), code)

    def _checked(self, done: Done, code: int) -> Done:
        assert MARK not in done.out + done.err, "a secret got out"
        return done.ok(code)

    def plan(self, *args: str, code: int = 2) -> Json:
        """Return the plan document; the exit code must say whether there is anything to do."""
        return self.run("plan", "--detailed-exitcode", "--format", "json", *args, code=code).json

    def apply(self, *args: str, code: int = 0) -> Json:
        """Apply without asking; return the report."""
        return self.run("apply", "--auto-approve", "--format", "json", *args, code=code).json

    def settled(self) -> None:
        """Check that nothing is left to do: another apply finds no change and writes nothing."""
        since = len(self.writes())
        assert self.apply()["outcomes"] == []
        assert len(self.writes()) == since

    def writes(self) -> list[Document]:
        """Return the writes that reached the emulator, in order."""
        return [each for each in self.emulator.requests() if each["method"] != "GET"]

    def recorded(self) -> list[str]:
        """Return the recorded addresses."""
        return [line.split()[0] for line in self.run("state", "list").out.splitlines()]

    def put(self, path: str, body: Json) -> Json:
        """Create something as a stranger would; ``path`` is below the datasets."""
        return self.emulator.request("PUT", f"/api/v1/datasets/{path}", body)

    def post(self, path: str, body: Json) -> Json:
        """Change something as a stranger would."""
        return self.emulator.request("POST", f"/api/v1/datasets/{path}", body)

    def delete(self, path: str) -> None:
        """Delete something as a stranger would."""
        self.emulator.request("DELETE", f"/api/v1/datasets/{path}")

    def tag(self, dataset: str, tag: str, version: int) -> None:
        """Point a model tag to a version, as a stranger would."""
        self.emulator.request("PUT", f"/api/_private/datasets/{dataset}/model-tags/{tag}", {"version": version})

    def stream(self, path: str) -> Document:
        """Return a stream as it is: ``project1/collateral/dispute``."""
        dataset, _, name = path.rpartition("/")
        found: Document = self.emulator.request("GET", f"/api/v1/datasets/{dataset}/streams/{name}")["stream"]
        return found

    def dataset(self, path: str) -> Document:
        """Return a dataset as it is."""
        found: Document = self.emulator.request("GET", f"/api/v1/datasets/{path}")["dataset"]
        return found

    # -- what stories say, in the words of one provider

    def behind(self, method: str, path: str, body: Json = None) -> None:
        """Do what a stranger would; ``path`` is below the datasets."""
        self.emulator.request(method, f"/api/v1/datasets/{path}", body)

    def ids(self) -> Mapping[str, str]:
        """Return what a story's ``{name}`` stands for in a path."""
        return {}

    def write_files(self, files: Mapping[str, Json]) -> None:
        """Write files beside the manifests."""
        assert not files, "only datasets with rows have files"

    def is_live(self, path: str, wanted: Json) -> None:
        """Check the fields that are named of what stands under a path; None: nothing does."""
        read = self.stream if path.count("/") == 2 else self.dataset
        if wanted is None:
            with pytest.raises(httpx.HTTPStatusError, match="404"):
                read(path)
            return
        found = read(path)
        assert {name: _unordered(found[name]) for name in wanted} == {
            name: _unordered(each) for name, each in wanted.items()
        }

    def leaves_no_secret(self) -> None:
        """Check that no file of the stack folder holds a token."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                assert MARK.encode() not in path.read_bytes(), path


def _unordered(value: Any) -> Any:
    """The emulator sorts what is a set; the API need not."""
    if isinstance(value, dict):
        return {name: _unordered(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(each) for each in value), key=json.dumps)
    return value


def placed(text: str, ids: Mapping[str, str]) -> str:
    """Put ids in the place of names: ``{faq}``."""
    for name, remote_id in ids.items():
        text = text.replace(f"{{{name}}}", remote_id)
    return text


def dataset(name: str = "collateral", /, **spec: Any) -> Document:
    """Return the manifest of a dataset; ``meta`` are further keys of its metadata."""
    return _document("Dataset", name, {"project": "project1"}, spec)


def stream(name: str = "dispute", /, **spec: Any) -> Document:
    """Return the manifest of a stream of the dataset `collateral`."""
    return _document("Stream", name, {"dataset": "collateral"}, spec)


def _document(kind: str, name: str, base: Document, spec: Document) -> Document:
    meta = spec.pop("meta", {})
    return {"apiVersion": "uipath/v1", "kind": kind, "metadata": {"name": name, **meta}, "spec": base | spec}


def actions(plan: Json) -> dict[str, str]:
    """Return address to ``action reason``, without the provider's name: ``{"Stream/x": "update fields_changed"}``."""
    return {_local(each): f"{each['action']} {each['reason']}" for each in plan["changes"]}


def change(plan: Json, address: str) -> Json:
    """Return the change of an address."""
    return next(each for each in plan["changes"] if _local(each) == address)


def statuses(report: Json) -> dict[str, str]:
    """Return address to status of an apply's report."""
    return {_local(each): each["status"] for each in report["outcomes"]}


def _local(entry: Json) -> str:
    """Return the address of a change or an outcome, without the provider's name."""
    return str(entry["address"]).partition("/")[2]


def sha256(body: Json) -> str:
    """Return the digest of canonical JSON, counted out here from `specs/plan-format.md` and not by dsops."""
    text = json.dumps(_whole(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _whole(value: Json) -> Json:
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            return {name: _whole(item) for name, item in value.items()}
        case list():
            return [_whole(item) for item in value]
    return value


def same_calls(plan: Json, received: list[Document]) -> None:
    """Check that what was received is what the plan showed: each call once, with its body, none before its turn."""
    waiting = {call["id"]: call for each in plan["changes"] for call in each["calls"]}
    done: set[int] = set()
    for request in received:
        found = next((each for each in waiting.values() if _is(each, request)), None)
        assert found is not None, f"received, and not in the plan: {request}"
        assert done.issuperset(found["after"]), f"{request['method']} {request['path']} came before its turn"
        assert 200 <= request["status"] < 300, request
        done.add(found["id"])
        del waiting[found["id"]]
    assert not waiting, f"in the plan, and not received: {list(waiting.values())}"


def content(request: Document) -> Json:
    """Return the JSON that a request sent, be it the body or the one file in a form."""
    body = request["body"]
    if isinstance(body, str) and body.startswith("--"):
        boundary = body.partition("\r\n")[0]
        (part,) = (each for each in body.split(boundary)[1:-1])
        return json.loads(part.partition("\r\n\r\n")[2])
    return body


def _is(call: Json, request: Document) -> bool:
    later = re.escape("(known after apply)")
    path = re.escape(call["path"]).replace(later, "[^/]+")
    if call["method"] != request["method"] or not re.fullmatch(path, request["path"]):
        return False
    if call["bodySha256"] is not None:
        return bool(call["bodySha256"] == sha256(content(request)))
    return ("body" not in call and not request["body"]) or "(known after apply)" in json.dumps(call.get("body"))
