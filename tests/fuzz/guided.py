"""``python -m tests.fuzz.guided NAME SECONDS``: one reader, led by what its input reaches (atheris, libFuzzer).

New input is made as everywhere here, or changed byte by byte. What crashes is left in ``fuzz-crashes/``.
"""

import importlib
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

atheris: Any = importlib.import_module("atheris")
"""Not among the libraries of the tests: `make fuzz` installs it, where there is one for this Python."""

with atheris.instrument_imports(include=["dsops"]):
    from tests.fuzz.reader import tried
    from tests.fuzz.readers import READERS


def main(name: str, seconds: str) -> None:
    """Look for as long as asked; the process ends with what libFuzzer says."""
    reader = READERS[name]
    folder = Path(tempfile.mkdtemp(prefix="dsops-fuzz-"))
    crashes = Path("fuzz-crashes")
    crashes.mkdir(exist_ok=True)

    def one(content: bytes) -> None:
        tried(reader, content, folder / "it")

    def change(content: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if not content or chance.random() < 0.5:
            return reader.make(chance)[:most]
        changed: bytes = atheris.Mutate(content, most)
        return changed

    limits = [f"-max_total_time={seconds}", "-max_len=200000", "-timeout=60", "-rss_limit_mb=2048", "-verbosity=0"]
    atheris.Setup(["fuzz", *limits, f"-artifact_prefix={crashes}/"], one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
