"""Checks of one resolved document: schema, secrets, dates."""

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from dsops.manifest.draft import Draft
from dsops.manifest.places import Path, dotted
from dsops.manifest.resolver import UNRESOLVED
from dsops.manifest.schema import Schema, holds, located
from dsops.model import Reference, SecretRef, Template

MOST_TOLD: Final = 200
"""Mistakes of one document that are put into words: who has more than these has something else than a manifest."""


def check(draft: Draft, schema: Schema, *, plain: bool) -> None:
    """Report all that is wrong with a resolved document.

    Args:
        draft: The document; problems are added to it.
        schema: The schema of its kind.
        plain: Whether it holds nothing but JSON values: no late reference, no secret.
    """
    literal = {
        path
        for pattern in schema.facts.secrets
        for path, value in located(draft.value, pattern)
        if value is not None and value is not UNRESOLVED and not isinstance(value, SecretRef)
    }
    for path in literal:
        _literal_secret(draft, path)
    instance = draft.value if plain else _as_json(draft.value)
    if not schema.accepts(instance):
        _word(draft, schema, instance, literal)
    elif schema.facts.formats:
        _check_dates(draft, schema)


def _literal_secret(draft: Draft, path: Path) -> None:
    draft.report(
        path,
        f"{dotted(path)} holds a secret itself",
        detail="Secrets don't belong in manifests.",
        hint="Write ${env:NAME} or ${file:PATH}; it is read when a request is signed.",
    )


def _word(draft: Draft, schema: Schema, instance: Any, reported: set[Path]) -> None:
    # Imported for an invalid document only: jsonschema costs more time than reading a stack.
    from dsops.manifest.wording import problems

    late = dict(_late(draft.value, ()))
    found = list(islice(problems(schema.document, instance), MOST_TOLD + 1))
    for problem in found[:MOST_TOLD]:
        waiting = late.get(problem.path)
        if waiting is None and problem.path not in reported:
            draft.report(problem.path, problem.summary, detail=problem.detail, hint=problem.hint, at_key=problem.at_key)
        elif waiting is not None and waiting is not UNRESOLVED and problem.keyword == "type":
            draft.report(
                problem.path, f"{dotted(problem.path)} can't be {waiting}", detail="The id of an object is text."
            )
    if len(found) > MOST_TOLD:
        summary = f"More than {MOST_TOLD} things are wrong with this document"
        draft.report((), summary, hint="Correct those that are told; the others come after them.")
    if not found:
        draft.report((), f"This is no valid {draft.type}", detail=f"The schema {schema.document['$id']} refuses it.")


def _as_json(value: Any) -> Any:
    """Return a copy in which late values and secrets are the text that stands for them."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return str(value) if isinstance(value, Reference | Template | SecretRef) else value


def _late(value: Any, path: Path) -> Iterator[tuple[Path, Reference | Template]]:
    """Yield the values that are known later, or that could not be resolved."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _late(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _late(item, (*path, number))
    elif isinstance(value, Reference | Template):
        yield path, value


def _check_dates(draft: Draft, schema: Schema) -> None:
    """Report days that no calendar has; their form was checked by the schema."""
    for pattern, form in schema.facts.formats.items():
        if holds(draft.value, pattern):
            for path, value in located(draft.value, pattern):
                if isinstance(value, str) and not _exists(value, form):
                    draft.report(path, f"{dotted(path)} is {value}, and no calendar has that day")


def _exists(value: str, form: str) -> bool:
    try:
        dt.date.fromisoformat(value[:10]) if form == "date-time" else dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True
