"""Waiting for what goes on at a provider after it was begun."""

import dataclasses

from dsops.engine.operations import Desk
from dsops.engine.places import Place
from dsops.engine.sending import pauses
from dsops.model import Arguments, Event, EventKind, Job, RemoteError


async def finished(desk: Desk, name: str, place: Place, first: Arguments, later: str) -> Job:
    """Begin a job, or find it, and look until it is done.

    Args:
        desk: Where operations are asked for.
        name: The words of the command.
        place: The object it is about.
        first: Arguments of the first look, which may begin it.
        later: Name of the argument that takes the job's id at every further look, alone.

    Raises:
        DsopsError: It failed, or isn't done in time.
    """
    patience = desk.operation(place, name).patience
    job: Job | None = None
    told = ""
    async for _ in pauses(patience):
        seen: Job = await desk.perform(name, place, first if job is None else {later: job.id})
        job = dataclasses.replace(seen, begun=seen.begun or (job is not None and job.begun))
        if job.look.done:
            return job
        if job.look.failed:
            raise RemoteError.of(f"{name} {place}: {job.look.words}", hint="see what the provider says of it")
        if job.look.words != told:
            told = job.look.words
            desk.emit(Event(EventKind.WAITING, f"{place}: {told}"))
    raise RemoteError.of(
        f"{name} {place}: after {patience:.0f} s it is still {told}",
        hint="Run the command again later: what was begun goes on, and is found.",
    )
