"""Whatever the emulator is asked: it refuses in words, and never fails itself."""

import asyncio

from tests.fuzz.requests import app, ask


def test_whatever_is_asked_the_emulator_does_not_fail() -> None:
    assert asyncio.run(ask(app(), 1500, "ci")) == []
