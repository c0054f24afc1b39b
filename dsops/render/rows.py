"""What a plan does to the rows of a dataset: counts, which fields change, and the rows themselves."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from dsops.model import Cause, Plan, RowChange, RowChanges, RowMode
from dsops.render.differences import differences, shortened
from dsops.render.style import PLAIN, Style, counted, printable, value_text
from dsops.render.words import CAUSES, summary_words

_SHOWN = 5
"""Rows of a kind that are shown; all that the plan holds with ``full``."""
_VALUE = 200
"""Characters of an entry of a nested list that are shown."""
_PLANNED = ("to add", "to change", "to delete")
ROWS_FOUND = ("missing", "not as declared", "not declared")
"""What is said of rows that a plan would add, change and delete, where they are only looked at."""
_FOREIGN = "foreign: dsops never wrote it"
_MODES = {
    RowMode.SYNC: "",
    RowMode.UPSERT: "mode upsert deletes nothing",
    RowMode.INSERT: "mode insert changes and deletes nothing",
}


def rows_lines(rows: RowChanges, *, full: bool = False, style: Style = PLAIN) -> Iterator[str]:
    """Yield the lines about the rows of one change: the sum, remarks, then the rows.

    Args:
        rows: What is done to them.
        full: Whether to show all rows that the plan holds, and texts as a whole.
        style: How it is coloured.
    """
    yield f"rows: {rows_words(rows)}"
    yield from (f"  {line}" for line in rows_remarks(rows))
    yield from (f"  {line}" for line in rows_sample(rows, full=full, style=style))


def rows_words(rows: RowChanges) -> str:
    """Return ``3 to add, 1 to change, 1 to delete, 996 unchanged``."""
    return _counts(rows, _PLANNED, "unchanged")


def plan_words(plan: Plan) -> str:
    """Sum a plan up: ``1 to update, 2 unchanged. Rows: 3 to add, 996 unchanged. 1 call``."""
    every = [each.rows for each in plan.changes if each.rows is not None]
    rows = ""
    if every or plan.rows_noop:
        created, updated, deleted = (
            sum(getattr(each, name) for each in every) for name in ("create", "update", "delete")
        )
        rows = f" Rows: {rows_words(RowChanges(RowMode.SYNC, created, updated, deleted, plan.rows_noop))}."
    return f"{summary_words(plan)}.{rows} {counted(len(plan.calls), 'call')}."


def rows_remarks(rows: RowChanges) -> Iterator[str]:
    """Yield what there is to know beyond the counts: whose they are, what stays, which fields change."""
    if rows.foreign:
        yield f"{rows.foreign:,} of these {_were(rows.foreign)} never written by dsops (foreign)"
    if rows.drifted:
        yield f"{rows.drifted:,} {_were(rows.drifted)} changed, added or removed outside dsops"
    if rows.left:
        yield f"{counted(rows.left, 'other row')} there {'stays' if rows.left == 1 else 'stay'}: {_MODES[rows.mode]}"
    if rows.fields:
        ranked = sorted(rows.fields.items(), key=lambda each: (-each[1], each[0]))
        yield f"changed fields: {', '.join(f'{printable(name)} in {number:,}' for name, number in ranked)}"


def rows_sample(
    rows: RowChanges, *, words: Sequence[str] = _PLANNED, full: bool = False, style: Style = PLAIN
) -> Iterator[str]:
    """Yield some rows of each kind, or all that the plan holds, and how many more there are.

    Args:
        rows: What is done to them.
        words: What is said of rows to add, to change and to delete.
        full: Whether to show all that the plan holds, and texts as a whole.
        style: How it is coloured.
    """
    for (sign, look, total, sample), word in zip(
        (
            ("+", "green", rows.create, rows.creates),
            ("~", "yellow", rows.update, rows.updates),
            ("-", "red", rows.delete, rows.deletes),
        ),
        words,
        strict=True,
    ):
        shown = sample if full else sample[:_SHOWN]
        for each in shown:
            yield from _row(each, style(sign, look, "bold"), full=full, style=style)
        if rest := total - len(shown):
            yield style(f"{sign} and {rest:,} more {word}{'' if full else '; --full shows them'}", "dim")


def drift_rows_words(rows: RowChanges) -> str:
    """Return ``1 missing, 2 not as declared, 996 in sync``: what a plan would add, change and delete, as it stands."""
    return _counts(rows, ROWS_FOUND, "in sync")


def drift_rows_lines(rows: RowChanges, *, full: bool = False, style: Style = PLAIN) -> Iterator[str]:
    """Yield the lines about the rows of one item of drift; of a changed text ``[-…-]`` is live, ``{+…+}`` declared."""
    yield f"rows: {drift_rows_words(rows)}"
    yield from (f"  {line}" for line in rows_remarks(rows))
    yield from (f"  {line}" for line in rows_sample(rows, words=ROWS_FOUND, full=full, style=style))


def _counts(rows: RowChanges, words: Sequence[str], rest: str) -> str:
    pairs = zip((rows.create, rows.update, rows.delete), words, strict=True)
    told = [f"{number:,} {word}" for number, word in pairs if number]
    return ", ".join(told + [f"{rows.noop:,} {rest}"] * bool(rows.noop or not told))


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _row(row: RowChange, sign: str, *, full: bool, style: Style) -> Iterator[str]:
    head = [f"{sign} {style(printable(row.key), 'bold')}"]
    if row.source:
        head.append(style(printable(f"{row.source.file}:{row.source.line}"), "dim"))
    elif row.remote_id:
        head.append(style(printable(f"row {row.remote_id}"), "dim"))
    words = (row.note, _FOREIGN if row.foreign else "", CAUSES[Cause(row.cause)] if row.cause else "")
    head += [style(printable(each), "yellow") for each in words if each]
    yield "   ".join(head)
    for name, before, after in row.fields:
        yield f"    {printable(name)}: {field_words(before, after, full=full, style=style)}"


def field_words(before: Any, after: Any, *, full: bool = False, style: Style = PLAIN) -> str:
    """Tell how a field of a row changes: texts by their words, lists by their entries."""
    if isinstance(before, str) and isinstance(after, str):
        return differences(before, after, whole=full, style=style)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return _entries(before, after, full=full, style=style)
    return f"{style(f'[-{value_text(before)}-]', 'red')}{style(f'{{+{value_text(after)}+}}', 'green')}"


def _entries(before: Sequence[Any], after: Sequence[Any], *, full: bool, style: Style) -> str:
    old, new = Counter(map(value_text, before)), Counter(map(value_text, after))
    told = [style(f"[-{_cut(each, full=full)}-]", "red") for each in (old - new).elements()]
    told += [style(f"{{+{_cut(each, full=full)}+}}", "green") for each in (new - old).elements()]
    rest = 0 if full else max(0, len(told) - _SHOWN)
    told = told[: len(told) - rest]
    if rest:
        told.append(f"(and {rest:,} more)")
    if same := (old & new).total():
        told.append(f"({same:,} unchanged)")
    return " ".join(told)


def _cut(text: str, *, full: bool) -> str:
    return text if full else shortened(text, _VALUE)
