"""A plan as a comment on a pull request."""

import re
from collections.abc import Iterator

from dsops.model import Change, Plan
from dsops.planner.document import plan_id
from dsops.render.diagnostics import diagnostics_text
from dsops.render.plan_text import calls_lines
from dsops.render.rows import plan_words, rows_remarks, rows_sample, rows_words
from dsops.render.style import counted, printable
from dsops.render.words import (
    CAUSES,
    ORDER,
    SYMBOLS,
    before_after,
    guard_pass,
    nothing_to_do,
    reason_words,
)

_SHOWN = 100
"""Characters of a value in a table; the calls below it hold it whole."""


def plan_markdown(plan: Plan, *, full: bool = False) -> str:
    """Write a plan as markdown: a sentence, a table of what changes, rows and calls folded away, guards, remarks.

    Args:
        plan: The plan.
        full: Whether to show all rows and calls.
    """
    title = f"### dsops plan: {plan.stack}" + (f", {plan.env}" if plan.env else "")
    blocks = [title, f"**{_sum(plan)}**", *_guards(plan)]
    if plan.changes:
        blocks += ["\n".join(_table(plan)), *_rows(plan, full=full), *_calls(plan, full=full)]
        blocks.append(f"Plan id `{plan_id(plan)}`")
    if plan.diagnostics:
        blocks.append(fenced(diagnostics_text(plan.diagnostics)))
    return "\n\n".join(blocks)


def code(text: str) -> str:
    """Return ``text`` as inline code that also stands inside a table cell."""
    shown = printable(text)
    if "\\|" in shown:
        # A bar that is escaped behind a backslash ends the cell after all: the backslash is then what is escaped.
        told = re.sub(r"[^\w ]", lambda found: f"&#{ord(found[0])};", shown)
        return f"<code>{told}</code>"
    run = max((len(each) for each in re.findall("`+", shown)), default=0)
    fence = "`" * (run + 1)
    blank = " " if run else ""
    return f"{fence}{blank}{shown}{blank}{fence}".replace("|", "\\|")


def cell(text: str) -> str:
    """Return ``text`` as prose in a table cell: nothing in it is markup."""
    return re.sub(r"[@#]|([\\`*_{}\[\]<>()+!|~&:]|(?<=www)\.)", _escaped, printable(text))


def _escaped(found: re.Match[str]) -> str:
    """Escape a sign of markup; what names a person or an issue does so whatever stands before it, but not in a tag."""
    return f"\\{found[1]}" if found[1] else f"<span>{found[0]}</span>"


def fenced(text: str, language: str = "") -> str:
    """Return ``text``, already safe to print, as a code block whose fence is longer than any inside."""
    fence = "`" * max(3, 1 + max((len(each) for each in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _sum(plan: Plan) -> str:
    told = plan_words(plan) if plan.changes else nothing_to_do(plan)
    return told if plan.complete else f"{told} Incomplete: not everything could be read."


def _guards(plan: Plan) -> Iterator[str]:
    identity = plan_id(plan)
    for guard in plan.guards:
        yield f"> **Guard {cell(guard.name)}**: {cell(guard.summary)}\n> {cell(guard_pass(guard, identity))}"


def _table(plan: Plan) -> Iterator[str]:
    yield "| | resource | what |\n|---|---|---|"
    for action in ORDER:
        for change in plan.changes:
            if change.action is action:
                yield f"| {code(SYMBOLS[action])} | {code(str(change.address))} | {'<br>'.join(_what(change))} |"


def _what(change: Change) -> Iterator[str]:
    reason = reason_words(change)
    yield change.action.value + (f": {cell(reason)}" if reason else "")
    for diff in change.fields:
        before, after = (_cut(each) for each in before_after(diff))
        cause = f" ({CAUSES[diff.cause]})" if CAUSES[diff.cause] else ""
        yield f"{code(diff.path)}: {code(before)} → {code(after)}{cause}"
    if change.rows is not None:
        yield "; ".join(cell(each) for each in (f"rows: {rows_words(change.rows)}", *rows_remarks(change.rows)))
    for each in change.notes:
        yield f"**{cell(each)}**"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _rows(plan: Plan, *, full: bool) -> Iterator[str]:
    for change in plan.changes:
        if change.rows is not None and (lines := list(rows_sample(change.rows, full=full))):
            title = f"Rows of {change.address}: {rows_words(change.rows)}"
            yield folded(title, fenced("\n".join(lines), "diff"))


def _calls(plan: Plan, *, full: bool) -> Iterator[str]:
    if plan.calls:
        changes = sorted((each for each in plan.changes if each.calls), key=lambda each: each.calls[0].id)
        lines = (line for each in changes for line in calls_lines(each.calls, full=full, bodies=True, connections=True))
        yield folded(counted(len(plan.calls), "call"), fenced("\n".join(lines)))


def folded(title: str, text: str) -> str:
    """Return ``text``, which is markdown, so that only its title is seen at first."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
