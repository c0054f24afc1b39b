"""The write-ahead log that a killed apply leaves: cut short, removed, with flipped bits.

SQLite reads a log as far as its checksums agree and says nothing of the rest: commits that were durable would be gone,
and with them the record of what was made.
"""

import os
import random
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from dsops.model import StateDamaged
from dsops.state import open_store
from dsops.state.sqlite.log import FRAME, HEADER
from tests.disk.place import Place, clear_of_trouble, files

PAGE = 4096
SEED = int(os.environ.get("DISK_SEED", "6"))
TRIES = int(os.environ.get("DISK_FLIPS", "60"))


@pytest.fixture
def killed(place: Place) -> Place:
    """A stack whose apply was killed when both calls were carried out and the outcome of the last was not known yet."""
    place.emulator.fault("hold", method="PUT", path="/streams$", at="after")
    process = place.start("apply", "--auto-approve", "--parallelism", "1")
    place.emulator.wait_until_held()
    process.kill()
    process.communicate(timeout=60)
    place.emulator.release()
    assert place.writes() == ["Dataset e", "Stream e/u"]
    return place


def refused(place: Place, *words: str, commands: Sequence[tuple[str, ...]] = (("apply", "--auto-approve"),)) -> None:
    """Every command explains, writes nothing, and leaves every byte as it is."""
    before = files(place.file.parent)
    for command in commands:
        done = clear_of_trouble(place.run(*command), 1)
        assert str(place.file) in done.err
        assert "It is damaged: its write-ahead log (-wal) " in done.err
        assert "dsops state restore" in done.err
        assert all(word in done.err for word in words)
    assert files(place.file.parent) == before
    assert len(place.writes()) == 2


def durable(place: Place) -> int:
    """Bytes of the log that were told to be durable, by its index."""
    (frames,) = struct.unpack_from("=I", place.index.read_bytes(), 16)
    return int(HEADER + frames * (FRAME + PAGE))


def test_a_log_as_it_was_left_is_read(killed: Place) -> None:
    killed.apply().ok()
    killed.check_converged()


@pytest.mark.parametrize("left", [0.0, 1.5, 0.9999])
def test_a_log_cut_short_is_refused(killed: Place, left: float) -> None:
    """After its header; in the second frame; by one page of what was durable."""
    kept = {0.0: HEADER, 1.5: HEADER + FRAME + PAGE + 2000}.get(left, durable(killed) - PAGE)
    killed.log.write_bytes(killed.log.read_bytes()[:kept])
    refused(killed, "from frame")


@pytest.mark.parametrize("kept", [0, 16])
def test_a_log_of_which_hardly_a_header_is_left_is_refused(killed: Place, kept: int) -> None:
    killed.log.write_bytes(killed.log.read_bytes()[:kept])
    refused(killed, "begin")


def test_a_log_that_was_removed_is_refused(killed: Place) -> None:
    killed.log.unlink()
    commands = (("plan",), ("apply", "--auto-approve"), ("state", "list"), ("state", "history"), ("state", "pull"))
    refused(killed, "removed", commands=commands)


def test_any_flipped_bit_of_a_log_is_found(killed: Place, tmp_path: Path) -> None:
    """Also where the machine was started anew and no index tells how long the log was; but for its last commit."""
    body = killed.log.read_bytes()
    frames = (len(body) - HEADER) // (FRAME + PAGE)
    assert frames >= 5
    chance = random.Random(SEED)
    last = HEADER + _last_commit(body, frames) * (FRAME + PAGE)
    index = killed.index.read_bytes()
    for number in range(TRIES):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(killed.folder, copy)
        with_index = number % 2 == 0
        (copy / ".dsops/default.db-shm").write_bytes(index if with_index else b"")
        at = chance.randrange(durable(killed) if with_index else last)
        changed = bytearray(body)
        changed[at] ^= 1 << chance.randrange(8)
        (copy / ".dsops/default.db-wal").write_bytes(changed)
        store = open_store("sqlite:.dsops/default.db", root=copy, stack="disk", env=None)
        with pytest.raises(StateDamaged):
            store.load()
        shutil.rmtree(copy)
    killed.apply().ok()
    killed.check_converged()


def test_a_torn_last_commit_is_none(killed: Place) -> None:
    """After a power cut: of the commit that was being written only the end has reached the disk."""
    body = bytearray(killed.log.read_bytes())
    frames = (len(body) - HEADER) // (FRAME + PAGE)
    at = HEADER + _last_commit(bytes(body), frames) * (FRAME + PAGE)
    body[at : at + FRAME + PAGE // 2] = bytes(FRAME + PAGE // 2)
    killed.log.write_bytes(body)
    killed.index.unlink()
    killed.apply().ok()
    killed.check_converged()


def _last_commit(body: bytes, frames: int) -> int:
    """Number of the first frame of the last commit."""
    ends = [number for number in range(frames) if any(body[HEADER + number * (FRAME + PAGE) + 4 :][:4])]
    return ends[-2] + 1
