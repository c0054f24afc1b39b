"""Deleting the assets of a dataset that a filter means: shown first, then begun and awaited."""

from collections.abc import Callable
from dataclasses import dataclass

from dsops.engine.jobs import finished
from dsops.engine.operations import Desk
from dsops.engine.places import Place
from dsops.model import Arguments, Job, Preview

NAME = "dataset prune"

Approve = Callable[[Preview], bool]
"""Is shown what would be deleted; says whether it is to be."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of it.

    Attributes:
        before: What the filter meant before.
        job: The deletion; None where it was not begun.
        after: What it means now; None where it was not begun.
    """

    before: Preview
    job: Job | None = None
    after: Preview | None = None


async def prune(desk: Desk, place: Place, arguments: Arguments, approve: Approve) -> Pruned:
    """Show what a filter means, ask, delete, and look again.

    Raises:
        DsopsError: The filter says nothing or can't be understood, or the deletion failed.
    """
    preview: Preview = await desk.perform(NAME, place, {**arguments, "preview": True})
    if preview.count == 0 or not approve(preview):
        return Pruned(preview)
    job = await finished(desk, NAME, place, arguments, "job")
    after: Preview = await desk.perform(NAME, place, {**arguments, "preview": True})
    return Pruned(preview, job, after)
