"""A provider of one dataset and its exports on loopback, whose archive is whatever a test puts there."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dsops.engine import Workspace
from dsops.engine.operations import Desk, desk
from dsops.engine.places import Place
from dsops.model import Connection, Event, SecretRef, Stack
from tests.unit.http.server import Act, Seen, Server, drop, raw, reply

PLACE = Place("vi", ("shelves",))
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files, stored as they are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def shelves(size: int = 0) -> dict[str, bytes]:
    """Return the files of an archive with two splits; its pictures have so many bytes in all."""
    line = b'{"id": 1}\n'
    return {
        "training/images/one.png": bytes(range(256)) * (size // 512),
        "training/assets/one.png": b"again",
        "training/images/two.png": bytes(range(255, -1, -1)) * (size // 512),
        "training/annotations/one.jsonl": line * 2,
        "training/annotations/two.jsonl": line * 2 + b'{"id": 3}',
        "validation/images/three.png": b"",
        "validation/annotations/three.jsonl": b"",
        "readme.txt": b"about",
    }


@dataclass
class Vendor:
    """What it holds, and how it behaves.

    Attributes:
        archive: The archive's bytes.
        etag: Its ETag; empty for none.
        parts: Whether it knows ranges.
        head: Whether it knows HEAD.
        good: Says of the number of an address (they are numbered) whether it is still good.
        before: Done before each answer of the archive; may be anything, also to drop the connection.
        exports: Ids of finished exports.
        latency: Seconds that each answer takes.
        looks: How often a new export is looked at before it is done; -1 for one that fails.
    """

    archive: bytes = field(default_factory=lambda: zipped(shelves()))
    etag: str = '"v1"'
    parts: bool = True
    head: bool = True
    good: Callable[[int], bool] = lambda _: True
    before: Callable[["Vendor", Seen], Act | None] = lambda _, __: None
    exports: list[str] = field(default_factory=lambda: ["e1"])
    looks: int = 0
    latency: float = 0.0
    addresses: int = 0
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    server: Server | None = None

    @property
    def said(self) -> str:
        return "\n".join(each.text for each in self.events)

    @property
    def fetched(self) -> list[Seen]:
        """The requests for the archive."""
        return [each for each in self.seen if each.target.startswith("/files/")]

    @property
    def ranges(self) -> list[str]:
        return sorted(each.headers["range"] for each in self.fetched if "range" in each.headers)

    @property
    def made(self) -> int:
        """How many exports were made."""
        return sum(each.method == "POST" for each in self.seen)

    @asynccontextmanager
    async def open(self, root: Path, **settings: Any) -> AsyncIterator[Desk]:
        """Serve, and open a desk of a stack that is connected to it."""

        async def act(writer: asyncio.StreamWriter) -> None:
            assert self.server is not None
            seen = self.server.seen[-1]
            self.seen.append(seen)
            answer = self._answer(seen)
            await asyncio.sleep(self.latency)
            await answer(writer)

        async with Server([act], port=self.port) as self.server:
            self.port = self.server.port
            connection = Connection(
                "vi",
                "vi",
                self.server.url,
                settings={"organization": "acme"},
                secrets={"token": SecretRef("env", "VENDOR_TOKEN")},
                **settings,
            )
            stack = Stack("shelves", None, str(root), "sqlite:.dsops/state.db", {"vi": connection})
            async with desk(Workspace(stack, ()), "dsops dataset download", self.events.append) as opened:
                yield opened

    def run(self, root: Path, work: Callable[[Desk], Awaitable[Any]], **settings: Any) -> Any:
        """Serve while some work is done at a desk."""
        self.seen.clear()
        self.events.clear()

        async def whole() -> Any:
            async with self.open(root, **settings) as opened:
                return await work(opened)

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VENDOR_TOKEN", "canary-token")
            return asyncio.run(whole())

    def _answer(self, seen: Seen) -> Act:
        path = seen.target.partition("?")[0]
        if path.startswith("/files/"):
            return self.before(self, seen) or self._file(seen)
        if seen.method == "POST":
            self.exports.append(f"new{self.made}")
            return reply(201, self._export(self.exports[-1], json.loads(seen.body)["spec"]))
        if path.endswith("/datasets"):
            return reply(200, {"items": [self._dataset()]})
        if path.endswith("/datasetExports"):
            return reply(200, {"items": [self._export(each) for each in self.exports]})
        return reply(200, self._export(path.rpartition("/")[2], looked=True))

    @staticmethod
    def _dataset() -> dict[str, Any]:
        names = {"datasetId": "acme_d1", "workspaceId": "acme", "name": "shelves"}
        return {**names, "type": "vqa", "content": "Image"}

    def _export(self, own: str, spec: Any = None, *, looked: bool = False) -> dict[str, Any]:
        self.looks -= int(looked and self.looks > 0)
        status = {0: "Reached", -1: "FailedReach"}.get(self.looks, "Waiting")
        done = not own.startswith("new") or status == "Reached"
        finished = "Reached" if done else status
        found = {"conditions": [{"condition": "Finished", "status": finished, "lastTransitionTime": 1}]}
        if done and self.server is not None:
            self.addresses += 1
            found["downloadUrl"] = {"url": f"{self.server.url}/files/{self.addresses}?s3cret-canary", "expiresAt": 1}  # type: ignore[assignment]
        options = {"normalized": True}
        return {
            "datasetExportId": own,
            "datasetId": "acme_d1",
            "workspaceId": "acme",
            "spec": spec or {"format": "ViFull", "options": options},
            "status": found,
            "metadata": {"timeCreated": 1},
        }

    def _file(self, seen: Seen) -> Act:
        if not self.good(int(seen.target.removeprefix("/files/").partition("?")[0])):
            return reply(403, b"<Error>expired</Error>") if seen.method == "GET" else _head(0, 403, "")
        if seen.method == "HEAD":
            return _head(len(self.archive), 200, self.etag) if self.head else _head(0, 405, "")
        marks = {"etag": self.etag} if self.etag else {}
        asked = _RANGE.fullmatch(seen.headers.get("range", ""))
        if asked is None or not self.parts or seen.headers.get("if-range", self.etag) != self.etag:
            return reply(200, self.archive, **marks)
        first, last = int(asked[1]), min(int(asked[2]), len(self.archive) - 1)
        place = f"bytes {first}-{last}/{len(self.archive)}"
        return reply(206, self.archive[first : last + 1], content_range=place, **marks)


def _head(size: int, status: int, etag: str) -> Act:
    mark = f"etag: {etag}\r\n" if etag else ""
    return raw(f"HTTP/1.1 {status} X\r\ncontent-length: {size}\r\n{mark}\r\n".encode())


__all__ = ["PLACE", "Vendor", "drop", "shelves", "zipped"]
