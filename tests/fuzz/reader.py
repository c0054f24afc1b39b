"""What a reader under test is.

A ``Reader`` takes bytes and does with them what a command does, as far as that goes without a server. It may refuse
them with a ``DsopsError`` or tell what is wrong in diagnostics; anything else it raises is a defect.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsops.model import DsopsError
from dsops.render import diagnostics_json, diagnostics_text
from tests.fuzz.hostile import Chance, bytes_of, damaged, worsened

Read = Callable[[bytes, Path], object]
Make = Callable[[Chance], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing that is read.

    Attributes:
        name: What it is.
        make: Makes bytes for it, good ones made worse.
        read: Reads them; is given an empty folder too.
        rounds: How often it is tried in CI, in proportion to what one try costs.
    """

    name: str
    make: Make
    read: Read
    rounds: int = 150


def expected(read: Callable[[], object]) -> object:
    """Run a reading that may be refused; return what came of it."""
    try:
        return read()
    except DsopsError as refused:
        diagnostics_text(refused.diagnostics)
        diagnostics_json(refused.diagnostics)
        return refused


def from_documents(*documents: Any) -> Make:
    """Return what makes JSON documents worse."""
    return lambda chance: bytes_of(worsened(chance.choice(documents), chance), chance)


def from_bytes(*contents: bytes) -> Make:
    """Return what damages bytes."""
    return lambda chance: damaged(chance.choice(contents), chance)


def tried(reader: Reader, content: bytes, folder: Path) -> object:
    """Read something in a folder that is there for no longer than that; return what came of it."""
    folder.mkdir()
    try:
        return reader.read(content, folder)
    finally:
        shutil.rmtree(folder)
