"""The question about limits of rate: how much of what a provider permits is used, and how much of that is refused.

A real client, over real HTTP, to an emulator with a bucket of tokens. Its requests are what the emulator has logged.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsops.http import Client
from dsops.model import Call, Connection, Event, Failure, FailureKind, Kind, Operation, Request, Response
from tests.benchmarks.report import Section, Target
from tests.support import TOKEN, start_emulator

_READ = Call("GET", ("api", "v1", "datasets"))
_ALLOWED = 0.9
_REFUSED = 0.02
_QUIET = 5.0
CASES = (
    # rate, burst, what a refusal says, requests in flight, seconds
    (20, 10, "none", 8, 90),
    (50, 20, "none", 8, 40),
    (50, 20, "seconds", 8, 60),
    (50, 20, "date", 8, 60),
    (100, 100, "seconds", 16, 60),
    (100, 50, "none", 16, 40),
)


@dataclass(frozen=True)
class _Bearer:
    """A provider of which only the token and the refusal matter."""

    name: str = "demo"
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)

    def prepared(self, connection: Connection, call: Call) -> Call:
        del connection
        return call

    def handshake(self, connection: Connection) -> None:
        del connection

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        del connection, secrets, now
        return Request(
            request.method, request.url, {**request.headers, "authorization": f"Bearer {TOKEN}"}, request.body
        )

    def failure(self, response: Response) -> Failure | None:
        return None if response.status < 400 else Failure(FailureKind.RATE_LIMITED, str(response.status))


@dataclass
class _Seen:
    """How many were accepted and refused."""

    accepted: int = 0
    refused: int = 0


def limiter(rate: float, burst: float, says: str, in_flight: int, seconds: float) -> Section:
    """Ask for as long as given, be quiet, ask again."""
    args = ("--rate", str(rate), "--burst", str(burst), "--retry-after", says, "--log-level", "warning")
    with start_emulator(*args) as emulator:
        seen, after = asyncio.run(_asked(emulator.url, in_flight, seconds, burst / rate + 2))
    share, refused = seen.accepted / (burst + rate * seconds), seen.refused / (seen.refused + seen.accepted)
    again = after.accepted / (burst + rate * (burst / rate + 2))
    title = f"Limit of {rate:g}/s, burst {burst:g}, Retry-After: {says}, {in_flight} in flight, {seconds:g} s"
    return Section(
        title,
        targets=(
            Target("not used of what is permitted", 1 - share, 1 - _ALLOWED),
            Target("refused (429) of all answers", refused, _REFUSED),
            Target("not used after a quiet spell", 1 - again, 0.15),
        ),
        remarks=(f"{share:.1%} used, {refused:.2%} refused, after {_QUIET:g} s of quiet and more {again:.1%} used",),
    )


async def _asked(url: str, in_flight: int, seconds: float, again: float) -> tuple[_Seen, _Seen]:
    connection = Connection("cm", "demo", url, secrets={}, max_concurrency=in_flight)
    refused: list[Event] = []
    client = Client(connection, _Bearer(), root=Path("/"), emit=refused.append)
    first, second = _Seen(), _Seen()
    async with client:
        await _for(client, in_flight, seconds, first)
        first.refused = len(refused)
        await asyncio.sleep(max(_QUIET, again))
        await _for(client, in_flight, again, second)
    return first, second


async def _for(client: Client, in_flight: int, seconds: float, seen: _Seen) -> None:
    end = time.monotonic() + seconds

    async def ask() -> None:
        while time.monotonic() < end:
            answer = await client.read(_READ)
            if answer.failure is None and time.monotonic() < end:
                seen.accepted += 1

    tasks = [asyncio.create_task(ask()) for _ in range(2 * in_flight)]
    await asyncio.sleep(seconds)
    await asyncio.wait(tasks, timeout=60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
