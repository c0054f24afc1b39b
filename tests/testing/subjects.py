"""An emulator whose tokens are strange enough to be looked for."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import AnsweringEmulator, RunningEmulator, start_emulator


@contextmanager
def emulator(folder: Path, tokens: Mapping[str, Any], *args: str) -> Iterator[RunningEmulator]:
    """Run an emulator that knows these tokens."""
    path = folder / "tokens.json"
    path.write_text(json.dumps(tokens), encoding="utf-8")
    with start_emulator("--tokens", path, *args) as running:
        yield running


def start_over(url: str) -> None:
    """Forget objects, requests and faults."""
    AnsweringEmulator(url).start_over()
