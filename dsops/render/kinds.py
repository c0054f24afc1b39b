"""Kinds and what can be done with them."""

from collections.abc import Iterator, Sequence
from typing import Any

from dsops.model import Kind, Verb
from dsops.render.style import Style, columns


def kinds_document(kinds: Sequence[Kind]) -> dict[str, Any]:
    """Return the facts about kinds as JSON content, by type."""
    return {
        each.info.type: {
            "summary": each.info.summary,
            "parent": each.info.parent,
            "verbs": [verb.value for verb in Verb if verb in each.info.verbs],
            "settle": each.info.settle,
            "lostOnDelete": each.info.lost_on_delete,
            "fields": {
                field.path: {"createOnly": field.create_only, "writeOnly": field.write_only, "group": field.group}
                for field in each.info.fields.values()
            },
            "rows": None if each.rows is None else {"fields": list(each.rows.fields), "partSize": each.rows.part_size},
        }
        for each in kinds
    }


def kinds_text(kinds: Sequence[Kind], *, colour: bool = False) -> str:
    """Tell each kind: what it is, its parent, its verbs, the fields that can't be changed, what is lost with it."""
    style = Style(colour)
    return "\n\n".join("\n".join(_kind(each, style)) for each in kinds)


def _kind(kind: Kind, style: Style) -> Iterator[str]:
    info = kind.info
    yield f"{style(info.type, 'bold')}   {info.summary}"
    rows = [("verbs:", ", ".join(verb.value for verb in Verb if verb in info.verbs))]
    if info.parent:
        rows.append(("parent:", f"{info.parent}, named by {info.parent_field}"))
    rows.append(("fields:", ", ".join(info.fields)))
    if kind.rows is not None:
        rows.append(("rows:", ", ".join(kind.rows.fields)))
    if fixed := [field.path for field in info.fields.values() if field.create_only]:
        rows.append(("create-only:", ", ".join(fixed)))
    if info.lost_on_delete:
        rows.append(("lost on delete:", info.lost_on_delete))
    yield from (f"  {line}" for line in columns(rows, gap=" "))
