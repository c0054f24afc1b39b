"""Killed at a system call: before each write of the state's log, each time it is made durable, each step of its end.

The harness of `tests/crash` kills between the steps of dsops; here the kernel kills inside of SQLite's, where a file
may be left half written. strace delivers the signal at the call's entry.
"""

import os

import pytest

from tests.disk.place import BASE, Inject, Place

EVERYWHERE = os.environ.get("DISK_POINTS") == "all"
"""Try each system call, not some."""

# An apply of two objects asks 32 times for a write into file, log and index, 9 times that they be durable, 2 times for
# another size, and removes log and index at its end.
CHOSEN = {
    "pwrite64": (9, 12, 15, 19, 27),
    "fdatasync": (3, 4, 5, 6),
    "ftruncate": (1, 2),
    "unlink": (1, 2),
}
ALL = {"pwrite64": 40, "fdatasync": 12, "ftruncate": 3, "unlink": 2}
LEAST = {"pwrite64": 19, "fdatasync": 5, "ftruncate": 1, "unlink": 1}
KILLS = [
    Inject(call, "signal=SIGKILL", first)
    for call, some in CHOSEN.items()
    for first in (range(1, ALL[call] + 1) if EVERYWHERE else some)
]


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_the_next_apply_does_the_rest(place: Place, kill: Inject) -> None:
    done = place.apply(before=place.traced(kill))
    if done.code == 0:
        pytest.skip("the apply was over before that")
    assert done.code == -9, done
    known, writes = place.known() - set(BASE), place.writes()
    assert set(writes) <= known, "something was sent that the state knows nothing of"
    place.apply().ok()
    place.check_converged()


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("call", ["link", "fsync", "pwrite64"])
def test_a_state_is_never_half_made(place: Place, call: str) -> None:
    """Killed while the first apply ever makes the file."""
    for each in (place.file, place.log, place.index):
        each.unlink(missing_ok=True)
    calls = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    folder = place.file.parent
    done = place.apply(before=[*calls, "-e", f"inject={call}:signal=SIGKILL:when=1"])
    assert done.code == -9, done
    assert place.writes() == []
    assert not place.file.exists() or len(place.state().records) == 0
    place.apply().ok()
    place.check_converged()
    left = {path.name for path in folder.iterdir()}
    assert {name for name in left if ".new-" not in name} == {".gitignore", "default.db"}


@pytest.mark.usefixtures("strace")
def test_the_calls_are_those_that_happen(place: Place) -> None:
    """Their numbers are of one SQLite; another may ask for more or fewer, but not for hardly any."""
    place.apply(before=place.counting(*CHOSEN)).ok()
    lines = place.trace()
    counts = {call: sum(f" {call}(" in line for line in lines) for call in CHOSEN}
    assert all(counts[call] >= least for call, least in LEAST.items()), counts
