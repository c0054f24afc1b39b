"""One pass over the rows that an edit script needs: its calls, and what the plan says of it."""

from collections.abc import Iterator, Sequence
from heapq import merge

from dsops.model import RowChanges, RowCodec, Values
from dsops.planner.rows.calls import CallWriter, RowCalls, Target
from dsops.planner.rows.script import RowScript
from dsops.planner.rows.shown import SAMPLE, Describer
from dsops.planner.rows.side import DeclaredSide


def row_writes(
    script: RowScript, side: DeclaredSide, codec: RowCodec, target: Target, *, full: bool = False
) -> tuple[RowCalls, RowChanges]:
    """Return the calls of an edit script and what the plan says of it. Each row it needs is read once.

    Args:
        script: What is done.
        side: The declared rows.
        codec: Of the kind.
        target: The dataset.
        full: Whether all rows are named, and not just the first of each kind.
    """
    writer = CallWriter(side.index, codec, target)
    changes = _described(script, side, codec, script.creates, writer, full=full)
    return writer.calls(), changes


def row_changes(script: RowScript, side: DeclaredSide, codec: RowCodec, *, full: bool = False) -> RowChanges:
    """Return what a plan says of an edit script whose calls are not asked for."""
    creates = script.creates if full else script.creates[:SAMPLE]
    return _described(script, side, codec, creates, None, full=full)


def _described(
    script: RowScript,
    side: DeclaredSide,
    codec: RowCodec,
    creates: Sequence[int],
    writer: CallWriter | None,
    *,
    full: bool,
) -> RowChanges:
    describer = Describer(side.index, codec, side.declared, full=full)
    updates = {each.number: each for each in script.updates}
    for number, values in _read(side, creates, list(updates)):
        update = updates.get(number)
        if update is None:
            describer.create(number, values)
            if writer is not None:
                writer.create(number, values)
            continue
        document = side.kept.get(update.live.kept)
        row = codec.live(document)
        describer.update(update, row, values)
        if writer is not None:
            writer.update(update, document, row, values)
    for delete in script.deletes if writer is not None or full else script.deletes[:SAMPLE]:
        row = codec.live(side.kept.get(delete.live.kept))
        describer.delete(delete, row)
        if writer is not None:
            writer.delete(delete, row)
    return describer.changes(script)


def _read(side: DeclaredSide, creates: Sequence[int], updates: Sequence[int]) -> Iterator[tuple[int, Values]]:
    """Read the rows that are made or change, in rising order."""
    numbers = creates if not updates else tuple(merge(creates, updates))
    return zip(numbers, side.declared.values(numbers), strict=True)
