"""The emulator and the process that runs commands, once for all machines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.worker import Worker, start_worker
from tests.support import RunningEmulator, start_emulator


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """An emulator whose work is done at once."""
    with start_emulator("--modelarts-delay", "0", "--version-interval", "0", "--vi-delay", "0") as running:
        yield running


@pytest.fixture(scope="module")
def worker(emulator: RunningEmulator, root: Path) -> Iterator[Worker]:
    """The process that runs commands."""
    with start_worker(emulator.url, root) as running:
        yield running
