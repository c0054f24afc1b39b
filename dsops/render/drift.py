"""Drift for people, programs, pull requests and GitHub."""

from collections.abc import Iterator
from typing import Any

from dsops.model import Cause, Drift, DriftItem, FieldDiff, Severity
from dsops.planner.document import diagnostic_document, field_document, rows_document
from dsops.render.diagnostics import annotation, diagnostics_text
from dsops.render.document import json_text
from dsops.render.plan_markdown import cell, code, fenced, folded
from dsops.render.rows import ROWS_FOUND, drift_rows_lines, drift_rows_words, rows_remarks, rows_sample
from dsops.render.style import Style, counted, printable
from dsops.render.words import before_after

_STATES = {
    "gone": "gone: recorded, and no longer at the provider",
    "drifted": "drifted: changed outside dsops",
    "pending": "pending: the manifest changed and was not applied",
    "unverifiable": "unverifiable: the provider does not return it",
}
_LOOKS = {"gone": "red", "drifted": "yellow", "pending": "cyan", "unverifiable": "dim"}
_CONFLICT = "the manifest changed too"


def drift_text(drift: Drift, *, colour: bool = False, full: bool = False) -> str:
    """Tell what differs from what was recorded, worst first, then what nobody manages, then the sum.

    Args:
        drift: What was found.
        colour: Whether to colour it with ANSI sequences.
        full: Whether to show all rows that were kept.
    """
    style = Style(colour)
    blocks = ["\n".join(_group(state, items, style, full=full)) for state, items in _by_state(drift)]
    if drift.unmanaged:
        blocks.append(
            "\n".join(["Unmanaged: nobody declares them", *(f"  {printable(each)}" for each in drift.unmanaged)])
        )
    blocks.append(style(_sum(drift), "bold"))
    return "\n\n".join(blocks)


def drift_document(drift: Drift) -> dict[str, Any]:
    """Return drift as JSON content."""
    return {
        "formatVersion": "1",
        "stack": drift.stack,
        "env": drift.env,
        "complete": drift.complete,
        "drift": drift.found,
        "summary": {state: len(items) for state, items in _by_state(drift, every=True)}
        | {"inSync": drift.in_sync, "unmanaged": len(drift.unmanaged), "reads": drift.reads},
        "items": [
            {
                "address": str(each.address),
                "state": each.state,
                "fields": [field_document(diff) for diff in each.fields],
                **({} if each.rows is None else {"rows": rows_document(each.rows)}),
            }
            for each in drift.items
        ],
        "unmanaged": list(drift.unmanaged),
        "diagnostics": [diagnostic_document(each) for each in drift.diagnostics],
    }


def drift_json(drift: Drift) -> str:
    """Write drift as JSON."""
    return json_text(drift_document(drift))


def drift_markdown(drift: Drift, *, full: bool = False) -> str:
    """Write drift as markdown: a sentence and a table, and folded away rows and what nobody manages.

    Args:
        drift: What was found.
        full: Whether to show all rows that were kept.
    """
    title = f"### dsops drift: {drift.stack}" + (f", {drift.env}" if drift.env else "")
    blocks = [title, f"**{_sum(drift)}**"]
    if drift.items:
        rows = ["| resource | state | field | recorded or declared | live |", "|---|---|---|---|---|"]
        blocks.append("\n".join([*rows, *(row for each in drift.items for row in _rows(each))]))
    for each in drift.items:
        if each.rows is not None and (lines := list(rows_sample(each.rows, words=ROWS_FOUND, full=full))):
            title = f"Rows of {each.address}: {drift_rows_words(each.rows)}"
            blocks.append(folded(title, fenced("\n".join(lines), "diff")))
    if drift.unmanaged:
        names = "\n".join(f"- {code(each)}" for each in drift.unmanaged)
        blocks.append(folded(f"{len(drift.unmanaged):,} unmanaged", names))
    if drift.diagnostics:
        blocks.append(fenced(diagnostics_text(drift.diagnostics)))
    return "\n\n".join(blocks)


def drift_github(drift: Drift) -> str:
    """Write a GitHub annotation for every object that drifted or is gone, and one with the sum."""
    lines = [
        annotation(Severity.WARNING, "drift", "\n".join([f"{each.address} {_STATES[each.state]}", *_what(each)]))
        for each in drift.items
        if each.state in {"drifted", "gone"}
    ]
    return "\n".join([*lines, annotation(Severity.INFO, "drift", _sum(drift))])


def _by_state(drift: Drift, *, every: bool = False) -> Iterator[tuple[str, list[DriftItem]]]:
    for state in _STATES:
        items = [each for each in drift.items if each.state == state]
        if items or every:
            yield state, items


def _group(state: str, items: list[DriftItem], style: Style, *, full: bool) -> Iterator[str]:
    yield style(_STATES[state], _LOOKS[state], "bold")
    for item in items:
        yield f"  {style(str(item.address), 'bold')}"
        yield from (f"    {_line(diff)}" for diff in item.fields)
        if item.rows is not None:
            yield from (f"    {line}" for line in drift_rows_lines(item.rows, full=full, style=style))


def _line(diff: FieldDiff) -> str:
    live, declared = before_after(diff)
    conflict = f"   {_CONFLICT}" if diff.cause is Cause.CONFLICT else ""
    return f"{printable(diff.path)}: declared {declared}, live {live}{conflict}"


def _what(item: DriftItem) -> Iterator[str]:
    yield from map(_line, item.fields)
    if item.rows is not None:
        yield from drift_rows_lines(item.rows)


def _rows(item: DriftItem) -> Iterator[str]:
    if item.rows is not None:
        told = "; ".join(cell(each) for each in (drift_rows_words(item.rows), *rows_remarks(item.rows)))
        yield f"| {code(str(item.address))} | {item.state} | rows | | {told} |"
    elif not item.fields:
        yield f"| {code(str(item.address))} | {item.state} | | | |"
    for diff in item.fields:
        live, declared = before_after(diff)
        state = f"{item.state}, {_CONFLICT}" if diff.cause is Cause.CONFLICT else item.state
        yield f"| {code(str(item.address))} | {cell(state)} | {code(diff.path)} | {code(declared)} | {code(live)} |"


def _sum(drift: Drift) -> str:
    told = [f"{len(items):,} {state}" for state, items in _by_state(drift)]
    told.append(f"{drift.in_sync:,} in sync")
    if drift.unmanaged:
        told.append(f"{len(drift.unmanaged):,} unmanaged")
    verdict = "Drift found" if drift.found else "No drift"
    if not drift.complete:
        verdict = "Incomplete reading, nothing can be concluded"
    return f"{verdict}: {', '.join(told)}. {counted(drift.reads, 'read')}."
