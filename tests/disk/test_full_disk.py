"""A disk that is truly full: a small one in memory, filled up, with so much room left."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.disk.place import Place, clear_of_trouble, json_of
from tests.disk.test_refused_writes import check_told

SIZE = 256 * 1024


@pytest.fixture
def small(place: Place) -> Iterator[Place]:
    """A stack whose state is on a disk of 256 KiB."""
    folder = place.file.parent
    aside = folder.rename(folder.with_name("aside"))
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no disk of one's own here: there is no mount")
    if done.returncode:
        pytest.skip(f"no disk of one's own here: {done.stderr.strip()}")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 36, 44, 56])
def test_what_does_not_fit_is_told_and_done_later(small: Place, room: int) -> None:
    filler = small.file.parent / "filler"
    left = shutil.disk_usage(filler.parent).free - room * 1024
    filler.write_bytes(b"x" * left)
    done = clear_of_trouble(small.apply("--format", "json"), 1, 3)
    assert "The disk is full" in done.out + done.err
    filler.unlink()
    check_told(small, done)
    assert json_of(done) or small.writes() == []
    small.apply().ok()
    small.check_converged()
