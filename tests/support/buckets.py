"""Servers that speak S3's language, on free ports: one that keeps to conditions, one that ignores them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

from tests.support.postgres import free_port, free_ports

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bucket-key", "AWS_SECRET_ACCESS_KEY": "bucket-secret"}  # of the server below only
BUCKET = "states"
PATIENCE = 90.0
ATTEMPTS = 3

_WATCHED = 'exec 3<&0; "$@" </dev/null 3<&- & pid=$!; (cat <&3 >/dev/null; kill -KILL $pid) & wait $pid'
"""Runs a server until it ends, or until our end of the pipe closes, as it does however we end."""


@contextmanager
def running_seaweed() -> Iterator[str]:
    """Run SeaweedFS, whose S3 gateway keeps to If-Match and If-None-Match, and yield the gateway's address."""
    with tempfile.TemporaryDirectory(prefix="seaweed-") as name:
        last = ""
        for attempt in range(ATTEMPTS):
            folder = Path(name) / str(attempt)
            folder.mkdir()
            ports = free_ports(8)
            url = f"http://127.0.0.1:{ports[0]}"
            try:
                with _process(_seaweed(folder, ports), folder) as alive:
                    if _answers(url, alive):
                        yield url  # it makes a bucket when somebody first writes into it
                        return
            finally:
                _remove_sockets(ports)
            last = _log(folder)  # somebody else has taken one of its ports meanwhile
        raise RuntimeError(f"the server did not start: {last}")


def _seaweed(folder: Path, ports: list[int]) -> list[str]:
    """Return the command of a server on these ports, the gateway on the first."""
    (folder / "s3.json").write_text(json.dumps(_identities()))
    flags = [f"-{each}.port{kind}" for kind in ("", ".grpc") for each in ("s3", "master", "volume", "filer")]
    return [
        *(_script("weed"), f"-logdir={folder}", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *("-s3", f"-s3.config={folder / 's3.json'}", "-volume.max=8", "-master.volumeSizeLimitMB=64"),
        *("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
        *(f"{flag}={port}" for flag, port in zip(flags, ports, strict=True)),
    ]


def _remove_sockets(ports: list[int]) -> None:
    """Remove what a killed server leaves beside its folder."""
    for port in ports:
        for left in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
            left.unlink(missing_ok=True)


@contextmanager
def running_rclone() -> Iterator[str]:
    """Run ``rclone serve s3``, which takes no notice of conditions, and yield its address."""
    with tempfile.TemporaryDirectory(prefix="rclone-") as name:
        folder = Path(name)
        (folder / BUCKET).mkdir()
        port = free_port()
        key = ",".join(CREDENTIALS.values())
        command = [
            *(_script("rclone"), "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", "--auth-key", key),
            *("--config", str(folder / "none"), "--vfs-cache-mode", "off"),
        ]
        with _process(command, folder) as alive:
            if not _answers(f"http://127.0.0.1:{port}", alive):
                raise RuntimeError(f"the server did not start: {_log(folder)}")
            yield f"http://127.0.0.1:{port}"


def address(url: str, prefix: str) -> str:
    """Return the address of a state in the bucket of a server."""
    return f"s3://{BUCKET}/{prefix}?endpoint={url}&region=us-east-1"


def _identities() -> dict[str, object]:
    key, secret = CREDENTIALS.values()
    credentials = [{"accessKey": key, "secretKey": secret}]
    return {
        "identities": [{"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}]
    }


@contextmanager
def _process(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own, so that it and what it starts end together, and end when we do."""
    log = folder / "output.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            ["sh", "-c", _WATCHED, "sh", *command],
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a server answers, whatever it says; or tell that it has ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def _log(folder: Path) -> str:
    return (folder / "output.log").read_text(errors="replace")[-4000:]


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
