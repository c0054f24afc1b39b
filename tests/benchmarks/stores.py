"""The questions about shared state: creating many streams, and how often the store is written for that.

Real servers run beside the command, on the same processors: the wall time holds theirs. What tells is the number of
saves, which the store itself has counted.
"""

import os
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dsops.state.address import take_apart
from tests.benchmarks.cases import DSOPS, Bench, environment, requests
from tests.benchmarks.measure import Subject, interleaved
from tests.benchmarks.report import Section, Target
from tests.benchmarks.stacks import datasets, write_stack
from tests.support import start_emulator
from tests.support.buckets import CREDENTIALS, address, running_seaweed
from tests.support.postgres import running_postgres


def state_postgres(bench: Bench, count: int) -> Section:
    """Creating streams with the state in PostgreSQL: one group commit for all that wait for it."""
    with running_postgres() as server:
        return _create(bench, count, "PostgreSQL", lambda run: f"{server.address}?schema=run{run}", _commits, 1.0)


def state_s3(bench: Bench, count: int) -> Section:
    """Creating streams with the state in a bucket: one document a wave of calls."""
    os.environ.update(CREDENTIALS)
    with running_seaweed() as url:
        return _create(bench, count, "S3", lambda run: address(url, f"run{run}"), _documents, 0.1)


def _create(
    bench: Bench, count: int, name: str, place: Callable[[int], str], saves: Callable[[str], int], most: float
) -> Section:
    """Measure creating streams, each time with a state that isn't there yet.

    Args:
        bench: Where and how.
        count: Number of streams.
        name: Of the store.
        place: The address of the state of each run.
        saves: Asks the store how often a state was written.
        most: Saves a call that there may be.
    """
    folder = bench.scratch / f"state-{name}"
    write_stack(folder, count)
    plain = (folder / "dsops.yaml").read_text(encoding="utf-8")
    runs = 0
    with start_emulator() as emulator:

        def begin() -> None:
            nonlocal runs
            runs += 1
            stated = re.sub(r"^spec:\n", f"spec:\n  state: {place(runs)}\n", plain, count=1, flags=re.MULTILINE)
            (folder / "dsops.yaml").write_text(stated, encoding="utf-8")
            emulator.request("POST", "/_emulator/reset")

        env = environment(emulator) | CREDENTIALS
        command = (*DSOPS, "apply", "--auto-approve", "--log-level", "warning")
        subject = Subject(f"dsops apply, {count:,} streams", command, folder, env, before=begin)
        _, writes = requests(emulator, subject, bench)
        (alone,) = interleaved((subject,), bench.times(3, 1), bench.log)
    targets = (
        Target("write requests of one apply", writes, count + datasets(count), exact=True),
        Target("saves of the state", saves(place(runs)), most * writes),
    )
    return Section(f"Creating {count:,} streams in {datasets(count)} datasets, state in {name}", (alone,), targets)


def _commits(where: str) -> int:
    """Return how often the state in a schema was written: each time raises the heartbeat."""
    from dsops.state.postgres.connection import connected
    from dsops.state.postgres.reading import read_lease

    place = take_apart(where, Path(), ("schema",))
    with closing(connected(place)) as connection:
        return read_lease(connection, place).heartbeat


def _documents(where: str) -> int:
    """Return how often a document was written: it counts that itself."""
    from dsops.state.document.document import decode
    from dsops.state.objects import SETTINGS, ObjectShelf

    sheet = ObjectShelf(take_apart(where, Path(), SETTINGS)).read()
    return decode(sheet.body).saves if sheet else 0
