"""The disk refuses a write of the state in the middle of an apply: full, failing, or not durable.

Whatever the state could not take down first was never sent; what was sent is in the journal; and the next apply, on a
disk that works again, does the rest, each write once.
"""

import os

import pytest

from tests.disk.place import BASE, Inject, Place, clear_of_trouble, diagnostics, json_of, limited
from tests.support import Done

EVERYWHERE = os.environ.get("DISK_POINTS") == "all"
"""Try each system call, not some."""

# What an apply of two objects asks for, counted on SQLite 3.40: some 60 writes, 10 times that they be durable.
CHOSEN = (
    ("pwrite64", "error=ENOSPC", (1, 10, 14, 22, 31)),
    ("pwrite64", "error=EIO", (12, 20)),
    ("fdatasync", "error=EIO", (1, 3, 4, 5, 6)),
    ("ftruncate", "error=ENOSPC", (1,)),
)
REFUSED = [
    Inject(call, what, first, ever=True)
    for call, what, some in CHOSEN
    for first in (range(1, max(some) + 30) if EVERYWHERE and len(some) > 1 else some)
]


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("fault", REFUSED, ids=str)
def test_nothing_leaves_that_is_not_in_the_journal(place: Place, fault: Inject) -> None:
    done = clear_of_trouble(place.apply("--format", "json", before=place.traced(fault)), 0, 1, 3)
    met = [line for line in place.trace() if "INJECTED" in line]
    if not met:
        pytest.skip("the apply was over before that")
    check_told(place, done)
    place.apply().ok()
    place.check_converged()


@pytest.mark.parametrize("size", [0, 40_000, 49_152, 57_500, 66_000])
def test_a_limit_on_the_size_of_files(place: Place, size: int) -> None:
    before = place.file.read_bytes()
    done = clear_of_trouble(place.apply("--format", "json", before=limited(size)), 0, 1, 3)
    check_told(place, done)
    if done.code == 1:
        assert place.file.read_bytes() == before
    place.apply().ok()
    place.check_converged()


def check_told(place: Place, done: Done) -> None:
    """Check what an apply said that met trouble against what it did."""
    writes, report = place.writes(), json_of(done)
    assert set(writes) <= place.known() - set(BASE), "something was sent that the state knows nothing of"
    if done.code == 1:
        assert writes == []
    if report:
        assert report["summary"]["sent"] == len(writes)
    told = [*diagnostics(done), *(each for each in report.get("outcomes", ()) if each["status"] != "succeeded")]
    assert bool(told) == (done.code != 0)
    assert all(each["hint"] for each in told)
    assert str(place.file) in done.out + done.err or done.code == 0
