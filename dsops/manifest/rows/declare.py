"""``spec.rows`` of a manifest, as a RowSet."""

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any

from dsops.manifest.draft import Draft
from dsops.manifest.overlay import nearest
from dsops.manifest.places import Path, dotted
from dsops.manifest.rows.files import Refused, usable
from dsops.manifest.schema import RowsFact
from dsops.model import Late, Reference, RowItem, RowMode, RowSet, Template


def row_set(draft: Draft, fact: RowsFact, root: FilePath, manifests: Iterable[FilePath]) -> RowSet | None:
    """Return the rows that a document declares; None where it says nothing of them.

    Args:
        draft: A document that is resolved and accepted by its schema; what is wrong is added to it.
        fact: What the schema says of rows.
        root: The stack folder.
        manifests: The YAML files that hold manifests, and so no rows.
    """
    value: Any = draft.value
    for part in fact.path:
        if part not in value:
            return None
        value = value[part]
    if "from" not in value and "items" not in value:
        hint = "Give from or items; a dataset that is to have no rows has items: []."
        draft.report(fact.path, f"{dotted(fact.path)} says nothing of rows", hint=hint)
        return None
    for path, late in _late(value, fact.path):
        detail = "Rows are read and compared before anything is made, so that they can't hold ids."
        draft.report(path, f"{dotted(path)} can't be {late}", detail=detail)
    if not draft.sound:
        return None
    key = value.get("key")
    form = value.get("format", {})
    return RowSet(
        mode=RowMode(value.get("mode", RowMode.SYNC)),
        key=fact.key if key is None else (key,) if isinstance(key, str) else tuple(key),
        files=_files(draft, fact.path, value.get("from", []), root, {each.resolve() for each in manifests}),
        items=_items(draft, (*fact.path, "items"), value.get("items", [])),
        encoding=form.get("encoding"),
        delimiter=form.get("delimiter"),
    )


def _files(
    draft: Draft, path: Path, named: str | list[str], root: FilePath, manifests: set[FilePath]
) -> tuple[str, ...]:
    """Return the files, each once however often it is named."""
    path = (*path, "from")
    whole = isinstance(named, str)
    found: dict[FilePath, str] = {}
    for number, pattern in enumerate([named] if isinstance(named, str) else named):
        at = path if whole else (*path, number)
        try:
            for name in usable(root, pattern):
                file = (root / name).resolve()
                if file in manifests:
                    hint = "Keep rows in files of their own." if name == pattern else "Narrow the pattern."
                    draft.report(at, f"{name} holds manifests, and no rows", hint=hint)
                found.setdefault(file, name)
        except Refused as refused:
            summary, detail, hint = refused.args
            draft.report(at, summary, detail=detail, hint=hint)
    return tuple(found.values())


def _items(draft: Draft, path: Path, items: list[Any]) -> tuple[RowItem, ...]:
    return tuple(RowItem(item, _source(draft, (*path, number))) for number, item in enumerate(items))


def _source(draft: Draft, path: Path) -> Any:
    found = nearest(draft.places, path)
    return found[1] if found else draft.source


def _late(value: Any, path: Path) -> Iterator[tuple[Path, Late]]:
    if isinstance(value, Reference | Template):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _late(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _late(item, (*path, number))
