"""Kinds and what can be done with them."""

from collections.abc import Iterator, Sequence
from typing import Any

from dsops.model import KindInfo, Verb
from dsops.render.style import Style, columns


def kinds_document(kinds: Sequence[KindInfo]) -> dict[str, Any]:
    """Return the facts about kinds as JSON content, by type."""
    return {
        each.type: {
            "summary": each.summary,
            "parent": each.parent,
            "verbs": [verb.value for verb in Verb if verb in each.verbs],
            "settle": each.settle,
            "lostOnDelete": each.lost_on_delete,
            "fields": {
                field.path: {"createOnly": field.create_only, "writeOnly": field.write_only, "group": field.group}
                for field in each.fields.values()
            },
        }
        for each in kinds
    }


def kinds_text(kinds: Sequence[KindInfo], *, colour: bool = False) -> str:
    """Tell each kind: what it is, its parent, its verbs, the fields that can't be changed, what is lost with it."""
    style = Style(colour)
    return "\n\n".join("\n".join(_kind(each, style)) for each in kinds)


def _kind(kind: KindInfo, style: Style) -> Iterator[str]:
    yield f"{style(kind.type, 'bold')}   {kind.summary}"
    rows = [("verbs:", ", ".join(verb.value for verb in Verb if verb in kind.verbs))]
    if kind.parent:
        rows.append(("parent:", f"{kind.parent}, named by {kind.parent_field}"))
    rows.append(("fields:", ", ".join(kind.fields)))
    if fixed := [field.path for field in kind.fields.values() if field.create_only]:
        rows.append(("create-only:", ", ".join(fixed)))
    if kind.lost_on_delete:
        rows.append(("lost on delete:", kind.lost_on_delete))
    yield from (f"  {line}" for line in columns(rows, gap=" "))
