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

from tests.support.postgres import free_port

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bucket-key", "AWS_SECRET_ACCESS_KEY": "bucket-secret"}  # of the server below only
BUCKET = "states"
PATIENCE = 90.0


@contextmanager
def running_seaweed() -> Iterator[str]:
    """Run SeaweedFS, whose S3 gateway keeps to If-Match and If-None-Match, and yield the gateway's address."""
    with tempfile.TemporaryDirectory(prefix="seaweed-") as name:
        folder = Path(name)
        (folder / "s3.json").write_text(json.dumps(_identities()))
        ports = {each: free_port() for each in ("master", "volume", "filer", "s3")}
        grpc = {each: free_port() for each in ports}
        command = [
            *(_script("weed"), f"-logdir={folder}", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *("-s3", f"-s3.config={folder / 's3.json'}", "-volume.max=8", "-master.volumeSizeLimitMB=64"),
            *("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
            *(f"-{each}.port={port}" for each, port in ports.items()),
            *(f"-{each}.port.grpc={port}" for each, port in grpc.items()),
        ]
        with _process(command, folder) as alive:
            url = f"http://127.0.0.1:{ports['s3']}"
            _wait(url, alive)
            yield url  # it makes a bucket when somebody first writes into it


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
            _wait(f"http://127.0.0.1:{port}", alive)
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
    """Run a server in a session of its own, so that it and what it starts end together."""
    log = folder / "output.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        except RuntimeError as problem:
            raise RuntimeError(f"{problem}: {log.read_text(errors='replace')[-4000:]}") from problem
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers, whatever it says."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.1)
        else:
            return


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
