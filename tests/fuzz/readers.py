"""Every reader under test, by name."""

from tests.fuzz import files, manifests, plans, rows, states, streams
from tests.fuzz.reader import Reader

READERS: dict[str, Reader] = {
    each.name: each
    for each in (
        *manifests.READERS,
        *rows.READERS,
        *states.READERS,
        *plans.READERS,
        *files.READERS,
        *streams.READERS,
    )
}
