"""A vendor's SDK, unmodified, in a process of its own with a home of its own: it writes files into the home.

The SDKs are installed beside the environment that runs the tests, not into it; `requirements.txt` says why.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).with_name("sdk_driver.py")
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
WITHOUT_DEPENDENCIES = ("pygeai", "vi-sdk")


def installed_sdk() -> Path:
    """The folder that holds the SDKs; installed at the first call, which needs the network, and then kept.

    Raises:
        AssertionError: It can't be installed; the text is what pip said.
    """
    text = REQUIREMENTS.read_text(encoding="utf-8")
    folder = Path(sys.prefix) / "clients" / hashlib.sha256(text.encode()).hexdigest()[:16]
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not folder.is_dir():
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            wanted = [line for line in text.splitlines() if line and not line.startswith("#")]
            alone = [line for line in wanted if line.startswith(WITHOUT_DEPENDENCIES)]
            _install(fresh, "--no-deps", *alone)
            _install(fresh, *(line for line in wanted if line not in alone))
            fresh.rename(folder)
    return folder


def _install(folder: Path, *arguments: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(folder),
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the SDK can't be installed:\n{done.stderr}"


class SdkError(Exception):
    """The SDK raised; the text is the type of its exception, and what that said."""


class Sdk:
    """Calls the client of an SDK, by the driver that runs it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, method: str, **arguments: Any) -> Any:
        """Call a method of the SDK's client; return what that returned.

        Raises:
            SdkError: The method raised.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"method": method, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the SDK's process ended; its stderr says why"
        answer = json.loads(line)
        if "error" in answer:
            raise SdkError(answer["error"])
        return answer["result"]


@contextmanager
def start_sdk(
    url: str, *, project: str | None = None, driver: Path = DRIVER, arguments: Sequence[str] = ()
) -> Iterator[Sdk]:
    """Start an SDK against a service; yield it, and stop it. arguments: what its driver wants besides."""
    command = [sys.executable, "-P", str(driver), url, *([project] if project else []), *arguments]
    with tempfile.TemporaryDirectory() as home:
        # Proxies and accounts that the environment names must not reach the SDK.
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "HOME": home, "PYTHONPATH": str(installed_sdk())},
        )
        with process:
            try:
                yield Sdk(process)
            finally:
                process.kill()


def pygeai_reads(url: str, name: str, *, project: str | None = None) -> dict[str, Any]:
    """A dataset as the SDK reads it: found by its name in the list, then read by its id, rows and all.

    Each row is read by itself too, and each source and variable in it; they must all agree.
    """
    with start_sdk(url, project=project) as sdk:
        found = [dataset for dataset in sdk("list_datasets") if dataset["dataSetName"] == name]
        assert len(found) == 1, f"{len(found)} datasets are called {name}"
        dataset: dict[str, Any] = sdk("get_dataset", dataset_id=found[0]["dataSetId"])
        assert dataset == found[0]
        assert sdk("list_dataset_rows", dataset_id=dataset["dataSetId"]) == dataset["rows"]
        for row in dataset["rows"]:
            _check_row(sdk, dataset["dataSetId"], row)
        return dataset


def _check_row(sdk: Sdk, dataset_id: str, row: dict[str, Any]) -> None:
    place = {"dataset_id": dataset_id, "dataset_row_id": row["dataSetRowId"]}
    assert sdk("get_dataset_row", **place) == row
    above = {"dataSetId": dataset_id, "dataSetRowId": row["dataSetRowId"]}
    for listing, nested in (("list_expected_sources", "expectedSources"), ("list_filter_variables", "filterVariables")):
        assert sdk(listing, **place) == [{**entry, **above} for entry in row[nested]]
