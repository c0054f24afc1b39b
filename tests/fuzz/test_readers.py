"""Readers are given what nobody should write: only an expected error, or diagnostics, ever come out."""

import random
from pathlib import Path

import pytest

from tests.fuzz.reader import tried
from tests.fuzz.readers import READERS


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_read_nothing_crashes(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    for number in range(reader.rounds):
        seed = f"{name} {number}"
        content = reader.make(random.Random(seed))
        try:
            tried(reader, content, tmp_path / "it")
        except Exception as crash:
            crash.add_note(f"{name}, round {number}: {content[:2000]!r}")
            raise
