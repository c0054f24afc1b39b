"""A plan as a comment on a pull request."""

import re
from collections.abc import Iterator

from dsops.model import Change, Plan
from dsops.planner.document import plan_id
from dsops.render.diagnostics import diagnostics_text
from dsops.render.plan_text import call_lines
from dsops.render.style import counted, printable
from dsops.render.words import (
    CAUSES,
    ORDER,
    SYMBOLS,
    before_after,
    guard_pass,
    nothing_to_do,
    reason_words,
    summary_words,
)

_SHOWN = 100
"""Characters of a value in a table; the calls below it hold it whole."""


def plan_markdown(plan: Plan) -> str:
    """Write a plan as markdown: a sentence, a table of what changes, the calls folded away, guards, remarks."""
    title = f"### dsops plan: {plan.stack}" + (f", {plan.env}" if plan.env else "")
    blocks = [title, f"**{_sum(plan)}**", *_guards(plan)]
    if plan.changes:
        blocks += ["\n".join(_table(plan)), *_calls(plan), f"Plan id `{plan_id(plan)}`"]
    if plan.diagnostics:
        blocks.append(fenced(diagnostics_text(plan.diagnostics)))
    return "\n\n".join(blocks)


def code(text: str) -> str:
    """Return ``text`` as inline code that also stands inside a table cell."""
    shown = printable(text)
    run = max((len(each) for each in re.findall("`+", shown)), default=0)
    fence = "`" * (run + 1)
    blank = " " if run else ""
    return f"{fence}{blank}{shown}{blank}{fence}".replace("|", "\\|")


def cell(text: str) -> str:
    """Return ``text`` as prose in a table cell: nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&@:])", r"\\\1", printable(text))


def fenced(text: str, language: str = "") -> str:
    """Return ``text``, already safe to print, as a code block whose fence is longer than any inside."""
    fence = "`" * max(3, 1 + max((len(each) for each in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def _sum(plan: Plan) -> str:
    told = f"{summary_words(plan)}. {counted(len(plan.calls), 'call')}." if plan.changes else nothing_to_do(plan)
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
    for each in change.notes:
        yield f"**{cell(each)}**"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _calls(plan: Plan) -> Iterator[str]:
    if plan.calls:
        lines = "\n".join(line for call in plan.calls for line in call_lines(call, full=True, connections=True))
        yield f"<details><summary>{counted(len(plan.calls), 'call')}</summary>\n\n{fenced(lines)}\n\n</details>"
