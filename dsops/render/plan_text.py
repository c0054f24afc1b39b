"""A plan for people, and for programs."""

from collections.abc import Iterable, Iterator, Sequence

from dsops.model import Action, Change, FieldDiff, Plan, PlannedCall, masked
from dsops.planner.document import plan_document, plan_id
from dsops.render.document import json_text
from dsops.render.rows import plan_words, rows_lines
from dsops.render.style import PLAIN, Style, columns, counted, printable, sized, value_text
from dsops.render.words import (
    CAUSES,
    LOOKS,
    ORDER,
    SYMBOLS,
    TITLES,
    before_after,
    guard_pass,
    nothing_to_do,
    parent_name,
    reason_words,
    split_entries,
)

_CALLS = 10
"""Calls of a change that are shown; all with ``full``."""


def plan_json(plan: Plan) -> str:
    """Write the plan document of ``specs/plan-format.md``."""
    return json_text(plan_document(plan))


def plan_text(plan: Plan, *, colour: bool = False, full: bool = False) -> str:
    """Tell a plan: changes by action and parent, fields, losses, each call, guards, the sum.

    Args:
        plan: The plan.
        colour: Whether to colour it with ANSI sequences.
        full: Whether to show the calls' bodies, and all calls and rows.
    """
    style = Style(colour)
    many = len({each.connection for each in plan.calls}) > 1
    blocks = [
        _section(action, changes, style, full=full, connections=many)
        for action in ORDER
        if (changes := [each for each in plan.changes if each.action is action])
    ]
    identity = plan_id(plan)
    blocks += _guards(plan, identity, style)
    blocks.append(_summary(plan, identity, style))
    return "\n\n".join(blocks)


def plan_summary(plan: Plan, *, colour: bool = False) -> str:
    """Tell a plan in a line: how many of what, how many calls, its id."""
    return _summary(plan, plan_id(plan), Style(colour))


def _summary(plan: Plan, identity: str, style: Style) -> str:
    lines = [f"{style('Plan:', 'bold')} {plan_words(plan)}"]
    if plan.changes:
        lines.append(style(f"Plan id {identity}", "dim"))
    else:
        lines = [nothing_to_do(plan)]
    if not plan.complete:
        lines.append(style("Incomplete: not everything could be read.", "red", "bold"))
    return "\n".join(lines)


def calls_phrase(plan: Plan) -> str:
    """Say in few words what apply would send where: ``3 calls to https://cm.example.com (mail)``."""
    places: dict[str, None] = {each.connection: None for each in plan.calls}
    where = " and ".join(f"{printable(plan.endpoints.get(name, '?'))} ({printable(name)})" for name in places)
    return f"{counted(len(plan.calls), 'call')} to {where}" if places else "no call"


def _section(action: Action, changes: Sequence[Change], style: Style, *, full: bool, connections: bool) -> str:
    lines = [style(f"{TITLES[action]}: {len(changes):,}", "bold")]
    above: str | None = None
    for change in sorted(changes, key=_family):
        parent = parent_name(change)
        if parent is None:
            above = str(change.address)
        elif parent != above:
            lines += ["", f"  in {style(printable(parent), 'bold')}"]
            above = parent
        indent = "    " if parent else "  "
        lines += ["", *(indent + line for line in _change(change, style, full=full, connections=connections))]
    return "\n".join(lines)


def _family(change: Change) -> tuple[str, bool, str]:
    """Sort children behind their parent."""
    parent = parent_name(change)
    return (parent or str(change.address), parent is not None, str(change.address))


def _change(change: Change, style: Style, *, full: bool, connections: bool) -> Iterator[str]:
    look = LOOKS[change.action]
    head = [style(f"{SYMBOLS[change.action]} {change.address}", look, "bold")]
    if change.source:
        head.append(style(printable(f"{change.source.file}:{change.source.line}"), "dim"))
    if reason := reason_words(change):
        head.append(reason)
    yield "   ".join(head)
    indent = "    "
    if change.action is Action.CREATE:
        yield from (indent + line for line in _declared(change))
    else:
        yield from (indent + line for line in _fields(change, style))
    for note in change.notes:
        yield indent + style("note: ", "yellow") + printable(note)
    if change.rows is not None:
        yield from (indent + line for line in rows_lines(change.rows, full=full, style=style))
    for line in calls_lines(change.calls, full=full, bodies=full, connections=connections, style=style):
        yield indent + line


def _declared(change: Change) -> Iterator[str]:
    attributes = change.after.attributes if change.after else {}
    plain = [(path, value) for path, value in attributes.items() if not _is_table(value)]
    yield from columns([(f"{printable(path)}:", value_text(value)) for path, value in plain], gap=" ")
    for path, value in attributes.items():
        if _is_table(value):
            yield f"{printable(path)}:"
            yield from (
                "  " + row for row in columns([(printable(name), value_text(each)) for name, each in value.items()])
            )


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and not any(isinstance(each, dict | list) for each in value.values())


def _fields(change: Change, style: Style) -> Iterator[str]:
    plain, entries = split_entries(change, change.fields)
    yield from columns([(f"{printable(diff.path)}:", _sides(diff, style)) for diff in plain], gap=" ")
    for path, diffs in entries.items():
        yield f"{printable(path)}:"
        yield from (f"  {row}" for row in entry_table(diffs, style))


def entry_table(diffs: Iterable[tuple[str, FieldDiff]], style: Style) -> Iterator[str]:
    """Yield the lines of a table of the entries that differ: name, live, declared, cause."""
    rows = [("label", "live", "declared", "")]
    rows += [(printable(name), *before_after(diff), CAUSES[diff.cause]) for name, diff in diffs]
    for index, line in enumerate(columns(rows)):
        yield style(line, "dim") if index == 0 else line


def _sides(diff: FieldDiff, style: Style) -> str:
    before, after = before_after(diff)
    cause = CAUSES[diff.cause]
    return f"{before} -> {after}" + (f"   {style(cause, 'yellow')}" if cause else "")


def calls_lines(
    calls: Sequence[PlannedCall], *, full: bool, bodies: bool, connections: bool, style: Style = PLAIN
) -> Iterator[str]:
    """Yield the lines of the calls of one change: of all with ``full``, else of some, and how many more there are."""
    shown = calls if full else calls[:_CALLS]
    for call in shown:
        yield from call_lines(call, bodies=bodies, connections=connections, style=style)
    if rest := len(calls) - len(shown):
        yield style(f"and {counted(rest, 'more call', 'more calls')}; --full shows them", "dim")


def call_lines(planned: PlannedCall, *, bodies: bool, connections: bool, style: Style = PLAIN) -> Iterator[str]:
    """Yield the lines of a call: number, method, path, rows, what it waits for, and with ``bodies`` its body."""
    call = planned.call
    line = f"call {planned.id}: {style(printable(call.method), 'bold')} {printable(call.target)}"
    if call.rows is not None and call.rows.body is not None:
        line += f"   {counted(call.rows.count, 'row')}, {sized(call.rows.body.size)}"
    if connections:
        line += f"   on {printable(planned.connection)}"
    if planned.after:
        line += style(f"   after {', '.join(map(str, planned.after))}", "dim")
    yield line
    if bodies and call.body is not None:
        yield from (f"  {printable(each)}" for each in json_text(masked(call.body)).splitlines())


def _guards(plan: Plan, identity: str, style: Style) -> Iterator[str]:
    for guard in plan.guards:
        head = style(f"Guard {printable(guard.name)}: ", "red", "bold") + printable(guard.summary)
        yield f"{head}\n  {style('hint:', 'cyan')} {printable(guard_pass(guard, identity))}"
