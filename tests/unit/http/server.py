"""A server on loopback that answers by script, and what a client of it needs."""

import asyncio
import dataclasses
import datetime as dt
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from typing import Any, Self

import orjson

from dsops.http import Client, Clock
from dsops.model import Call, Connection, Event, Failure, FailureKind, Kind, Operation, Request, Response, SecretRef

CANARY = 'canary-7f"3/a b+%é'


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Act = Callable[[asyncio.StreamWriter], Awaitable[None]]


def raw(content: bytes, *, close: bool = False) -> Act:
    """Send exactly these bytes."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        if close:
            writer.close()

    return act


def reply(status: int = 200, body: Any = None, **headers: str) -> Act:
    """Answer: bytes as they are, anything else as JSON."""
    content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    lines = [f"HTTP/1.1 {status} Words", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def cut(status: int, body: bytes, promised: int) -> Act:
    """Promise more than is sent, then close."""
    return raw(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, promised) + body, close=True)


async def drop(writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def stall(writer: asyncio.StreamWriter) -> None:
    """Never answer; the server's end ends it."""
    del writer
    await asyncio.Event().wait()


async def stall_in_body(writer: asyncio.StreamWriter) -> None:
    """Begin an answer and never end it."""
    await raw(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":')(writer)
    await stall(writer)


@dataclass
class Server:
    """Does one act of the script for each request, the last one again and again."""

    script: Sequence[Act]
    tls: SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    port: int = 0
    busy: int = 0
    busiest: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.seen.append(Seen(method, target, headers, body))
                self.asked.set()
                self.busy += 1
                self.busiest = max(self.busiest, self.busy)
                await self.script[min(len(self.seen), len(self.script)) - 1](writer)
                self.busy -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@dataclass(frozen=True)
class Bearer:
    """A provider with a bearer token, whose errors are ``{"message": ...}``."""

    name: str = "demo"
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)

    def prepared(self, connection: Connection, call: Call) -> Call:
        del connection
        return call

    def handshake(self, connection: Connection) -> None:
        pass

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        del connection, now
        headers = {"authorization": f"Bearer {secrets['token']}"} if secrets else {}
        return dataclasses.replace(request, headers={**request.headers, **headers})

    def failure(self, response: Response) -> Failure | None:
        if response.status < 400:
            return None
        kinds = {401: FailureKind.UNAUTHENTICATED, 404: FailureKind.NOT_FOUND, 429: FailureKind.RATE_LIMITED}
        message = response.body.get("message", "") if isinstance(response.body, dict) else response.text
        return Failure(kinds.get(response.status, FailureKind.INVALID), message, str(response.status))


@dataclass
class Hours:
    """A clock that stands still but for sleeping, and remembers the sleeps; chance always gives the most.

    ``then`` is done after each sleep.
    """

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    then: Callable[[], Awaitable[object]] | None = None

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self._sleep, lambda _low, high: high)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await (self.then() if self.then else asyncio.sleep(0))


@dataclass
class Bench:
    """A client under test with what it said and how long it slept."""

    hours: Hours = field(default_factory=Hours)
    events: list[Event] = field(default_factory=list)

    def client(self, endpoint: str, *, secrets: Mapping[str, SecretRef] | None = None, **more: Any) -> Client:
        """Return a client; ``transport``, ``gate``, ``root``, ``until`` are the client's, others the connection's."""
        own = {name: more.pop(name) for name in ("transport", "gate", "root", "until") if name in more}
        connection = Connection("cm", "demo", endpoint, secrets=secrets or {}, **more)
        root = own.pop("root", Path("/nowhere"))
        return Client(connection, Bearer(), root=root, emit=self.events.append, clock=self.hours.clock, **own)

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.events]


GET = Call("GET", ("datasets",))
PUT = Call("PUT", ("datasets", "a"), body={"title": "A"})
