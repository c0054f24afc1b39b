"""Downloading an archive that a provider makes, and unpacking it into a folder that is there whole or not at all.

::

    find or make ── wait ── size ── parts, in parallel ── unpack beside, checking ── put in place
                              │        │ refused: the address is asked for again
                              └────────┴ changed: begun anew

What has come stays beside the folder (`ArchivePart`): the same command goes on from there.
"""

import asyncio
import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsops.engine.archive import BadArchive, unpack
from dsops.engine.archivepart import ArchivePart, checked_target
from dsops.engine.jobs import finished
from dsops.engine.operations import Desk
from dsops.engine.places import Place
from dsops.http import Fetched, Remote, Transfer
from dsops.model import Arguments, DsopsError, Event, EventKind, Job, Portion, RemoteError

NAME = "dataset download"
_MOST_AT_ONCE = 8
_MOST_CHANGES = 3
_FILES_BETWEEN = 100


@dataclass(frozen=True, slots=True)
class Split:
    """What one split of a download holds."""

    assets: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download brought.

    Attributes:
        job: The archive at the provider.
        files: Files in the folder.
        size: Their bytes.
        archive: Bytes of the archive.
        resumed: Of these, those that an earlier run had brought.
        splits: By name.
    """

    job: Job
    files: int
    size: int
    archive: int
    resumed: int
    splits: Mapping[str, Split]


@dataclass(slots=True)
class _Course:
    """How a download goes on.

    Attributes:
        job: The archive.
        renewed: Bytes that had come when its address was last asked for again; -1 before.
        changes: How often it had to be begun anew.
        resumed: Bytes that an earlier run had brought.
        began: Whether anything was asked for yet.
    """

    job: Job
    renewed: int = -1
    changes: int = 0
    resumed: int = 0
    began: bool = False


async def download(
    desk: Desk, place: Place, arguments: Arguments, target: Path, *, overwrite: bool = False
) -> Downloaded:
    """Find or make an archive, download it, and unpack it into a folder.

    Args:
        desk: Where operations are asked for.
        place: The dataset.
        arguments: Which archive; see the provider.
        target: The folder to be.
        overwrite: Whether a folder that is there is replaced, in the end.

    Raises:
        DsopsError: It can't be had, is not what it says, or can't be written; nothing is changed in ``target`` then.
    """
    root = Path(desk.workspace.stack.root)
    target = checked_target(target, root, overwrite=overwrite)
    desk.check(NAME, place, arguments).close()
    with ArchivePart(target) as part:
        checked_target(target, root, overwrite=overwrite)  # a killed run's folder may have been put back just now
        course = _Course(await finished(desk, NAME, place, arguments, "export"))
        await _fetch(desk, place, arguments, part, course)
        try:
            files, size, splits = await _unpacked(desk, place, part)
        except BadArchive:
            part.drop()
            raise
        archive = part.size
        part.put_in_place(overwrite=overwrite)
        return Downloaded(course.job, files, size, archive, course.resumed, splits)


async def _fetch(desk: Desk, place: Place, arguments: Arguments, part: ArchivePart, course: _Course) -> None:
    """Fetch all parts, with as many addresses as that takes."""
    while True:
        async with Transfer(course.job.address, desk.connection(place), emit=desk.emit) as transfer:
            came = await _from_address(desk, place, part, course, transfer)
        if came is Fetched.DONE:
            return
        if came is Fetched.REFUSED:
            await _renew(desk, place, arguments, part, course)
            continue
        course.changes += 1
        if course.changes > _MOST_CHANGES:
            raise RemoteError.of(
                f"{NAME} {place}: the archive changes while it is downloaded", hint="Run the command again later."
            )
        part.drop()


async def _renew(desk: Desk, place: Place, arguments: Arguments, part: ArchivePart, course: _Course) -> None:
    """Get another address: that of the same archive, and where it is no good either, that of another one."""
    if part.size > course.renewed:
        course.renewed = part.size
        desk.emit(Event(EventKind.WAITING, f"{place}: the address has expired, asking for it again"))
        job = await finished(desk, NAME, place, {"export": course.job.id}, "export")
        course.job = dataclasses.replace(job, begun=course.job.begun)
        return
    if "export" in arguments or course.job.begun:
        raise RemoteError.of(
            f"{NAME} {place}: the address of export {course.job.id} is refused, and asking again brings no better one",
            hint="leave --export out: then another export is made" if "export" in arguments else "try again later",
        )
    desk.emit(Event(EventKind.WAITING, f"{place}: export {course.job.id} can't be fetched any more, making another"))
    course.job = await finished(desk, NAME, place, {**arguments, "again": True}, "export")
    course.renewed = -1


async def _from_address(desk: Desk, place: Place, part: ArchivePart, course: _Course, transfer: Transfer) -> Fetched:
    """Fetch from one address what hasn't come."""
    remote = await transfer.probe()
    if remote is None:
        return Fetched.REFUSED
    request = {"endpoint": desk.endpoint(place), "export": course.job.id}
    there = part.begin(request, remote)
    if not course.began:
        course.began, course.resumed = True, there
    if there:
        desk.emit(Event(EventKind.PROGRESS, f"{_size(there)} were there already, going on"))
    came = await _parts(desk, place, part, remote, transfer)
    if came is not Fetched.WHOLE:
        return came
    desk.emit(Event(EventKind.WAITING, f"{place}: parts are not to be had, so it comes in one go"))
    tally = _Tally(desk, remote.size)

    def take(at: int, piece: bytes) -> None:
        part.write(at, piece)
        tally.show(at + len(piece))

    came = await transfer.whole(remote, take)
    if came is Fetched.DONE:
        part.came(set(part.missing))
    return came


async def _parts(desk: Desk, place: Place, part: ArchivePart, remote: Remote, transfer: Transfer) -> Fetched:
    """Fetch the missing parts, several at once; ends early with the first that doesn't come."""
    queue = list(reversed(part.missing))
    tally = _Tally(desk, remote.size, part.size)
    ended = Fetched.DONE

    def take(at: int, piece: bytes) -> None:
        part.write(at, piece)
        tally.add(len(piece))

    async def worker() -> None:
        nonlocal ended
        while queue and ended is Fetched.DONE:
            number = queue.pop()
            came = await transfer.part(*part.span(number), remote, take)
            if came is Fetched.DONE:
                part.came({number})
            elif ended is Fetched.DONE:
                ended = came

    count = min(_MOST_AT_ONCE, desk.connection(place).max_concurrency, len(queue))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(worker())
    except* DsopsError as several:
        raise _first(several) from None
    return ended


def _first(several: BaseExceptionGroup[DsopsError]) -> DsopsError:
    found: BaseException = several
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, DsopsError) else DsopsError.of(str(found))


@dataclass(slots=True)
class _Tally:
    """Tells how much has come."""

    desk: Desk
    total: int
    come: int = 0

    def add(self, count: int) -> None:
        self.show(self.come + count)

    def show(self, come: int) -> None:
        self.come = come
        self.desk.emit(Event(EventKind.PROGRESS, f"{_size(come)} of {_size(self.total)}"))


@dataclass(slots=True)
class _Count:
    """What is counted while files are unpacked."""

    files: int = 0
    size: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    assets: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    open_line: bool = False

    def splits(self) -> dict[str, Split]:
        names = sorted({*self.assets, *self.lines})
        return {name: Split(len(self.assets[name]), self.lines[name]) for name in names}


async def _unpacked(desk: Desk, place: Place, part: ArchivePart) -> tuple[int, int, dict[str, Split]]:
    """Unpack the archive beside its folder; returns how many files and bytes that were, and what they are."""
    portion = desk.operation(place, NAME).portion or (lambda _: Portion())
    count = _Count()
    for written in unpack(part.path, part.new):
        what = portion(written.name)
        count.size += len(written.piece)
        if what.annotations:
            count.lines[what.split] += written.piece.count(b"\n")
            count.open_line = not written.piece.endswith(b"\n") if written.piece else count.open_line
        if written.ended:
            count.files += 1
            if what.asset:
                count.assets[what.split].add(what.asset)
            count.lines[what.split] += int(what.annotations and count.open_line)
            count.open_line = False
            if count.files % _FILES_BETWEEN == 0:
                desk.emit(Event(EventKind.PROGRESS, f"{count.files:,} files unpacked"))
        await asyncio.sleep(0)  # a signal is heard between two pieces
    del count.lines[""]
    return count.files, count.size, count.splits()


def downloaded_document(found: Downloaded, target: Path) -> dict[str, Any]:
    """Return what a download brought as JSON content."""
    splits = {name: {"assets": each.assets, "annotations": each.annotations} for name, each in found.splits.items()}
    return {
        "folder": str(target),
        "export": found.job.id,
        "specification": found.job.document.get("specification"),
        "made": found.job.begun,
        "files": found.files,
        "bytes": found.size,
        "archiveBytes": found.archive,
        "resumedAt": found.resumed,
        "assets": sum(each.assets for each in found.splits.values()),
        "annotations": sum(each.annotations for each in found.splits.values()),
        "splits": splits,
    }


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
