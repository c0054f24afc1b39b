"""A process in which the real command runs again and again, with a proxy of troubles before the account.

Started as a module it is told on stdin what to run, and answers on stdout, a line of JSON each. Its time leaps
(``tests.machine.leaping``), so that a pause of an hour costs nothing.
"""

import gc
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from tests.support import Done

Trouble = Mapping[str, Any]
"""``do`` (see ``_made``), ``on`` (read, write or any), ``path`` (a regular expression), ``skip``, ``times``."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request, as the proxy saw it.

    Attributes:
        method: Its method.
        target: Path and query.
        json: The JSON of its body.
        status: What was answered; 0 where nothing was.
        at: When it arrived, by the clock of the process.
        trouble: What was done to it; empty where nothing was.
    """

    method: str
    target: str
    json: Any
    status: int
    at: float
    trouble: str

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Ran:
    """A command, and what went over the wire meanwhile.

    Attributes:
        done: How it ended.
        arrived: Every request in the order of arrival.
        stated: Pauses that were asked for: from when to when nothing may be sent, by the clock of the process.
        took: Seconds, by that clock.
    """

    done: Done
    arrived: tuple[Arrived, ...]
    stated: tuple[tuple[float, float], ...]
    took: float

    @property
    def writes(self) -> list[Arrived]:
        """The writes."""
        return [each for each in self.arrived if each.is_write]


class Worker:
    """The process, from outside."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process = process
        self.url = url

    def run(
        self, folder: Path, *args: str | Path, troubles: Sequence[Trouble] = (), env: Mapping[str, str], wall: float = 0
    ) -> Ran:
        """Run ``dsops ARGS`` on a stack; ``wall`` sets the clock of the process before."""
        asked = {"args": [*map(str, args), "-C", str(folder)], "troubles": list(troubles), "env": dict(env)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**asked, "wall": wall}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process in which commands run has ended: {self._process.wait()}"
        told = json.loads(line)
        arrived = sorted((Arrived(**each) for each in told["arrived"]), key=lambda each: each.at)
        stated = tuple((begin, end) for begin, end in told["stated"])
        return Ran(Done(told["code"], told["out"], told["err"]), tuple(arrived), stated, told["took"])


@contextmanager
def start_worker(upstream: str, root: Path) -> Iterator[Worker]:
    """Start the process before an account, yield it, and stop it."""
    command = [sys.executable, "-m", "tests.machine.worker", upstream]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the process in which commands run didn't start"
        yield Worker(process, json.loads(line)["url"])


def _serve(upstream: str) -> None:
    from tests.machine.leaping import LeapingTime

    leaping = LeapingTime()
    leaping.install()
    asked, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err, Path(os.devnull).open() as nothing:
        for number, file in ((0, nothing), (1, out), (2, err)):
            os.dup2(file.fileno(), number)
        from dsops.testing.proxy import proxied

        with proxied(upstream) as proxy:
            proxy.answered = leaping.done
            print(json.dumps({"url": proxy.url}), file=answers, flush=True)
            for line in asked:
                told = _run(json.loads(line), proxy, leaping)
                told |= {"out": _said(sys.stdout, out), "err": _said(sys.stderr, err)}
                print(json.dumps(told), file=answers, flush=True)


def _said(stream: Any, file: Any) -> str:
    stream.flush()
    file.seek(0)
    text: bytes = file.read()
    file.seek(0)
    file.truncate()
    return text.decode(errors="replace")


def _run(asked: Mapping[str, Any], proxy: Any, leaping: Any) -> dict[str, Any]:
    from dsops.cli.run import run
    from dsops.testing.proxy import Fault, json_of

    proxy.heal()
    proxy.seen.clear()
    leaping.start_over()
    leaping.set_wall(asked["wall"])
    os.environ.update(asked["env"])
    stated: list[tuple[float, float]] = []
    for trouble in asked["troubles"]:
        proxy.fail(_made(trouble["do"], stated), _when(trouble, leaping), times=trouble.get("times", 1))
    random.seed(0)  # what is left to chance is how long to wait before trying again
    began = time.monotonic()
    code = run(asked["args"])
    proxy.wait()
    gc.unfreeze()
    gc.enable()
    arrived = [
        {
            "method": each.method,
            "target": each.target,
            "json": json_of(each.body),
            "status": each.status,
            "at": each.at,
            "trouble": "" if each.fault is None else each.fault if isinstance(each.fault, Fault) else "wrong",
        }
        for each in list(proxy.seen)
    ]
    return {"code": code, "arrived": arrived, "stated": stated, "took": time.monotonic() - began}


def _made(do: Mapping[str, Any], stated: list[tuple[float, float]]) -> Any:
    """Return what the proxy is to do: a fault of its own by name, or one of the wrong answers."""
    from dsops.testing import wrongs
    from dsops.testing.proxy import Fault

    match do:
        case {"fault": str(name)}:
            return Fault(name)
        case {"page": int(status), "after": bool(after)}:
            return wrongs.page(status, carried_out=after)
        case {"refuse": int(status)}:
            return wrongs.refusal(status)
        case {"nonsense": str(body)}:
            return wrongs.nonsense(body.encode())
        case {"pause": int(seconds), "status": int(status), "date": bool(date), "after": bool(after)}:
            wrong = wrongs.pause(status, seconds, as_date=date, carried_out=after)
            return replace(wrong, headers=lambda: _noted(wrong.headers(), stated))
        case {"keep": int(keep), "counts": bool(counts)}:
            return wrongs.shortened(keep, counts=counts)
        case {"repeat": True}:
            return wrongs.repeated()
    raise ValueError(do)


def _noted(headers: Mapping[str, str], stated: list[tuple[float, float]]) -> Mapping[str, str]:
    value, now = headers["retry-after"], time.monotonic()
    left = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time.time()
    stated.append((now, now + left))
    return headers


def _when(trouble: Trouble, leaping: Any) -> Any:
    on, path, left = trouble.get("on", "any"), re.compile(trouble.get("path", "")), [trouble.get("skip", 0)]
    wall = trouble.get("wall", 0)

    def when(request: Any) -> bool:
        if on != "any" and request.is_write != (on == "write"):
            return False
        if not path.search(request.target):
            return False
        left[0] -= 1
        if left[0] >= 0:
            return False
        leaping.set_wall(wall)
        return True

    return when


if __name__ == "__main__":
    _serve(sys.argv[1])
